//! Encoders to start from: of the benchmark, of the sampler, of a file.

use gloo::file::File;
use gloo::file::futures::read_as_text;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast as _;
use untrained_core::benchmark::nas_bench_bert::{ENCODERS, encoders};
use untrained_core::space::encoder::Sampler;
use web_sys::{Event, HtmlInputElement};

use super::form::EncoderForm;
use crate::address::query;
use crate::pages::common_form::{MINE, name_of_file};
use crate::widgets::IdField;

/// The choices.
#[component]
pub fn EncoderStart(
    /// Receives the encoder.
    form: EncoderForm,
) -> impl IntoView {
    let problem = RwSignal::new(None::<String>);
    let (id, _) = query::<usize>("id");
    let (given, _) = query::<String>("configuration");
    match given.get_untracked() {
        Some(given) => take(form, MINE.to_owned(), given),
        None => problem.set(published(form, id.get_untracked().unwrap_or(0)).err()),
    }
    let seed = RwSignal::new(0u64);
    let another = move |_| {
        seed.update(|seed| *seed += 1);
        let seed = seed.get_untracked();
        if let Some(drawn) = Sampler::new(seed).next() {
            form.show(format!("random_{seed}"), &drawn);
        }
    };
    let id = Signal::derive(move || form.common.id());
    let choose = move |id: Option<u32>| problem.set(id.and_then(|id| published(form, id as usize).err()));
    let opened = move |event: Event| {
        let input = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
        if let Some(file) = input.and_then(|input| input.files()?.get(0)) {
            leptos::task::spawn_local(async move { problem.set(open(form, file.into()).await.err()) });
        }
    };
    view! {
        <div class="controls">
            <IdField label="Benchmark id" entry=form.common.benchmark_id value=id on_change=choose/>
            <button class="quiet" on:click=another>"Random encoder"</button>
            <label><span>"A configuration (.json)"</span><input type="file" accept=".json" on:change=opened/></label>
        </div>
        {move || problem.get().map(|why| view! { <p class="problem" role="alert">{why}</p> })}
    }
}

/// Shows an encoder of the benchmark.
fn published(form: EncoderForm, id: usize) -> Result<(), String> {
    let found = encoders().nth(id).ok_or_else(|| format!("Ids run from 0 to {}.", ENCODERS - 1))?;
    form.show(id.to_string(), &found);
    Ok(())
}

async fn open(form: EncoderForm, file: File) -> Result<(), String> {
    let text = read_as_text(&file).await.map_err(|_| format!("{} cannot be read as text.", file.name()))?;
    take(form, name_of_file(&file.name()), text);
    Ok(())
}

/// Shows what may be an encoder, laid out for reading if it is one.
fn take(form: EncoderForm, name: String, text: String) {
    form.configuration.set(text);
    form.common.name.set(name.clone());
    if let Ok(parsed) = form.parsed() {
        form.show(name, &parsed);
    }
}
