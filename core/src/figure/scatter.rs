//! Every metric against the result of training: one figure each, and all of them side by side.

use crate::benchmark::{About, Column, Evaluation, Kind, Table, Target};
use crate::chart::{Axis, Caption, Cloud, Grid, Scale, Scatter};

use super::words;

/// The metrics of a table, each with its evaluation.
pub fn metrics<'a>(
    table: &'a Table,
    evaluations: &'a [Evaluation],
) -> impl Iterator<Item = (&'a Column, &'a Evaluation)> {
    let metrics = table.columns.iter().filter(|column| column.kind == Kind::Metric);
    metrics.filter_map(|column| Some((column, evaluations.iter().find(|one| one.metric == column.id)?)))
}

/// One metric against what is predicted.
pub fn scatter(table: &Table, column: &Column, evaluation: &Evaluation) -> Scatter {
    let About { title, networks, target, .. } = &*table.about;
    let Target { name: target, values: results, unit, better, .. } = target;
    let name = &column.title;
    let lead = format!(
        "Kendall τ-b {}{}, Spearman ρ {}, {} {networks}",
        words::correlation(evaluation.measures.tau),
        words::interval(evaluation),
        words::correlation(evaluation.measures.rho),
        words::count(evaluation.rows),
    );
    let resampled = words::resampled();
    let note = format!("{title}, published scores. Line: median {target}. In parentheses: {resampled}.");
    Scatter {
        x: Axis::new(name, words::direction(evaluation, *better)),
        y: Axis::new(words::capital(results), *unit).on(Scale::Linear),
        caption: Caption { title: format!("{name} against the {target} after training"), lead, note },
        clouds: vec![cloud(table, column)],
        trend: true,
        ..Scatter::default()
    }
}

fn cloud(table: &Table, column: &Column) -> Cloud {
    let points = column.values.iter().copied().zip(table.results.iter().copied()).collect();
    Cloud { name: String::new(), points }
}

/// Every metric against what is predicted, in order of rank.
pub fn overview(table: &Table, evaluations: &[Evaluation]) -> Grid<Scatter> {
    let About { title, networks, target: Target { name: target, .. }, .. } = &*table.about;
    let rows = words::count(table.rows.len());
    Grid {
        caption: Caption {
            title: format!("Every training-free metric against the {target} after training"),
            lead: format!(
                "{rows} {networks} in order of rank: across by the metric, upwards by the {target}. A metric that predicted \
                 everything would draw a diagonal; one that tells nothing fills the square evenly."
            ),
            note: format!("{title}, published scores. Line: median {target}. Axes are labelled with values."),
        },
        columns: 4,
        charts: metrics(table, evaluations).map(|(column, one)| ranks(table, column, one)).collect(),
    }
}

fn ranks(table: &Table, column: &Column, evaluation: &Evaluation) -> Scatter {
    let lead = format!("τ-b {}", words::correlation(evaluation.measures.tau));
    let axis = || Axis::default().on(Scale::Rank);
    let caption = Caption { title: column.title.clone(), lead, note: String::new() };
    Scatter { caption, x: axis(), y: axis(), clouds: vec![cloud(table, column)], trend: true, ..Scatter::default() }
}
