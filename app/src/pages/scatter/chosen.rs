//! The selected rows as a table.

use leptos::prelude::*;
use untrained_core::chart::{compact, rounded};
use untrained_core::figure::words;

use crate::download::{Downloads, Sheet};
use crate::rows::{BEST, table};
use crate::widgets::LongTable;

/// The selected rows, lowest loss first.
#[component]
pub fn Chosen(rows: Vec<usize>, on_zoom: Callback<()>, on_clear: Callback<()>) -> impl IntoView {
    let table = table();
    let mut rows = rows;
    rows.sort_by(|&a, &b| table.loss[a].total_cmp(&table.loss[b]));
    let count = rows.len();
    let head = [("Cell", false), ("States", true), ("Test loss", true), ("Hidden covariance, layer 1", true)];
    let head = head.map(|(name, number)| (name.to_owned(), number)).to_vec();
    let rows = StoredValue::new(rows);
    let cells = Callback::new(move |at: usize| cells(rows.with_value(|rows| rows[at])));
    view! {
        <h2 id="selected">{format!("{} selected", words::count(count))}</h2>
        <p class="buttons">
            <button class="quiet" on:click=move |_| on_zoom.run(())>"Zoom in on them"</button>
            <button class="quiet" on:click=move |_| on_clear.run(())>"Clear"</button>
            <Downloads name="selected" sheet=move |()| rows.with_value(|rows| sheet(rows))/>
        </p>
        <LongTable label="Selected cells" head=head count=count cells=cells/>
    }
}

fn cells(row: usize) -> Vec<AnyView> {
    let table = table();
    let id = table.rows[row].id;
    vec![
        view! { <a href=format!("?page=cell&id={id}")>{id}</a> }.into_any(),
        table.rows[row].group.into_any(),
        rounded(table.loss[row], 3).into_any(),
        table.column(BEST).map(|column| compact(column.values[row])).into_any(),
    ]
}

fn sheet(rows: &[usize]) -> Sheet {
    let table = table();
    let header = ["id", "states", "loss"].into_iter().chain(table.columns.iter().map(|column| column.id)).collect();
    let line = |&row: &usize| {
        let known = [table.rows[row].id.to_string(), table.rows[row].group.to_string(), table.loss[row].to_string()];
        known.into_iter().chain(table.columns.iter().map(|column| column.values[row].to_string())).collect()
    };
    Sheet { header, rows: rows.iter().map(line).collect() }
}
