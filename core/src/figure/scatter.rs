//! Every metric against the result of training: one figure each, and all of them side by side.

use crate::benchmark::{About, Column, Kind, Table, Worth};
use crate::chart::{Axis, Caption, Cloud, Grid, Scale, Scatter};

use super::words;

/// The metrics of a table, each with what it is worth.
pub fn metrics<'a>(table: &'a Table, worth: &'a [Worth]) -> impl Iterator<Item = (&'a Column, &'a Worth)> {
    let metrics = table.columns.iter().filter(|column| column.kind == Kind::Metric);
    metrics.filter_map(|column| Some((column, worth.iter().find(|worth| worth.metric == column.id)?)))
}

/// One metric against what is predicted.
pub fn scatter(table: &Table, column: &Column, worth: &Worth) -> Scatter {
    let About { title, networks, target, results, unit, better, .. } = table.about;
    let name = words::title(column.id);
    let lead = format!(
        "Kendall τ-b {}{}, Spearman ρ {}, {} {networks}",
        words::correlation(worth.measures.tau),
        words::interval(worth),
        words::correlation(worth.measures.rho),
        words::count(worth.rows),
    );
    let resampled = words::resampled();
    let note = format!("{title}, published scores. Line: median {target}. In parentheses: {resampled}.");
    Scatter {
        x: Axis::new(&name, words::direction(worth, *better)),
        y: Axis::new(words::capital(results), *unit).on(Scale::Linear),
        caption: Caption { title: format!("{name} against the {target} after training"), lead, note },
        clouds: vec![cloud(table, column)],
        trend: true,
        ..Scatter::default()
    }
}

fn cloud(table: &Table, column: &Column) -> Cloud {
    let points = column.values.iter().copied().zip(table.loss.iter().copied()).collect();
    Cloud { name: String::new(), points }
}

/// Every metric against what is predicted, in order of rank.
pub fn overview(table: &Table, worth: &[Worth]) -> Grid<Scatter> {
    let About { title, networks, target, .. } = table.about;
    let rows = words::count(table.rows.len());
    Grid {
        caption: Caption {
            title: format!("Every training-free metric against the {target} after training"),
            lead: format!(
                "{rows} {networks} in order of rank: across by the metric, upwards by the {target}. A metric that told \
                 everything would draw a diagonal; one that tells nothing fills the square evenly."
            ),
            note: format!("{title}, published scores. Line: median {target}. Axes are labelled with values."),
        },
        columns: 4,
        charts: metrics(table, worth).map(|(column, worth)| ranks(table, column, worth)).collect(),
    }
}

fn ranks(table: &Table, column: &Column, worth: &Worth) -> Scatter {
    let lead = format!("τ-b {}", words::correlation(worth.measures.tau));
    let axis = || Axis::default().on(Scale::Rank);
    let caption = Caption { title: words::title(column.id), lead, note: String::new() };
    Scatter { caption, x: axis(), y: axis(), clouds: vec![cloud(table, column)], trend: true, ..Scatter::default() }
}
