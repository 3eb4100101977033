//! Scores as a table, each compared with those of the benchmark.

use leptos::prelude::*;
use untrained_core::benchmark::Table;
use untrained_core::chart::rounded;
use untrained_core::figure::words;
use untrained_core::record::{self, Record};

use super::{BetterThan, Percentile, better_than};
use crate::download::{Downloads, Sheet, save};
use crate::rows::{mark, marked, shown};

/// Significant digits of a score at least, as in the tables of the program.
const DIGITS: i32 = 6;

/// Records, each with the share of the benchmark that it is better than, if it can be compared.
#[component]
pub fn Records(
    /// The records.
    records: Vec<Record>,
    /// The benchmark, if the network was scored at its sizes.
    table: Option<&'static Table>,
    /// The benchmark whose columns determine the digits of a value.
    of: &'static Table,
    /// Prefix of the ids of metrics in addresses of their formulas.
    #[prop(default = "")]
    formulas: &'static str,
    /// Published scores to compare with, by metric.
    #[prop(optional)]
    published: Vec<(String, f64)>,
) -> impl IntoView {
    let compared = !published.is_empty();
    let lines = records.iter().map(|record| {
        let mark = table.map(|table| mark(table, false, &record.metric)).unwrap_or_default();
        let share = table.and_then(|table| table.share_behind(&record.metric, record.value));
        let known = published.iter().find(|(metric, _)| *metric == record.metric).map(|(_, value)| *value);
        view! {
            <tr>
                <th scope="row"><a href=format!("?page=metrics#{formulas}{}", record.metric)>{words::title(&record.metric)}</a>{mark}</th>
                <td class="number" data-metric=record.metric.clone() data-value=record.value.to_string()>{shown(of, &record.metric, record.value, DIGITS)}</td>
                {table.map(|_| view! { <td class="number"><Percentile share=share other=None/></td> })}
                {compared.then(|| comparison(record.value, known, known.map(|known| shown(of, &record.metric, known, DIGITS))))}
                <td>{record.why.clone()}</td>
            </tr>
        }
    });
    let first = records.first();
    let (took, device) = first.map_or((0.0, String::new()), |first| (first.seconds, first.device.clone()));
    let name = first.map(|first| first.architecture.clone()).unwrap_or_default();
    let lines = lines.collect_view();
    let marks = |table: &&Table| records.iter().any(|record| !mark(table, false, &record.metric).is_empty());
    let explained = table.filter(marks).and_then(|table| marked(table, false, "under 'Metrics ranked'"));
    view! {
        <p class="note" id="computed">{format!("Scores of {name}, computed in {} s on: {device}.", rounded(took, 2))}</p>
        <div class="scroll" tabindex="0" role="group" aria-label="Scores">
            <table id="records" data-seconds=took>
                <thead><tr>
                    <th scope="col">"Metric"</th><th scope="col" class="number">"Value"</th>
                    {table.map(|_| view! { <BetterThan/> })}
                    {compared.then(|| view! {
                        <th scope="col" class="number">"Published"</th><th scope="col" class="number">"Relative difference"</th>
                    })}
                    <th scope="col">"Note"</th>
                </tr></thead>
                <tbody>{lines}</tbody>
            </table>
        </div>
        {table.map(|table| view! { <p class="note">{better_than(table)}</p> })}
        {explained.map(|words| view! { <p class="note">{words}</p> })}
        <Save records=records/>
    }
}

fn comparison(value: f64, known: Option<f64>, text: Option<String>) -> impl IntoView {
    let difference = known.map(|known| ((value - known) / known).abs()).filter(|difference| difference.is_finite());
    view! {
        <td class="number">{text}</td>
        <td class="number">{difference.map(|difference| format!("{difference:.1e}"))}</td>
    }
}

#[component]
fn Save(records: Vec<Record>) -> impl IntoView {
    let lines = records.clone();
    let sheet = move |()| {
        let (header, rows) = record::sheet(&lines);
        Sheet { header, rows }
    };
    let as_lines = move |_| {
        let lines: Vec<String> = records.iter().filter_map(|record| serde_json::to_string(record).ok()).collect();
        save("scores.jsonl", "application/jsonl", &(lines.join("\n") + "\n"));
    };
    view! {
        <p class="buttons">
            <Downloads name="scores" sheet=sheet/>
            <button class="quiet" on:click=as_lines>"Save as JSON Lines"</button>
        </p>
    }
}
