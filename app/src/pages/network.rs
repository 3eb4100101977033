//! A network of a benchmark: its parts, its scores, and another one to compare with.

mod cell;
mod decoder;
mod encoder;
mod scores;

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use untrained_app::parse::IntegerRange;
use untrained_core::benchmark::Table;
use untrained_core::family::Family;
use untrained_core::figure::words::count;

use crate::address::query;
use crate::rows;
use crate::widgets::{Choice, Entry, IdField};
use cell::CellDetails;
use decoder::DecoderDetails;
use encoder::EncoderDetails;
use scores::Scores;

/// A network and the one it is compared with.
#[derive(Clone, Copy)]
pub struct Shown {
    /// Its benchmark.
    pub table: &'static Table,
    /// Its id there.
    pub id: u32,
    /// The id of the other one.
    pub other: Option<u32>,
}

/// The page.
#[component]
pub fn NetworkPage() -> impl IntoView {
    let (benchmark, _) = query::<String>("benchmark");
    let table = Signal::derive(move || rows::of(&benchmark.get().unwrap_or_default()));
    let (id, set_id) = query::<u32>("id");
    let (compared, set_compared) = query::<u32>("beside");
    let first = Signal::derive(move || id.get().or_else(|| best(table.get())));
    let go = use_navigate();
    let change = Callback::new(move |id: String| {
        go(&format!("?page=network&benchmark={id}"), NavigateOptions { scroll: false, ..NavigateOptions::default() });
    });
    let shown = move |id, other| view! { <NetworkSection shown=Shown { table: table.get(), id, other }/> };
    view! {
        <p class="lead">{move || lead(table.get())}</p>
        <div class="controls">
            <Choice label="Benchmark" value=Signal::derive(move || table.get().about.id.to_owned()) on_change=change
                options=rows::benchmarks()/>
            {move || {
                let (one, ids) = (rows::one(table.get()), IntegerRange::ids(table.get().about.ids));
                view! {
                    <IdField label=one entry=Entry::empty(ids) value=first on_change=move |id| set_id.set(id)/>
                    <IdField label="Compare with" entry=Entry::empty(ids) value=compared on_change=move |id| set_compared.set(id)/>
                }
            }}
        </div>
        <div class="pair">
            {move || first.get().map(|id| shown(id, compared.get()))}
            {move || compared.get().map(|id| shown(id, first.get()))}
        </div>
    }
}

/// The network with the best result.
fn best(table: &Table) -> Option<u32> {
    rows::best_row(table).map(|row| table.rows[row].id)
}

fn lead(table: &Table) -> String {
    let about = &table.about;
    let last = count(about.ids.saturating_sub(1) as usize);
    format!("{} numbers its {}s from 0 to {last}. {}", about.title, about.noun, about.introduction)
}

#[component]
fn NetworkSection(shown: Shown) -> impl IntoView {
    let Shown { table, id, .. } = shown;
    let name = format!("{} {id}", rows::one(table));
    let body = match table.about.family {
        _ if id >= table.about.ids => {
            let last = table.about.ids.saturating_sub(1);
            view! { <p class="problem">{format!("Ids run from 0 to {last}.")}</p> }.into_any()
        }
        Some(Family::Recurrent) => view! { <CellDetails shown=shown/> }.into_any(),
        Some(Family::Encoder) => view! { <EncoderDetails shown=shown/> }.into_any(),
        Some(Family::Decoder) => view! { <DecoderDetails shown=shown/> }.into_any(),
        _ => view! { <Scores shown=shown architecture=id/> }.into_any(),
    };
    view! {
        <section class="one" aria-label=name.clone()>
            <h2>{name.clone()}</h2>
            {body}
        </section>
    }
}
