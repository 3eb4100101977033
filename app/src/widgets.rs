//! Components that several pages share.

mod background_notice;
mod cell_graph;
mod command;
mod decoder_layers;
mod drawing;
mod layers;
mod long_table;
mod number_field;
mod open_files;
mod percentile;
mod place;
mod records;
mod run;
mod run_progress;

use background_notice::BackgroundNotice;
pub use cell_graph::{CellGraph, class, short};
pub use command::Command;
pub use decoder_layers::DecoderLayers;
pub use drawing::Drawing;
pub use layers::Layers;
pub use long_table::LongTable;
pub use number_field::{Entry, IdField, NumberField};
pub use open_files::{OpenFiles, Opened};
pub use percentile::{BetterThan, Percentile, better_than};
pub use place::{Place, PlaceChoice};
pub use records::Records;
pub use run::{Run, Scored};
use run_progress::RunProgress;

use leptos::prelude::*;

use crate::compute::{Scorer, scoring};

/// States why nothing can be scored now, and that the CPU took over from a GPU that failed.
#[component]
pub fn WaitNotice(
    /// The scoring that waits.
    scorer: Scorer,
) -> impl IntoView {
    let words = "Another page is scoring: wait for it, or stop it there.";
    let scoring = scoring();
    let failure = Memo::new(move |_| scoring.with(|scoring| scoring.gpu_failure.clone()));
    view! {
        {move || scorer.must_wait().then(|| view! { <p class="note" role="status">{words}</p> })}
        {move || failure.get().map(|why| view! {
            <p class="note" id="gpu-failure" role="status">
                {format!("The GPU failed, so the CPU scores until this page is loaded again. {why}")}
            </p>
        })}
    }
}

/// A choice of one among named things.
#[component]
pub fn Choice(
    /// Label.
    label: &'static str,
    /// Value and name of each.
    options: Vec<(&'static str, String)>,
    /// The current value.
    #[prop(into)]
    value: Signal<String>,
    /// Answer what was chosen.
    #[prop(into)]
    on_change: Callback<String>,
) -> impl IntoView {
    let options = options.into_iter().map(move |(id, name)| {
        view! { <option value=id selected=move || value.get() == id>{name}</option> }
    });
    view! {
        <label>
            <span>{label}</span>
            <select on:change=move |event| on_change.run(event_target_value(&event)) prop:value=move || value.get()>
                {options.collect_view()}
            </select>
        </label>
    }
}
