//! Every metric against the loss after training: one figure each, and all of them side by side.

use untrained_core::benchmark::{Column, Kind, Worth};
use untrained_core::chart::{Axis, Cloud, Grid, Scale, Scatter, Words};

use super::{Data, Desk, words};

/// Draws one figure per metric and the overview.
pub fn draw(data: &Data, desk: &mut Desk) -> anyhow::Result<()> {
    let metrics: Vec<Scatter> = metrics(data).map(|(column, worth)| scatter(data, column, worth)).collect();
    for ((column, _), chart) in self::metrics(data).zip(&metrics) {
        desk.draw(column.id, chart, (720, 480))?;
    }
    desk.draw("overview", &overview(data), (1120, 920))
}

fn metrics(data: &Data) -> impl Iterator<Item = (&Column, &Worth)> {
    let metrics = data.table.columns.iter().filter(|column| column.kind == Kind::Metric);
    metrics.filter_map(|column| Some((column, data.worth.iter().find(|worth| worth.metric == column.id)?)))
}

fn scatter(data: &Data, column: &Column, worth: &Worth) -> Scatter {
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
        clouds: vec![cloud(data, column)],
        trend: true,
    }
}

fn cloud(data: &Data, column: &Column) -> Cloud {
    let points = column.values.iter().copied().zip(data.table.loss.iter().copied()).collect();
    Cloud { name: String::new(), points }
}

fn overview(data: &Data) -> Grid<Scatter> {
    let rows = words::count(data.table.rows.len());
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
        charts: metrics(data).map(|(column, worth)| ranks(data, column, worth)).collect(),
    }
}

fn ranks(data: &Data, column: &Column, worth: &Worth) -> Scatter {
    let lead = format!("τ-b {}", words::correlation(worth.measures.tau));
    let axis = || Axis::default().on(Scale::Rank);
    let words = Words { title: words::title(column.id), lead, caption: String::new() };
    Scatter { words, x: axis(), y: axis(), clouds: vec![cloud(data, column)], trend: true }
}
