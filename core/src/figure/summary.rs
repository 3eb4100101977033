//! What every metric is worth, between chance and the noise of training, in one figure.

use crate::benchmark::nas_bench_nlp::{Agreement, CURVES, curves, first_epoch};
use crate::benchmark::{About, Benchmark as _, Kind, NasBenchNlp, Table, Worth};
use crate::chart::{self, Axis, Caption, Mark, Ranking, Row, rounded};

use super::words;
use crate::Result;

/// What every column of the table is worth, from `worth`.
///
/// # Errors
/// [`crate::Error::Table`] when the training curves cannot be read.
pub fn summary(table: &Table, worth: &[Worth]) -> Result<Ranking> {
    let about = table.about;
    let epoch = if about.id == NasBenchNlp.about().id { Some(first_epoch(&curves(CURVES)?)) } else { None };
    let mut rows: Vec<Row> = worth.iter().filter_map(row).chain(epoch.as_ref().map(one_epoch)).collect();
    // What is not a number comes last.
    rows.sort_by(|a, b| b.value.max(0.0).total_cmp(&a.value.max(0.0)));
    let baseline = rows.iter().find(|row| row.kind == chart::Kind::Baseline);
    let baseline = baseline.map(|row| Mark { value: row.value, name: "best trivial baseline".into() });
    Ok(Ranking {
        caption: caption(table, epoch.as_ref()),
        axis: Axis::new(format!("Kendall |τ-b| with the {} after training", about.target), ""),
        ceiling: worth.iter().find(|worth| worth.kind == Kind::Ceiling).and_then(|worth| ceiling(worth, &rows)),
        baseline,
        rows,
    })
}

fn caption(table: &Table, epoch: Option<&Agreement>) -> Caption {
    let About { title, networks, target, results, authors, .. } = table.about;
    let epoch = epoch.map(|epoch| format!(" One epoch: {} training runs on WikiText-2.", words::count(epoch.pairs)));
    Caption {
        title: "What does an untrained network tell about the trained one?".into(),
        lead: format!(
            "How well each score orders {} {networks} by {target}: 0 is chance, 1 is perfect.",
            words::count(table.rows.len())
        ),
        note: format!(
            "{title}, published scores and {results} ({authors}). Bars: {}.{}",
            words::resampled(),
            epoch.unwrap_or_default()
        ),
    }
}

fn row(worth: &Worth) -> Option<Row> {
    let (kind, name) = match worth.kind {
        Kind::Metric => (chart::Kind::Metric, words::title(worth.metric)),
        Kind::Baseline => (chart::Kind::Baseline, words::baseline(worth.metric)),
        Kind::Ceiling => return None,
    };
    let tau = worth.measures.tau.unwrap_or(f64::NAN);
    Some(Row { name, value: tau.abs(), interval: interval(worth, tau), kind })
}

/// The interval of the absolute value: turned round for a negative tau, and not below zero.
fn interval(worth: &Worth, tau: f64) -> Option<(f64, f64)> {
    let (low, high) = worth.low.zip(worth.high)?;
    let (low, high) = if tau < 0.0 { (-high, -low) } else { (low, high) };
    Some((low.max(0.0), high))
}

fn one_epoch(found: &Agreement) -> Row {
    let value = found.tau.unwrap_or(f64::NAN);
    Row { name: "One epoch of training".into(), value, interval: None, kind: chart::Kind::Training }
}

/// Measured on few of the rows, often much alike, a ceiling cannot be compared with what all of them give: that a
/// predictor reaches more is a sign of it.
fn ceiling(worth: &Worth, rows: &[Row]) -> Option<Mark> {
    let value = worth.measures.tau?;
    if worth.rows < worth.left_out || rows.iter().any(|row| row.value > value) {
        return None;
    }
    Some(Mark { value, name: format!("noise ceiling: the same network trained twice, {}", rounded(value, 2)) })
}
