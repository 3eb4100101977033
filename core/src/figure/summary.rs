//! How well every metric predicts, between chance and the noise of training, in one figure.

use crate::benchmark::intervals::Scores;
use crate::benchmark::nas_bench_nlp::Agreement;
use crate::benchmark::{About, Evaluation, Kind, Table, Target, first_epoch};
use crate::chart::{self, Axis, Caption, Mark, Ranking, Row, rounded};

use super::words;
use crate::Result;

/// How well every column of the table with these scores predicts, from `evaluations`.
///
/// # Errors
/// [`crate::Error::Table`] when the training curves cannot be read.
pub fn summary(table: &Table, scores: Scores, evaluations: &[Evaluation]) -> Result<Ranking> {
    let about = &table.about;
    let epoch = first_epoch(about)?;
    let mut rows: Vec<Row> = evaluations.iter().filter_map(row).chain(epoch.as_ref().map(one_epoch)).collect();
    // What is not a number comes last.
    rows.sort_by(|a, b| b.value.max(0.0).total_cmp(&a.value.max(0.0)));
    let baseline = rows.iter().find(|row| row.kind == chart::Kind::Baseline);
    let baseline = baseline.map(|row| Mark { value: row.value, name: "best trivial baseline".into() });
    Ok(Ranking {
        caption: caption(table, scores, epoch.as_ref()),
        axis: Axis::new(format!("Kendall |τ-b| with the {} after training", about.target.name), ""),
        ceiling: evaluations.iter().find(|one| one.kind == Kind::Ceiling).and_then(|one| ceiling(one, &rows)),
        baseline,
        rows,
    })
}

fn caption(table: &Table, scores: Scores, epoch: Option<&Agreement>) -> Caption {
    let About { title, networks, target: Target { name: target, values: results, .. }, authors, .. } = &*table.about;
    let epoch = epoch.map(|epoch| format!(" One epoch: {} training runs on WikiText-2.", words::count(epoch.pairs)));
    Caption {
        title: "What does an untrained network tell about the trained one?".into(),
        lead: format!(
            "How well each score orders {} {networks} by {target}: 0 is chance, 1 is perfect.",
            words::count(table.rows.len())
        ),
        note: format!(
            "{title}, {} and {results} ({authors}). Bars: {}.{}",
            if table.columns.iter().any(|column| column.kind == Kind::Metric) { scores.words() } else { "counts" },
            words::resampled(),
            epoch.unwrap_or_default()
        ),
    }
}

fn row(evaluation: &Evaluation) -> Option<Row> {
    let kind = match evaluation.kind {
        Kind::Metric | Kind::Published => chart::Kind::Metric,
        Kind::Baseline => chart::Kind::Baseline,
        Kind::Ceiling => return None,
    };
    let tau = evaluation.measures.tau.unwrap_or(f64::NAN);
    Some(Row { name: evaluation.title.clone(), value: tau.abs(), interval: interval(evaluation, tau), kind })
}

/// The interval of the absolute value: turned round for a negative tau, and not below zero.
fn interval(evaluation: &Evaluation, tau: f64) -> Option<(f64, f64)> {
    let (low, high) = evaluation.low.zip(evaluation.high)?;
    let (low, high) = if tau < 0.0 { (-high, -low) } else { (low, high) };
    Some((low.max(0.0), high))
}

fn one_epoch(found: &Agreement) -> Row {
    let value = found.tau.unwrap_or(f64::NAN);
    Row { name: "One epoch of training".into(), value, interval: None, kind: chart::Kind::Training }
}

/// Measured on few of the rows, often much alike, a ceiling cannot be compared with what all of them give: that a
/// predictor reaches more is a sign of it.
fn ceiling(evaluation: &Evaluation, rows: &[Row]) -> Option<Mark> {
    let value = evaluation.measures.tau?;
    if evaluation.rows < evaluation.left_out || rows.iter().any(|row| row.value > value) {
        return None;
    }
    Some(Mark { value, name: format!("noise ceiling: the same network trained twice, {}", rounded(value, 2)) })
}
