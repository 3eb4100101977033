//! Evaluations as text: lines for a person, and what to know about the numbers.

use serde::Serialize;
use untrained_core::benchmark::{Evaluation, Kind, Table};
use untrained_core::rank::Direction;

use super::Correlate;

/// A line of the table: four decimals, as such numbers are published.
#[derive(Debug, Serialize)]
pub struct Line {
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<String>,
    metric: String,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    partial_tau: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tau_within_size: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ahead: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ahead_low: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ahead_high: Option<String>,
}

/// The lines of the table.
pub fn lines(evaluations: &[Evaluation], grouped: bool) -> Vec<Line> {
    evaluations.iter().map(|evaluation| line(evaluation, grouped)).collect()
}

fn line(evaluation: &Evaluation, grouped: bool) -> Line {
    let four = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.4}"));
    let measures = &evaluation.measures;
    let published = if evaluation.kind == Kind::Published { ", published" } else { "" };
    let (beyond, comparison) = (evaluation.beyond_size.as_ref(), evaluation.comparison.as_ref());
    Line {
        group: grouped.then(|| evaluation.group.clone()),
        metric: format!("{}{published}", evaluation.metric),
        rows: evaluation.rows,
        networks: evaluation.networks,
        tau: four(measures.tau),
        low: four(evaluation.low),
        high: four(evaluation.high),
        rho: four(measures.rho),
        r: four(measures.r),
        top_tau: four(measures.top_tau),
        top_overlap: four(measures.top_overlap),
        top_regret: four(measures.top_regret),
        partial_tau: beyond.map(|one| four(one.partial_tau)),
        tau_within_size: beyond.map(|one| four(one.tau_within_size)),
        ahead: comparison.map(|one| four(Some(one.difference))),
        ahead_low: comparison.map(|one| four(one.difference_low)),
        ahead_high: comparison.map(|one| four(one.difference_high)),
    }
}

/// What was counted in the values that are evaluated.
pub fn values(table: &Table) -> Vec<String> {
    let mut notes = vec![format!(
        "{} rows are training runs of {} networks, of which {} differ.",
        table.rows.len(),
        table.count(|row| row.network),
        table.count(|row| row.architecture),
    )];
    for column in table.columns.iter().filter(|column| column.kind != Kind::Published) {
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
pub fn not_defined(evaluations: &[Evaluation]) -> Option<String> {
    let constant = evaluations.iter().filter(|one| one.kind != Kind::Ceiling && one.measures.tau.is_none());
    let name = |evaluation: &Evaluation| match evaluation.group.as_str() {
        "all" => evaluation.metric.clone(),
        group => format!("{} ({group})", evaluation.metric),
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
pub fn measures(command: &Correlate, table: &Table, evaluations: &[Evaluation]) -> Vec<String> {
    let target = &table.about.target;
    let mut notes = vec![
        format!(
            "tau, rho, r: Kendall's tau-b, Spearman and Pearson against the {}; {} is better; a good metric is far from 0.",
            target.description,
            target.better.name()
        ),
        "top: tau among the best tenth of the networks by their result; share of it in the metric's own first tenth (0.1 by \
         chance); how much worse that first tenth is than the best tenth on average. Networks that tie for the last places \
         share them."
            .to_owned(),
        "noise_ceiling: the result of another training run of the same network in the place of the metric.".to_owned(),
    ];
    notes.extend(evaluations.iter().find_map(|one| one.beyond_size.as_ref()).map(|beyond| {
        format!(
            "partial tau: Kendall's partial tau-b given {0}; tau within size: the mean of tau within tenths of the networks \
             by {0}.",
            beyond.size
        )
    }));
    notes.extend(first_tenths(table, evaluations));
    notes.extend(compared(evaluations));
    if command.resamples > 0 {
        notes.push(format!(
            "low, high: 95 % interval of tau from {} resamples of the architectures, seed {}.",
            command.resamples, command.seed
        ));
    }
    if command.average_runs {
        notes.push("Runs are averaged: one row per recipe; the noise ceiling stays that of single runs.".to_owned());
    }
    notes
}

/// Which end of each metric is its first tenth: the one that its own tau points to.
fn first_tenths(table: &Table, evaluations: &[Evaluation]) -> Option<String> {
    let better = table.about.target.better;
    let ends = evaluations.iter().filter(|one| one.kind == Kind::Metric).filter_map(|one| {
        let is_high = (one.measures.tau? > 0.0) == (better == Direction::Higher);
        let group = if one.group == "all" { String::new() } else { format!(" ({})", one.group) };
        Some(format!("{}{group} {}", one.metric, if is_high { "highest" } else { "lowest" }))
    });
    let ends: Vec<String> = ends.collect();
    (!ends.is_empty()).then(|| format!("First tenth, the values that its own tau points to: {}.", ends.join(", ")))
}

/// What the differences are.
fn compared(evaluations: &[Evaluation]) -> Option<String> {
    let comparisons = || evaluations.iter().filter_map(|one| Some((one, one.comparison.as_ref()?)));
    let mut metrics: Vec<&str> = comparisons().map(|(_, comparison)| comparison.compared_with.as_str()).collect();
    metrics.dedup();
    let fewer = comparisons().any(|(one, comparison)| comparison.compared_rows != one.rows);
    let rows = if fewer { "the rows that both have" } else { "the same rows" };
    (!metrics.is_empty()).then(|| {
        format!(
            "ahead: |tau| of {} less |tau| of the other on {rows}, with its 95 % interval from paired resamples; where the \
             interval holds 0, the two cannot be distinguished.",
            metrics.join(", ")
        )
    })
}

/// Says the notes on standard error, one per line.
pub fn below(notes: &[String]) {
    note!("");
    notes.iter().for_each(|note| note!("- {note}"));
}
