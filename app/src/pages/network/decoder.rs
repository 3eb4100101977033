//! A decoder: its layers, where they are known, its result and its scores.

use leptos::prelude::*;
use untrained_core::benchmark;
use untrained_core::benchmark::lts::architectures::decoder;

use super::{Scores, Shown};
use crate::widgets::DecoderLayers;

/// The decoder.
#[component]
pub fn DecoderDetails(shown: Shown) -> impl IntoView {
    let Shown { table, id, .. } = shown;
    let about = &table.about;
    let number = benchmark::find(about.id).ok().and_then(|benchmark| benchmark.published_decoder(id));
    let built = number.and_then(|number| Some((number, decoder(number)?)));
    let result = table.rows.iter().position(|row| row.id == id).map(|row| table.results[row]);
    let result = result.map_or_else(
        || format!("No {} is known.", about.target.name),
        |result| format!("{result}: {}.", about.target.description),
    );
    view! {
        <p class="note">{result}</p>
        <div class="halves"><div>
        {built.map(|(number, decoder)| view! {
            <DecoderLayers decoder=decoder/>
            <p><a href=format!("?page=transformer&family=decoder&id={number}")>"Score it"</a></p>
        })}
        </div><div>
        <h3>"Training-free scores and counts"</h3>
        <Scores shown=shown architecture=id/>
        </div></div>
    }
}
