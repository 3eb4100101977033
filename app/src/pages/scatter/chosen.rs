//! The selected rows as a table.

use leptos::prelude::*;
use untrained_core::chart::{compact, rounded};
use untrained_core::figure::words;

use crate::download::{csv, save};
use crate::rows::{BEST, table};

/// More rows than a reader scrolls through; the file has them all.
const SHOWN: usize = 100;

/// The selected rows, lowest loss first.
#[component]
pub fn Chosen(rows: Vec<usize>, zoomed: Signal<bool>, on_zoom: Callback<()>, on_clear: Callback<()>) -> impl IntoView {
    let table = table();
    let mut rows = rows;
    rows.sort_by(|&a, &b| table.loss[a].total_cmp(&table.loss[b]));
    let best = table.column(BEST);
    let lines = rows.iter().take(SHOWN).map(|&row| {
        let id = table.rows[row].id;
        view! {
            <tr>
                <th scope="row"><a href=format!("?page=cell&id={id}")>{id}</a></th>
                <td class="number">{table.rows[row].states}</td>
                <td class="number">{rounded(table.loss[row], 3)}</td>
                <td class="number">{best.map(|column| compact(column.values[row]))}</td>
            </tr>
        }
    });
    let lines = lines.collect_view();
    let count = rows.len();
    view! {
        <h2 id="selected">{format!("{} selected", words::count(count))}</h2>
        <p class="buttons">
            <button class="quiet" on:click=move |_| on_zoom.run(())>
                {move || if zoomed.get() { "Show all points" } else { "Zoom in on them" }}
            </button>
            <button class="quiet" on:click=move |_| on_clear.run(())>"Clear"</button>
            <button class="quiet" on:click=move |_| save("selected.csv", "text/csv", &as_csv(&rows))>"Save as CSV"</button>
        </p>
        {(count > SHOWN).then(|| view! { <p class="note">{format!("The {SHOWN} with the lowest loss; the file has all.")}</p> })}
        <div class="scroll tall" tabindex="0" role="group" aria-label="Selected cells">
            <table>
                <thead><tr>
                    <th scope="col">"Cell"</th><th scope="col" class="number">"States"</th>
                    <th scope="col" class="number">"Test loss"</th>
                    <th scope="col" class="number">"Hidden covariance, layer 1"</th>
                </tr></thead>
                <tbody>{lines}</tbody>
            </table>
        </div>
    }
}

fn as_csv(rows: &[usize]) -> String {
    let table = table();
    let header: Vec<&str> = ["id", "states", "loss"].into_iter().chain(table.columns.iter().map(|c| c.id)).collect();
    let lines = rows.iter().map(|&row| {
        let known = [table.rows[row].id.to_string(), table.rows[row].states.to_string(), table.loss[row].to_string()];
        known.into_iter().chain(table.columns.iter().map(|column| column.values[row].to_string())).collect()
    });
    csv(&header, lines)
}
