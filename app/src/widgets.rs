//! Parts that several pages are made of.

mod alone;
mod command;
mod figure;
mod graph;
mod layers;
mod long;
mod number;
mod open_files;
mod records;
mod run;
mod standing;
mod under;

use alone::Alone;
pub use command::Command;
pub use figure::Drawing;
pub use graph::{CellGraph, class, short};
pub use layers::Layers;
pub use long::LongTable;
pub use number::{Entry, Id, Number};
pub use open_files::{OpenFiles, Opened};
pub use records::Records;
pub use run::{Run, Scored};
pub use standing::{BetterThan, Standing, better_than};
use under::Under;

use leptos::prelude::*;

use crate::compute::{Scorer, scoring};

/// Says why nothing can be scored now, and that the CPU took over from a GPU that failed, where that is so.
#[component]
pub fn Waits(
    /// What would score.
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
    /// What is chosen.
    label: &'static str,
    /// Value and name of each.
    options: Vec<(&'static str, String)>,
    /// What is chosen now.
    #[prop(into)]
    value: Signal<String>,
    /// Told what was chosen.
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
