//! Every metric against the loss after training: one figure each, and all of them side by side.

use crate::benchmark::{Column, Kind, Table, Worth};
use crate::chart::{Axis, Cloud, Grid, Scale, Scatter, Words};

use super::words;

/// The metrics of a table, each with what it is worth.
pub fn metrics<'a>(table: &'a Table, worth: &'a [Worth]) -> impl Iterator<Item = (&'a Column, &'a Worth)> {
    let metrics = table.columns.iter().filter(|column| column.kind == Kind::Metric);
    metrics.filter_map(|column| Some((column, worth.iter().find(|worth| worth.metric == column.id)?)))
}

/// One metric against the loss.
pub fn scatter(table: &Table, column: &Column, worth: &Worth) -> Scatter {
    let name = words::title(column.id);
    let lead = format!(
        "Kendall τ-b {}{}, Spearman ρ {}, {} trained networks",
        words::correlation(worth.measures.tau),
        words::interval(worth),
        words::correlation(worth.measures.rho),
        words::count(worth.rows),
    );
    let caption = "NAS-Bench-NLP, published scores. Line: median loss. In parentheses: 95 % interval over cells.";
    Scatter {
        x: Axis::new(&name, words::direction(worth)),
        y: Axis::new("Test loss on Penn Treebank", "nats per token, lower is better").on(Scale::Linear),
        words: Words { title: format!("{name} against the loss after training"), lead, caption: caption.into() },
        clouds: vec![cloud(table, column)],
        trend: true,
        ..Scatter::default()
    }
}

fn cloud(table: &Table, column: &Column) -> Cloud {
    let points = column.values.iter().copied().zip(table.loss.iter().copied()).collect();
    Cloud { name: String::new(), points }
}

/// Every metric against the loss, in order of rank.
pub fn overview(table: &Table, worth: &[Worth]) -> Grid<Scatter> {
    let rows = words::count(table.rows.len());
    Grid {
        words: Words {
            title: "Every training-free metric against the loss after training".into(),
            lead: format!(
                "{rows} trained networks in order of rank: across by the metric, upwards by the loss. A metric that told \
                 everything would draw a diagonal; one that tells nothing fills the square evenly."
            ),
            caption: "NAS-Bench-NLP, published scores. Line: median loss. Axes are labelled with values.".into(),
        },
        columns: 4,
        charts: metrics(table, worth).map(|(column, worth)| ranks(table, column, worth)).collect(),
    }
}

fn ranks(table: &Table, column: &Column, worth: &Worth) -> Scatter {
    let lead = format!("τ-b {}", words::correlation(worth.measures.tau));
    let axis = || Axis::default().on(Scale::Rank);
    let words = Words { title: words::title(column.id), lead, caption: String::new() };
    Scatter { words, x: axis(), y: axis(), clouds: vec![cloud(table, column)], trend: true, ..Scatter::default() }
}
