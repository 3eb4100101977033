//! A cell of the benchmark: its graph, its scores and its training.

use leptos::prelude::*;
use leptos_router::hooks::query_signal;
use untrained_app::message::{Ask, Figure, Told};
use untrained_core::benchmark::{Kind, Table};
use untrained_core::chart::{compact, rounded};
use untrained_core::figure::words;
use untrained_core::space::recurrent::Recipe;

use crate::compute::look_up;
use crate::rows::{LOSS, neighbours, percentile, table, values};
use crate::widgets::{CellGraph, Drawing};

/// Cells shown that score alike.
const NEIGHBOURS: usize = 5;

/// The page.
#[component]
pub fn CellPage() -> impl IntoView {
    let (id, set_id) = query_signal::<u32>("id");
    let (beside, set_beside) = query_signal::<u32>("beside");
    let first = Signal::derive(move || id.get().or_else(best));
    view! {
        <p class="lead">
            "NAS-Bench-NLP numbers its cells from 0 (RNN), 1 (LSTM) and 2 (GRU) to 14,207. "
            "Most were drawn at random and trained up to three times."
        </p>
        <div class="controls">
            <Id label="Cell" value=first set=set_id/>
            <Id label="Beside" value=Signal::derive(move || beside.get()) set=set_beside/>
        </div>
        <div class="pair">
            {move || first.get().map(|id| view! { <One id=id other=beside.get()/> })}
            {move || beside.get().map(|id| view! { <One id=id other=first.get()/> })}
        </div>
    }
}

/// The cell that reached the lowest loss.
fn best() -> Option<u32> {
    let table = table();
    let lowest = (0..table.rows.len()).min_by(|&a, &b| table.loss[a].total_cmp(&table.loss[b]))?;
    Some(table.rows[lowest].id)
}

#[component]
fn Id(label: &'static str, value: Signal<Option<u32>>, set: SignalSetter<Option<u32>>) -> impl IntoView {
    view! {
        <label>
            <span>{label}</span>
            <input type="number" min="0" max="14207" placeholder="id" prop:value=move || value.get().map(|id| id.to_string())
                on:change=move |event| set.set(event_target_value(&event).parse().ok())/>
        </label>
    }
}

#[component]
fn One(id: u32, other: Option<u32>) -> impl IntoView {
    let told = LocalResource::new(move || look_up(Ask::Cell(id)));
    view! {
        <section class="one" aria-label=format!("Cell {id}")>
            <Suspense fallback=|| view! { <p class="waiting" role="status">"Regenerating the benchmark from its seeds …"</p> }>
                {move || told.get().map(|told| match told {
                    Ok(Told::Cell { architecture, recipe }) => shown(id, other, architecture.unwrap_or(id), &recipe).into_any(),
                    Ok(_) => ().into_any(),
                    Err(why) => view! { <p class="problem">{why}</p> }.into_any(),
                })}
            </Suspense>
        </section>
    }
}

fn shown(id: u32, other: Option<u32>, architecture: u32, recipe: &str) -> impl IntoView {
    let Ok(recipe) = Recipe::from_json(recipe) else {
        return view! { <p class="problem">"This recipe cannot be read."</p> }.into_any();
    };
    let table = table();
    let row = table.rows.iter().position(|row| row.id == id || row.architecture == architecture);
    view! {
        <h2>{format!("Cell {id}")}</h2>
        <p class="note">{described(table, &recipe, architecture)}</p>
        <CellGraph recipe=recipe/>
        {match row {
            Some(row) => view! {
                {scores(table, row, other.and_then(|other| table.rows.iter().position(|row| row.id == other)))}
                {nearest(table, row, id)}
            }.into_any(),
            None => view! { <p>"No published score: its training diverged or its scores were left out."</p> }.into_any(),
        }}
        <Drawing figure=Figure::Curve(id) name="curve" widest=560/>
        <p class="buttons"><a class="button" href=format!("?page=score&id={id}")>"Score this cell here"</a></p>
    }
    .into_any()
}

fn described(table: &Table, recipe: &Recipe, architecture: u32) -> String {
    let losses: Vec<String> = (table.rows.iter().zip(&table.loss))
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

/// The scores of a row, and where two rows differ by more than a quarter of the benchmark.
fn scores(table: &Table, row: usize, other: Option<usize>) -> impl IntoView {
    let metrics = table.columns.iter().filter(|column| column.kind != Kind::Ceiling).map(|column| column.id);
    let lines = std::iter::once(LOSS).chain(metrics).filter_map(|id| {
        let all = values(table, id)?;
        let share = percentile(all, all[row]);
        let apart = other.and_then(|other| Some((percentile(all, all[other])? - share?).abs() > 25.0));
        let name = if id == LOSS { "Test loss".to_owned() } else { words::title(id) };
        Some(view! {
            <tr class:apart=apart.unwrap_or(false)>
                <th scope="row">{name}</th>
                <td class="number">{if id == LOSS { rounded(all[row], 3) } else { compact(all[row]) }}</td>
                <td class="number">{share.map(|share| format!("{share:.0} %"))}</td>
            </tr>
        })
    });
    view! {
        <table class="scores">
            <thead><tr>
                <th scope="col">"Published"</th><th scope="col" class="number">"Value"</th>
                <th scope="col" class="number">"Cells below"</th>
            </tr></thead>
            <tbody>{lines.collect_view()}</tbody>
        </table>
    }
}

/// The cells that score most like it, to be seen beside it.
fn nearest(table: &Table, row: usize, id: u32) -> impl IntoView + use<> {
    let found = neighbours(table, row, NEIGHBOURS).into_iter().map(|(row, distance)| {
        let other = table.rows[row].id;
        let words = format!("Cell {other}: test loss {}, {distance:.1} % apart", rounded(table.loss[row], 3));
        view! { <li><a href=format!("?page=cell&id={id}&beside={other}")>{words}</a></li> }
    });
    view! {
        <h3>"Scores most like it"</h3>
        <ol class="nearest">{found.collect_view()}</ol>
        <p class="note">"Apart: mean distance of the metrics in order of rank, in percent of the benchmark."</p>
    }
}
