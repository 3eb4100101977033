//! A recurrent cell: its graph, its losses and its training curve.

use leptos::prelude::*;
use untrained_app::message::{Answer, Figure, Query};
use untrained_core::benchmark::Table;
use untrained_core::chart::rounded;
use untrained_core::space::recurrent::Recipe;

use super::{Scores, Shown};
use crate::compute::look_up;
use crate::widgets::{CellGraph, Drawing};

/// A recipe of the benchmark, and the first cell that has it.
type Found = (Recipe, u32);

/// The cell.
#[component]
pub fn CellDetails(shown: Shown) -> impl IntoView {
    let Shown { id, other, .. } = shown;
    let cells = LocalResource::new(move || async move {
        let compared = match other {
            Some(other) => found(other).await.ok(),
            None => None,
        };
        found(id).await.map(|found| (found, compared))
    });
    view! {
        <Suspense fallback=|| view! { <p class="waiting" role="status">"Regenerating the benchmark from its seeds …"</p> }>
            {move || cells.get().map(|cells| match cells {
                Ok((found, compared)) => details(shown, found, compared).into_any(),
                Err(why) => view! { <p class="problem">{why}</p> }.into_any(),
            })}
        </Suspense>
    }
}

async fn found(id: u32) -> Result<Found, String> {
    match look_up(Query::Cell(id)).await? {
        Answer::Cell { architecture, recipe } => {
            let recipe = Recipe::from_json(&recipe).map_err(|error| error.to_string())?;
            Ok((recipe, architecture.unwrap_or(id)))
        }
        _ => Err("This recipe cannot be read.".to_owned()),
    }
}

fn details(shown: Shown, (recipe, architecture): Found, compared: Option<Found>) -> impl IntoView {
    let Shown { table, id, .. } = shown;
    let (other, twin) = compared.unzip();
    let marked = other.is_some();
    view! {
        <p class="note">{described(table, &recipe, architecture)}</p>
        <div class="halves">
            <div>
                <CellGraph recipe=recipe other=other/>
                {marked.then(|| view! { <p class="note">"Shaded: what the other cell does not compute."</p> })}
                <Drawing figure=Figure::Curve(id) name="curve" widest=560/>
                <p class="buttons"><a class="button" href=format!("?page=score&id={id}")>"Score this cell here"</a></p>
            </div>
            <div><Scores shown=shown architecture=architecture twin=twin/></div>
        </div>
    }
}

fn described(table: &Table, recipe: &Recipe, architecture: u32) -> String {
    let losses: Vec<String> = (table.rows.iter().zip(&table.results))
        .filter(|(row, _)| row.architecture == architecture)
        .map(|(_, loss)| rounded(*loss, 3))
        .collect();
    let trained = match losses.len() {
        0 => "not among those with published scores".to_owned(),
        1 => format!("trained once: test loss {} nats per token", losses[0]),
        n => format!("trained {n} times: test losses {} nats per token", losses.join(", ")),
    };
    let (nodes, states) = (recipe.nodes().len(), recipe.states());
    format!("{nodes} nodes, {states} {}; {trained}.", if states == 1 { "state" } else { "states" })
}
