//! The published scores of a network, compared with those of all, and the networks with the most similar scores.

use leptos::prelude::*;
use untrained_core::benchmark::{Column, Kind, Table};
use untrained_core::chart::rounded;

use super::Shown;
use crate::rows::{LOSS, link, mark, marked, one, percentile, shown, target, title, values};
use crate::widgets::{BetterThan, Percentile, better_than};

/// Number of networks shown with similar scores.
const NEIGHBOURS: usize = 5;

/// Share of the benchmark from which on two networks are marked as different.
const APART: f64 = 0.25;

/// The scores.
#[component]
pub fn Scores(
    /// The network.
    shown: Shown,
    /// The first network of the same architecture.
    architecture: u32,
    /// The same of the other one.
    #[prop(default = None)]
    twin: Option<u32>,
) -> impl IntoView {
    let Shown { table, id, other } = shown;
    let Some(row) = row(table, id).or_else(|| row_of(table, architecture)) else {
        let words = if table.about.one_measure {
            "No published score: its training diverged or its scores were left out."
        } else {
            "No score was published for it."
        };
        return view! { <p>{words}</p> }.into_any();
    };
    view! {
        {listed(table, row, other.and_then(|other| self::row(table, other).or_else(|| row_of(table, twin?))))}
        {nearest(table, row, id)}
    }
    .into_any()
}

/// The row of a network.
pub fn row(table: &Table, id: u32) -> Option<usize> {
    table.rows.iter().position(|row| row.id == id)
}

fn row_of(table: &Table, architecture: u32) -> Option<usize> {
    table.rows.iter().position(|row| row.architecture == architecture)
}

/// The scores of a row; marked where the other row differs much in its share of the benchmark.
fn listed(table: &'static Table, row: usize, other: Option<usize>) -> impl IntoView {
    // A lexicographic order has no value to show.
    let is_listed = |column: &&Column| column.kind != Kind::Ceiling && !column.id.contains("_then_");
    let metrics = table.columns.iter().filter(is_listed).map(|column| column.id.as_str());
    let lines = std::iter::once(LOSS).chain(metrics).filter_map(|id| {
        let all = values(table, id)?;
        let (name, value) = match id {
            LOSS => (target(table), rounded(all[row], 3)),
            id => (title(table, id) + mark(table, false, id), shown(table, id, all[row], 3)),
        };
        Some(line(
            name,
            value,
            percentile(table, id, all[row]),
            other.and_then(|other| percentile(table, id, all[other])),
        ))
    });
    view! {
        <table class="scores">
            {head("Published")}
            <tbody>{lines.collect_view()}</tbody>
        </table>
        <p class="note">{better_than(table)}</p>
        {marked(table, false, "under 'Metrics ranked'").map(|words| view! { <p class="note">{words}</p> })}
    }
}

/// The head of a table of [`line`]s.
pub fn head(what: &'static str) -> impl IntoView {
    view! {
        <thead><tr>
            <th scope="col">{what}</th><th scope="col" class="number">"Value"</th>
            <BetterThan/>
        </tr></thead>
    }
}

/// A value, and the share of the benchmark that it is better than, next to that of another network.
pub fn line(name: String, value: String, share: Option<f64>, other: Option<f64>) -> impl IntoView {
    let apart = share.zip(other).is_some_and(|(share, other)| (share - other).abs() > APART);
    view! {
        <tr class:apart=apart>
            <th scope="row">{name}</th>
            <td class="number">{value}</td>
            <td class="number"><Percentile share=share other=other/></td>
        </tr>
    }
}

/// The networks with the most similar scores, with links to compare with them.
fn nearest(table: &'static Table, row: usize, id: u32) -> impl IntoView {
    let found = table.neighbours(row, NEIGHBOURS).into_iter().map(|(row, distance)| {
        let other = table.rows[row].id;
        let result = format!("{} {}", target(table), rounded(table.results[row], 3));
        let words = format!("{} {other}: {result}, {:.1} % apart", one(table), 100.0 * distance);
        view! { <li><a href=format!("{}&beside={other}", link(table, id))>{words}</a></li> }
    });
    view! {
        <h3>"Most similar scores"</h3>
        <ol class="nearest">{found.collect_view()}</ol>
        <p class="note">"Apart: mean distance of the metrics in order of rank, in percent of the benchmark."</p>
    }
}
