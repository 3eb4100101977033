//! Networks to start from: encoders and decoders of a benchmark, of a sampler, of a file.

use gloo::file::File;
use gloo::file::futures::read_as_text;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast as _;
use untrained_core::benchmark::lts::architectures::published;
use untrained_core::benchmark::nas_bench_bert::{ENCODERS, encoders};
use untrained_core::family::Family;
use untrained_core::space::decoder::Space;
use untrained_core::space::encoder::Sampler;
use web_sys::{Event, HtmlInputElement};

use super::form::TransformerForm;
use crate::address::query;
use crate::pages::common_form::{MINE, name_of_file};
use crate::widgets::{Choice, IdField};

/// The space that decoders are drawn from.
pub const DRAWN: &str = "lts-gpt2";

/// How many decoders were published.
pub fn decoders() -> u32 {
    published().map_or(0, |all| all.len() as u32)
}

/// The choices.
#[component]
pub fn TransformerStart(
    /// Receives the network.
    form: TransformerForm,
) -> impl IntoView {
    let problem = RwSignal::new(None::<String>);
    let (id, _) = query::<usize>("id");
    let (family, _) = query::<String>("family");
    let (given, _) = query::<String>("configuration");
    let is_decoder = family.get_untracked().as_deref() == Some(Family::Decoder.space());
    match given.get_untracked() {
        Some(given) => form.show(MINE.to_owned(), given),
        None => {
            let family = if is_decoder { Family::Decoder } else { Family::Encoder };
            problem.set(of_benchmark(form, family, id.get_untracked().unwrap_or(0)).err());
        }
    }
    let seed = RwSignal::new(0u64);
    let another = move |_| {
        seed.update(|seed| *seed += 1);
        problem.set(random(form, seed.get_untracked()).err());
    };
    let id = Signal::derive(move || form.common.id());
    let choose = move |id: Option<u32>| {
        let family = form.family.get_untracked();
        problem.set(id.and_then(|id| of_benchmark(form, family, id as usize).err()));
    };
    let opened = move |event: Event| {
        let input = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
        if let Some(file) = input.and_then(|input| input.files()?.get(0)) {
            leptos::task::spawn_local(async move { problem.set(open(form, file.into()).await.err()) });
        }
    };
    let kind = Signal::derive(move || form.family.get().space().to_owned());
    let change = move |space: String| {
        let family = if space == Family::Decoder.space() { Family::Decoder } else { Family::Encoder };
        problem.set(of_benchmark(form, family, 0).err());
    };
    let kinds = vec![
        (Family::Encoder.space(), "encoder, as BERT".to_owned()),
        (Family::Decoder.space(), "decoder, as GPT".to_owned()),
    ];
    let field = move || match form.family.get() {
        Family::Decoder => {
            view! { <IdField label="Id in LTS" entry=form.decoder_id value=id on_change=choose/> }.into_any()
        }
        _ => view! { <IdField label="Benchmark id" entry=form.common.benchmark_id value=id on_change=choose/> }
            .into_any(),
    };
    view! {
        <div class="controls">
            <Choice label="Network" value=kind on_change=change options=kinds/>
            {field}
            <button class="quiet" on:click=another>"Random"</button>
            <label>
                <span>"A configuration (.json), also Hugging Face's"</span>
                <input type="file" accept=".json" on:change=opened/>
            </label>
        </div>
        {move || problem.get().map(|why| view! { <p class="problem" role="alert">{why}</p> })}
    }
}

/// Shows a network of the benchmark of a family.
fn of_benchmark(form: TransformerForm, family: Family, id: usize) -> Result<(), String> {
    let (found, count) = match family {
        Family::Decoder => {
            let all = published().map_err(|error| error.to_string())?;
            (all.get(id).map(|one| one.config().to_string()), all.len())
        }
        _ => (encoders().nth(id).and_then(|drawn| serde_json::to_string(&drawn).ok()), ENCODERS as usize),
    };
    let found = found.ok_or_else(|| format!("Ids run from 0 to {}.", count - 1))?;
    form.show(id.to_string(), found);
    Ok(())
}

/// Shows a drawn network of the family that is shown.
fn random(form: TransformerForm, seed: u64) -> Result<(), String> {
    let drawn = match form.family.get_untracked() {
        Family::Decoder => {
            let space = Space::find(DRAWN).map_err(|error| error.to_string())?;
            space.draw(seed).next().map(|config| config.to_string())
        }
        _ => Sampler::new(seed).next().and_then(|drawn| serde_json::to_string(&drawn).ok()),
    };
    form.show(format!("random_{seed}"), drawn.unwrap_or_default());
    Ok(())
}

async fn open(form: TransformerForm, file: File) -> Result<(), String> {
    let text = read_as_text(&file).await.map_err(|_| format!("{} cannot be read as text.", file.name()))?;
    form.show(name_of_file(&file.name()), text);
    Ok(())
}
