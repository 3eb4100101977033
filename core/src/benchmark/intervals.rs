//! Intervals of tau-b that were computed before: a thousand resamples of thousands of rows are too long to wait for in
//! a browser. They are those of [`evaluate`] with [`Resampling::STANDARD`], for every table that the explorer shows.

use std::borrow::Cow;
use std::collections::HashMap;

use super::nas_bench_nlp::{RECOMPUTED_METRIC, Recomputed, recomputed};
use super::{
    BENCHMARKS, Benchmark as _, Evaluation, EvaluationOptions, Kind, NasBenchNlp, Table, evaluate, records, with_suite,
};
use crate::rank::Resampling;
use crate::{Error, Result};

/// The table of intervals under `data/`.
pub const FILE: super::File<'static> =
    super::File { name: "intervals.csv", bytes: include_bytes!("../../../data/intervals.csv") };

/// Its columns.
const HEADER: [&str; 9] =
    ["benchmark", "scores", "runs", "group", "metric", "low", "high", "partial_low", "partial_high"];

/// Whose scores are evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scores {
    /// The published ones.
    Published,
    /// Those of the whole suite, computed here.
    Suite,
    /// One metric of NAS-Bench-NLP, recomputed.
    Recomputed(Recomputed),
}

impl Scores {
    /// Its name in the table.
    const fn name(self) -> &'static str {
        match self {
            Self::Published => "published",
            Self::Suite => "suite",
            Self::Recomputed(Recomputed::PennTreebank) => "recomputed_penn_treebank",
            Self::Recomputed(Recomputed::Synthetic) => "recomputed_synthetic",
        }
    }

    /// Where they come from, in words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Published => "published scores",
            Self::Suite | Self::Recomputed(_) => "scores computed by this program",
        }
    }

    /// The scored rows of a benchmark, `table`, with these scores.
    ///
    /// # Errors
    /// [`Error::Table`] or [`Error::Records`] with the line that cannot be read, [`Error::Unknown`] where there are none.
    pub fn of(self, table: &Table) -> Result<Cow<'_, Table>> {
        let which = match self {
            Self::Published => return Ok(Cow::Borrowed(table)),
            Self::Suite => return Ok(Cow::Owned(with_suite(table, super::find(table.about.id)?)?)),
            Self::Recomputed(which) => which,
        };
        let mut table = records::join(table, &recomputed(which)?).table;
        table.columns.retain(|column| column.kind == Kind::Metric && column.id == RECOMPUTED_METRIC);
        Ok(Cow::Owned(table))
    }
}

/// How well the columns of a benchmark predict, of which `table` holds the scored rows, with the stored intervals; the
/// rest is computed.
///
/// # Errors
/// [`Error::Table`] or [`Error::Records`] with the line that cannot be read.
pub fn evaluate_known(table: &Table, scores: Scores, average_runs: bool, by_group: bool) -> Result<Vec<Evaluation>> {
    let options = EvaluationOptions { resampling: Resampling::NONE, average_runs, by_group, compare: false };
    let scored = scores.of(table)?;
    let mut evaluations = evaluate(&scored, &options);
    let intervals = intervals(table.about.id, scores, average_runs)?;
    for evaluation in &mut evaluations {
        let interval = intervals.get(&(evaluation.group.as_str(), evaluation.metric.as_str()));
        let [tau, partial] = interval.copied().unwrap_or_default();
        (evaluation.low, evaluation.high) = tau.unzip();
        if let Some(beyond) = &mut evaluation.beyond_size {
            (beyond.partial_low, beyond.partial_high) = partial.unzip();
        }
    }
    Ok(evaluations)
}

/// Low and high of tau-b and of the partial tau-b given the size, by group and metric.
type Intervals = HashMap<(&'static str, &'static str), [Option<(f64, f64)>; 2]>;

fn intervals(benchmark: &str, scores: Scores, average_runs: bool) -> Result<Intervals> {
    let text = str::from_utf8(FILE.bytes).unwrap_or_default();
    let wanted = [benchmark, scores.name(), runs(average_runs)];
    let mut known = Intervals::new();
    for (line, row) in (1..).zip(text.lines()).skip(1) {
        let cells: Vec<&str> = row.split(',').collect();
        let wrong = || Error::Table { table: FILE.name.to_owned(), line, problem: "no interval".to_owned() };
        let &[.., group, metric, low, high, partial_low, partial_high] = cells.as_slice() else { return Err(wrong()) };
        if cells.starts_with(&wanted) {
            let both = |[low, high]: [&str; 2]| low.parse().ok().zip(high.parse().ok());
            let tau = both([low, high]).ok_or_else(wrong)?;
            known.insert((group, metric), [Some(tau), both([partial_low, partial_high])]);
        }
    }
    Ok(known)
}

const fn runs(averaged: bool) -> &'static str {
    if averaged { "averaged" } else { "each" }
}

/// The table, computed: CSV.
///
/// # Errors
/// [`Error::Table`] or [`Error::Records`] with the line that cannot be read.
pub fn compute() -> Result<String> {
    let mut text = HEADER.join(",") + "\n";
    for benchmark in BENCHMARKS {
        let table = benchmark.table()?.scored();
        for (average_runs, by_group) in [(false, false), (false, true), (true, false), (true, true)] {
            add(&mut text, &table, Scores::Published, (average_runs, by_group));
            if benchmark.suite().is_some() {
                let suite = Scores::Suite.of(&table)?;
                add(&mut text, &suite, Scores::Suite, (average_runs, by_group));
            }
        }
    }
    let table = NasBenchNlp.table()?.scored();
    for scores in Recomputed::ALL.map(Scores::Recomputed) {
        let scored = scores.of(&table)?;
        add(&mut text, &scored, scores, (false, false));
    }
    Ok(text)
}

/// Adds the lines of a table.
fn add(text: &mut String, table: &Table, scores: Scores, (average_runs, by_group): (bool, bool)) {
    let options = EvaluationOptions { resampling: Resampling::STANDARD, average_runs, by_group, compare: false };
    for Evaluation { group, metric, low, high, beyond_size, .. } in evaluate(table, &options) {
        if let Some((low, high)) = low.zip(high) {
            let names = [table.about.id, scores.name(), runs(average_runs), &group, &metric].join(",");
            let partial = beyond_size.and_then(|beyond| beyond.partial_low.zip(beyond.partial_high));
            let partial = partial.map_or_else(|| ",".to_owned(), |(low, high)| format!("{low:?},{high:?}"));
            *text += &format!("{names},{low:?},{high:?},{partial}\n");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{FILE, Scores, add, evaluate_known};
    use crate::benchmark::nas_bench_nlp::Recomputed;
    use crate::benchmark::{BENCHMARKS, Benchmark as _, Kind, NasBenchNlp};

    /// All of the small tables, and of the large ones the best metric, a count full of ties and the size.
    #[test]
    fn the_stored_intervals_are_the_computed_ones() {
        let stored: Vec<&str> = str::from_utf8(FILE.bytes).unwrap().lines().collect();
        let mut computed = String::new();
        for benchmark in BENCHMARKS {
            let mut table = benchmark.table().unwrap().scored();
            let large = table.rows.len() > 2_000;
            if large {
                let few = ["hidden_covariance_layer_1", "depth", "parameters", "layers", "non_embedding_parameters"];
                table.columns.retain(|column| few.contains(&column.id.as_str()));
            }
            for options in [(false, false), (false, true), (true, false), (true, true)] {
                add(&mut computed, &table, Scores::Published, options);
                if benchmark.suite().is_some() && !large {
                    add(&mut computed, &Scores::Suite.of(&table).unwrap(), Scores::Suite, options);
                }
            }
        }
        let scores = Scores::Recomputed(Recomputed::Synthetic);
        add(&mut computed, &scores.of(&NasBenchNlp.table().unwrap().scored()).unwrap(), scores, (false, false));
        assert!(computed.lines().count() > 100);
        for line in computed.lines() {
            assert!(stored.contains(&line), "not in {}: {line}", FILE.name);
        }
    }

    /// Whatever has a tau has an interval around it, but for the ceiling, which is no sample of rows.
    #[test]
    fn every_answer_of_the_explorer_has_its_intervals() {
        for table in BENCHMARKS.iter().map(|benchmark| benchmark.table().unwrap().scored()) {
            for (average_runs, by_group) in [(false, false), (false, true), (true, false), (true, true)] {
                let evaluations = evaluate_known(&table, Scores::Published, average_runs, by_group).unwrap();
                for found in evaluations.iter().filter(|found| found.kind != Kind::Ceiling) {
                    assert_eq!(found.low.is_some(), found.measures.tau.is_some(), "{found:?}");
                    // The quantiles of resamples of a few rows may all lie on one side of the value.
                    let around = found.low <= found.measures.tau && found.measures.tau <= found.high;
                    assert!(around || found.rows < 30, "{found:?}");
                }
            }
        }
        let table = NasBenchNlp.table().unwrap().scored();
        for scores in Recomputed::ALL.map(Scores::Recomputed) {
            let evaluations = evaluate_known(&table, scores, false, false).unwrap();
            assert!(evaluations.iter().any(|found| found.low.is_some()));
        }
    }
}
