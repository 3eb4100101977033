//! The judgement in words: lines for a person, and what to know about the numbers.

use serde::Serialize;
use untrained_core::benchmark::{Kind, Table, Worth};

use super::Correlate;

/// A line of the table: four decimals, as such numbers are published.
#[derive(Debug, Serialize)]
pub struct Line {
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<String>,
    metric: &'static str,
    rows: usize,
    networks: usize,
    tau: String,
    low: String,
    high: String,
    rho: String,
    r: String,
    top_tau: String,
    top_overlap: String,
    top_regret: String,
}

/// The lines of the table.
pub fn lines(worth: &[Worth], grouped: bool) -> Vec<Line> {
    worth.iter().map(|worth| line(worth, grouped)).collect()
}

fn line(worth: &Worth, grouped: bool) -> Line {
    let four = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.4}"));
    let measures = &worth.measures;
    Line {
        group: grouped.then(|| worth.group.clone()),
        metric: worth.metric,
        rows: worth.rows,
        networks: worth.networks,
        tau: four(measures.tau),
        low: four(worth.low),
        high: four(worth.high),
        rho: four(measures.rho),
        r: four(measures.r),
        top_tau: four(measures.top_tau),
        top_overlap: four(measures.top_overlap),
        top_regret: four(measures.top_regret),
    }
}

/// What was counted in the values that are judged.
pub fn values(table: &Table) -> Vec<String> {
    let mut notes = vec![format!(
        "{} rows are training runs of {} networks, of which {} differ.",
        table.rows.len(),
        table.count(|row| row.network),
        table.count(|row| row.architecture),
    )];
    for column in &table.columns {
        let unknown = column.values.iter().filter(|value| value.is_nan()).count();
        let infinite = column.values.iter().filter(|value| value.is_infinite()).count();
        if unknown > 0 {
            notes.push(format!("{}: {unknown} rows without a value are left out.", column.id));
        }
        if infinite > 0 {
            notes.push(format!("{}: {infinite} infinite values rank at the end, and r is not defined.", column.id));
        }
    }
    notes
}

/// Which measures are not defined, and why.
pub fn not_defined(worth: &[Worth]) -> Option<String> {
    let constant = worth.iter().filter(|worth| worth.kind != Kind::Ceiling && worth.measures.tau.is_none());
    let name = |worth: &Worth| match worth.group.as_str() {
        "all" => worth.metric.to_owned(),
        group => format!("{} ({group})", worth.metric),
    };
    let names: Vec<String> = constant.map(name).collect();
    (!names.is_empty()).then(|| {
        format!(
            "{}: correlations and measures of the best tenth are not defined, for all values or all results are equal.",
            names.join(", ")
        )
    })
}

/// What the columns mean.
pub fn measures(asked: &Correlate, loss: &str) -> Vec<String> {
    let mut notes = vec![
        format!("tau, rho, r: Kendall's tau-b, Spearman and Pearson against the {loss}; a good metric is far from 0."),
        "top: tau among the best tenth; share of it in the metric's own first tenth (0.1 by chance); how much worse that \
         first tenth is than the best tenth on average. Networks that tie for the last places share them."
            .to_owned(),
        "noise_ceiling: the result of another training run of the same network in the place of the metric.".to_owned(),
    ];
    if asked.resamples > 0 {
        notes.push(format!(
            "low, high: 95 % interval of tau from {} resamples of the architectures, seed {}.",
            asked.resamples, asked.seed
        ));
    }
    if asked.average_runs {
        notes.push("Runs are averaged: one row per recipe; the noise ceiling stays that of single runs.".to_owned());
    }
    notes
}

/// Says the notes on standard error, one per line.
pub fn below(notes: &[String]) {
    note!("");
    notes.iter().for_each(|note| note!("- {note}"));
}
