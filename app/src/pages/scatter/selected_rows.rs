//! The selected rows as a table.

use leptos::prelude::*;
use untrained_core::benchmark::Table;
use untrained_core::chart::{among, rounded};
use untrained_core::figure::words;
use untrained_core::rank::Direction;

use crate::download::{Downloads, Sheet};
use crate::rows::{best, link, sorted, target, title, values};
use crate::widgets::LongTable;

/// The selected rows, the best first.
#[component]
pub fn SelectedRows(
    table: &'static Table,
    rows: Vec<usize>,
    on_zoom: Callback<()>,
    on_clear: Callback<()>,
) -> impl IntoView {
    let mut rows = rows;
    rows.sort_by(|&a, &b| table.results[a].total_cmp(&table.results[b]));
    if table.about.target.better == Direction::Higher {
        rows.reverse();
    }
    let count = rows.len();
    let group = words::capital(&table.about.group);
    let names = [("Id".to_owned(), false), (group, true), (target(table), true), (title(table, best(table)), true)];
    let rows = StoredValue::new(rows);
    let metric = StoredValue::new(sorted(values(table, best(table)).unwrap_or_default().iter().copied()));
    let cells = Callback::new(move |index: usize| {
        metric.with_value(|metric| cells(table, rows.with_value(|rows| rows[index]), metric))
    });
    view! {
        <h2 id="selected">{format!("{} selected", words::count(count))}</h2>
        <p class="buttons">
            <button class="quiet" on:click=move |_| on_zoom.run(())>"Zoom in on them"</button>
            <button class="quiet" on:click=move |_| on_clear.run(())>"Clear"</button>
            <Downloads name="selected" sheet=move |()| rows.with_value(|rows| sheet(table, rows))/>
        </p>
        <LongTable label="Selected cells" head=names.to_vec() count=count cells=cells/>
    }
}

fn cells(table: &Table, row: usize, sorted: &[f64]) -> Vec<AnyView> {
    let id = table.rows[row].id;
    vec![
        view! { <a href=link(table, id)>{id}</a> }.into_any(),
        table.rows[row].group.into_any(),
        rounded(table.results[row], 3).into_any(),
        table.column(best(table)).map(|column| among(column.values[row], sorted, 3)).into_any(),
    ]
}

fn sheet(table: &'static Table, rows: &[usize]) -> Sheet {
    Sheet { header: table.header("run"), rows: rows.iter().map(|&row| table.cells(row)).collect() }
}
