//! Scores an encoder or decoder of one's own: start from a known one, change it, score it in the tab or through the
//! companion.

mod form;
mod network;
mod start;

use leptos::prelude::*;
use untrained_core::family::Family;
use untrained_core::network::encoder::Sizes;
use untrained_core::record::Record;
use untrained_core::task::{Architecture, Task};

use super::Session;
use crate::pages::common_form::{MINE, Refusal};
use crate::rows;
use crate::widgets::{Choice, Command, DecoderLayers, Layers, Place, PlaceChoice, Records, Run};
pub use form::SMALL;
pub use start::DRAWN;

use form::TransformerForm;
use network::Transformer;
use start::TransformerStart;

/// Sizes that a desktop's GPU scores in a few seconds.
const MEDIUM: Sizes = Sizes { batch: 16, sequence: 128, ..Sizes::PUBLISHED };

/// The page.
#[component]
pub fn TransformerPage() -> impl IntoView {
    let form = TransformerForm::from_address();
    form.keep_in_address();
    let typed = move |event| {
        form.common.name.set(MINE.into());
        form.configuration.set(event_target_value(&event));
    };
    let parsed = Memo::new(move |_| form.parsed().map_err(|error| error.to_string()));
    let place = Place::from_address();
    let by_companion = place.by_companion;
    let scored = expect_context::<Session>().transformer;
    // The companion knows how much memory it has.
    let refused = Memo::new(move |_| form.refused().filter(|_| !by_companion.get()));
    let ready = Signal::derive(move || parsed.get().is_ok() && form.is_valid() && refused.get().is_none());
    let task = Callback::new(move |()| form.task());
    let show = Callback::new(|(task, records)| scores(&task, records).into_any());
    view! {
        <p class="lead">
            "Choose an encoder or a decoder, change it as you like, and score it: in this tab, or through the companion on "
            "this machine's GPU. A config.json of Hugging Face works, too. Nothing leaves your machine."
        </p>
        <TransformerStart form=form/>
        <label class="wide"><span>"Configuration"</span>
            <textarea id="configuration" spellcheck="false" rows="9" prop:value=move || form.configuration.get() on:input=typed></textarea>
        </label>
        {move || match parsed.get() {
            Ok(Transformer::Encoder(configuration)) => view! { <Layers configuration=configuration other=None/> }.into_any(),
            Ok(Transformer::Decoder(decoder)) => view! { <DecoderLayers decoder=decoder/> }.into_any(),
            Err(why) => view! { <p class="problem" role="status" id="configuration-problem">{why}</p> }.into_any(),
        }}
        <TransformerOptions form=form refused=refused/>
        <PlaceChoice place=place label="Score in"
            without="so this tab scores on the CPU. For larger networks, and for a GPU"/>
        <Run scored=scored label="Score" task=task ready=ready by_companion=by_companion show=show/>
        <h2>"The same on the command line"</h2>
        <Command text=Signal::derive(move || form.command())/>
    }
}

#[component]
fn TransformerOptions(form: TransformerForm, refused: Memo<Option<Refusal>>) -> impl IntoView {
    let own = "as configured".to_owned();
    let sizes = vec![("false", own), ("true", "256 and 1,024, as published".to_owned())];
    let as_published = Signal::derive(move || form.as_published.get().to_string());
    let is_encoder = move || form.family.get() == Family::Encoder;
    view! {
        <div class="controls">
            {form.common.metric_choice()}
            {move || is_encoder().then(|| view! {
                <Choice label="Hidden and feed-forward size" value=as_published
                    on_change=move |id| form.as_published.set(id == "true") options=sizes.clone()/>
            })}
            {form.common.number_fields(refused)}
        </div>
        <p class="buttons">
            <button class="quiet" on:click=move |_| form.set_sizes(&SMALL)>"Small sizes: seconds in a tab"</button>
            <button class="quiet" on:click=move |_| form.set_sizes(&MEDIUM)>"16 × 128 tokens: for the companion"</button>
            {move || is_encoder().then(|| view! {
                <button class="quiet" on:click=move |_| form.set_sizes(&Sizes::PUBLISHED)>"Published, 128 × 512: for a GPU"</button>
            })}
        </p>
    }
}

/// The scores, and what they cannot be compared with.
fn scores(task: &Task, records: Vec<Record>) -> impl IntoView + use<> {
    match task.architecture {
        Architecture::Decoder { .. } => view! {
            <p class="note">
                "Compare decoders with each other at equal sizes: the scores of a benchmark were computed on other text \
                 and at other sizes."
            </p>
            <Records records=records table=None of=rows::of_networks(Family::Decoder) formulas="decoder-"/>
        }
        .into_any(),
        _ => of_encoder(task, records).into_any(),
    }
}

/// The same of an encoder.
fn of_encoder(task: &Task, records: Vec<Record>) -> impl IntoView + use<> {
    let table = rows::of_networks(Family::Encoder);
    let comparable = matches!(
        task.architecture,
        Architecture::Encoder { as_published: true, sizes, .. } if sizes == Sizes::PUBLISHED
    );
    view! {
        {(!comparable).then(|| view! {
            <p class="note">
                "The benchmark's scores were computed as published, on 128 sequences of 512 tokens of web text: at \
                 other sizes compare encoders with each other, not with the benchmark."
            </p>
        })}
        <p class="note">
            "With fresh weights the sum of the last hidden states is constant. So the metrics that read a gradient \
             (saliency, importance, diversity, Jacobian) measure how a machine rounds."
        </p>
        <Records records=records table=comparable.then_some(table) of=table formulas="encoder-"/>
    }
}
