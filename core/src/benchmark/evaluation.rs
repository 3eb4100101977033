//! How well every column of a table predicts the results, with the most that can be expected.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde::{Deserialize, Serialize};

use super::{Column, Kind, Row, Table};
use crate::rank::{Interval, Measures, Pairs, Resampling, measure, paired, partial, resample, tau_b, within_tenths};

/// Name of the row that says how well another training run of the same network predicts the result.
pub const CEILING: &str = "noise_ceiling";

/// How to evaluate the columns of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EvaluationOptions {
    /// How to find the interval of tau-b.
    pub resampling: Resampling,
    /// Whether an architecture counts once, with the mean of its results, instead of once per training run.
    pub average_runs: bool,
    /// Whether the groups of the benchmark are evaluated separately.
    pub by_group: bool,
    /// Whether published metrics and baselines are compared with the best other metric.
    pub compare: bool,
}

impl Default for EvaluationOptions {
    /// All rows together, with the interval of [`Resampling::STANDARD`].
    fn default() -> Self {
        Self { resampling: Resampling::STANDARD, average_runs: false, by_group: false, compare: false }
    }
}

/// How well one predictor orders one group of rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Which rows: `all`, or `states=1`.
    pub group: String,
    /// What sort of predictor.
    pub kind: Kind,
    /// Metric id, or [`CEILING`].
    pub metric: String,
    /// Rows it was evaluated on.
    pub rows: usize,
    /// Different networks among them: draws of the search space.
    pub networks: usize,
    /// Different recipes among them.
    pub architectures: usize,
    /// Rows left out because the value is not known there.
    pub left_out: usize,
    /// Correlations with the result and measures of the best tenth.
    #[serde(flatten)]
    pub measures: Measures,
    /// Lower bound of the 95 % interval of tau-b.
    pub low: Option<f64>,
    /// Upper bound.
    pub high: Option<f64>,
    /// What it tells beyond the size of the networks; `None` where no column is their size.
    #[serde(flatten)]
    pub beyond_size: Option<BeyondSize>,
    /// Name of the predictor for a person.
    pub title: String,
    /// How much more the best metric of a file reaches on the same rows.
    #[serde(flatten)]
    pub comparison: Option<Comparison>,
}

/// What a predictor tells of the result beyond the size of the networks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BeyondSize {
    /// The count that is taken as size.
    pub size: String,
    /// Kendall's partial tau-b given the size; none where size orders as the predictor or the results do.
    pub partial_tau: Option<f64>,
    /// Lower bound of its 95 % interval.
    pub partial_low: Option<f64>,
    /// Upper bound.
    pub partial_high: Option<f64>,
    /// The mean of tau-b within tenths of the networks by size.
    pub tau_within_size: Option<f64>,
}

/// By how much a metric is ahead of another predictor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The metric that is compared with this predictor.
    pub compared_with: String,
    /// Rows on which both are known.
    pub compared_rows: usize,
    /// |tau-b| of that metric less |tau-b| of this predictor, on the rows on which both are known.
    pub difference: f64,
    /// Lower bound of its 95 % interval: the paired bootstrap.
    pub difference_low: Option<f64>,
    /// Upper bound.
    pub difference_high: Option<f64>,
}

/// Evaluates every column of the table, after the noise ceiling, group by group.
pub fn evaluate(table: &Table, options: &EvaluationOptions) -> Vec<Evaluation> {
    let groups = groups(table, options.by_group);
    groups.iter().flat_map(|(group, table)| evaluate_group(group, table, options)).collect()
}

fn groups(table: &Table, separately: bool) -> Vec<(String, Table)> {
    if !separately {
        return vec![("all".to_owned(), table.clone())];
    }
    let groups: BTreeSet<u32> = table.rows.iter().map(|row| row.group).collect();
    groups.into_iter().map(|n| (table.group_name(n), table.filter(|row| table.rows[row].group == n))).collect()
}

fn evaluate_group(group: &str, table: &Table, options: &EvaluationOptions) -> Vec<Evaluation> {
    let ceiling = ceiling(group, table);
    let averaged = options.average_runs.then(|| table.average_runs());
    let table = averaged.as_ref().unwrap_or(table);
    let predictors: Vec<Predictor<'_>> =
        table.columns.iter().map(|column| Predictor::new(table, column, options.resampling)).collect();
    let mut evaluations: Vec<Evaluation> =
        predictors.iter().map(|one| one.evaluation(group, table, options.resampling)).collect();
    if options.compare {
        compare(&mut evaluations, &predictors, table, options.resampling);
    }
    std::iter::once(ceiling).chain(evaluations).collect()
}

/// Compares the metric of the largest |tau-b| with every predictor that is no metric of its file.
fn compare(evaluations: &mut [Evaluation], predictors: &[Predictor<'_>], table: &Table, resampling: Resampling) {
    let size = |at: &usize| evaluations[*at].measures.tau.map_or(-1.0, f64::abs);
    let metrics = (0..predictors.len()).filter(|&at| predictors[at].column.kind == Kind::Metric);
    // The first of equals, in the order of columns.
    let Some(best) = metrics.reduce(|best, at| if size(&at) > size(&best) { at } else { best }) else { return };
    for (evaluation, other) in evaluations.iter_mut().zip(predictors) {
        if matches!(other.column.kind, Kind::Published | Kind::Baseline) {
            evaluation.comparison = predictors[best].ahead_of(other, table, resampling);
        }
    }
}

/// A column on the rows on which it is known, with its resamples.
struct Predictor<'a> {
    column: &'a Column,
    /// Positions of the rows.
    known: Vec<usize>,
    /// Tau-b of every resample.
    taus: Vec<Option<f64>>,
}

impl<'a> Predictor<'a> {
    fn new(table: &Table, column: &'a Column, resampling: Resampling) -> Self {
        let known = (0..table.rows.len()).filter(|&row| !column.values[row].is_nan()).collect();
        Self::on(table, column, known, resampling)
    }

    fn on(table: &Table, column: &'a Column, known: Vec<usize>, resampling: Resampling) -> Self {
        let taus = if resampling.resamples == 0 {
            Vec::new()
        } else {
            let (values, results) = (pick(&column.values, &known), pick(&table.results, &known));
            resample(&Pairs::new(&values, &results), &clusters(table, &known), resampling)
        };
        Self { column, known, taus }
    }

    fn evaluation(&self, group: &str, table: &Table, resampling: Resampling) -> Evaluation {
        let (values, results) = (pick(&self.column.values, &self.known), pick(&table.results, &self.known));
        let bounds = Interval::of(self.taus.iter().copied().flatten());
        Evaluation {
            left_out: table.rows.len() - self.known.len(),
            measures: measure(&values, &results, table.about.target.better),
            beyond_size: self.beyond_size(table, [&values, &results], resampling),
            low: bounds.map(|bounds| bounds.low),
            high: bounds.map(|bounds| bounds.high),
            ..describe(group, self.column.kind, [&self.column.id, &self.column.title], &rows(table, &self.known))
        }
    }

    /// What these values tell of the results beyond the size of the networks.
    fn beyond_size(&self, table: &Table, [values, results]: [&[f64]; 2], resampling: Resampling) -> Option<BeyondSize> {
        let size = table.column(table.about.size?)?;
        let sizes = pick(&size.values, &self.known);
        if sizes.iter().any(|size| size.is_nan()) {
            return None;
        }
        let pairs = [Pairs::new(values, &sizes), Pairs::new(results, &sizes)];
        let of = |xy: Option<f64>, [xz, yz]: [Option<f64>; 2]| partial(xy?, xz?, yz?);
        let partial_tau = of(tau_b(values, results), pairs.each_ref().map(|pairs| pairs.tau_b(|_| 1)));
        let clusters = clusters(table, &self.known);
        let bounds = partial_tau.and_then(|_| {
            let [xz, yz] = pairs.map(|pairs| resample(&pairs, &clusters, resampling));
            Interval::of(self.taus.iter().zip(xz.into_iter().zip(yz)).filter_map(|(xy, (xz, yz))| of(*xy, [xz, yz])))
        });
        Some(BeyondSize {
            size: size.id.clone(),
            partial_tau,
            partial_low: bounds.map(|bounds| bounds.low),
            partial_high: bounds.map(|bounds| bounds.high),
            tau_within_size: within_tenths(values, results, &sizes),
        })
    }

    /// How much more this metric reaches than another predictor; `None` where either has no tau-b on the rows of both.
    fn ahead_of(&self, other: &Predictor<'_>, table: &Table, resampling: Resampling) -> Option<Comparison> {
        if self.known == other.known {
            return self.paired(other, table);
        }
        let both: Vec<usize> =
            self.known.iter().copied().filter(|row| other.known.binary_search(row).is_ok()).collect();
        let one = Predictor::on(table, self.column, both.clone(), resampling);
        one.paired(&Predictor::on(table, other.column, both, resampling), table)
    }

    /// The same where both are known on the same rows.
    fn paired(&self, other: &Predictor<'_>, table: &Table) -> Option<Comparison> {
        let results = pick(&table.results, &self.known);
        let tau = |column: &Column| tau_b(&pick(&column.values, &self.known), &results);
        let (one, two) = (tau(self.column)?, tau(other.column)?);
        let bounds = paired(&self.taus, &other.taus, [one.signum(), two.signum()]);
        Some(Comparison {
            compared_with: self.column.id.clone(),
            compared_rows: self.known.len(),
            difference: one.abs() - two.abs(),
            difference_low: bounds.map(|bounds| bounds.low),
            difference_high: bounds.map(|bounds| bounds.high),
        })
    }
}

/// The values at some positions.
fn pick(values: &[f64], positions: &[usize]) -> Vec<f64> {
    positions.iter().map(|&at| values[at]).collect()
}

fn rows(table: &Table, positions: &[usize]) -> Vec<Row> {
    positions.iter().map(|&at| table.rows[at]).collect()
}

fn describe(group: &str, kind: Kind, [metric, title]: [&str; 2], rows: &[Row]) -> Evaluation {
    let count = |property: fn(&Row) -> u32| rows.iter().map(property).collect::<HashSet<_>>().len();
    Evaluation {
        group: group.to_owned(),
        kind,
        metric: metric.to_owned(),
        rows: rows.len(),
        networks: count(|row| row.network),
        architectures: count(|row| row.architecture),
        left_out: 0,
        measures: Measures::mean(&[]),
        low: None,
        high: None,
        beyond_size: None,
        title: title.to_owned(),
        comparison: None,
    }
}

/// Architectures numbered from 0 by their ids, for the rows at some positions: the order of rows does not decide which
/// are drawn together.
fn clusters(table: &Table, positions: &[usize]) -> Vec<usize> {
    let of = |&at: &usize| table.rows[at].architecture;
    let architectures: BTreeSet<u32> = positions.iter().map(of).collect();
    let numbers: BTreeMap<u32, usize> = architectures.into_iter().zip(0..).collect();
    positions.iter().map(|at| numbers[&of(at)]).collect()
}

/// The noise ceiling: the result of one training run as the predictor of another run's, over the networks that have
/// both; the mean over all ordered pairs of runs that at least half as many networks have as the most common pair.
fn ceiling(group: &str, table: &Table) -> Evaluation {
    let mut runs: BTreeMap<u32, BTreeMap<u32, f64>> = BTreeMap::new();
    for (row, &result) in table.rows.iter().zip(&table.results) {
        runs.entry(row.run).or_default().insert(row.network, result);
    }
    let pairs = runs.iter().flat_map(|a| runs.iter().filter(move |b| b.0 != a.0).map(move |b| both(a.1, b.1)));
    let pairs: Vec<(Vec<f64>, Vec<f64>)> = pairs.collect();
    // Where few networks were trained a third or a tenth time, a correlation over those few says little.
    let most = pairs.iter().map(|(one, _)| one.len()).max().unwrap_or(0);
    let pairs = pairs.iter().filter(|(one, _)| 2 * one.len() >= most);
    let pairs: Vec<Measures> = pairs.map(|(one, other)| measure(one, other, table.about.target.better)).collect();
    let repeated =
        table.filter(|row| runs.values().filter(|run| run.contains_key(&table.rows[row].network)).count() > 1);
    Evaluation {
        left_out: table.rows.len() - repeated.rows.len(),
        measures: Measures::mean(&pairs),
        ..describe(group, Kind::Ceiling, [CEILING, "Noise ceiling"], &repeated.rows)
    }
}

/// The results of two runs, over the networks that have both.
fn both(one: &BTreeMap<u32, f64>, other: &BTreeMap<u32, f64>) -> (Vec<f64>, Vec<f64>) {
    one.iter().filter_map(|(network, result)| Some((*result, *other.get(network)?))).unzip()
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use proptest::prelude::*;

    use super::{EvaluationOptions, evaluate};
    use crate::benchmark::{Benchmark as _, Column, Kind, NasBenchNlp, Row, Table};
    use crate::rank::Resampling;

    const OPTIONS: EvaluationOptions = EvaluationOptions {
        resampling: Resampling { resamples: 50, seed: 1 },
        average_runs: false,
        by_group: false,
        compare: false,
    };

    /// Three networks with two runs each. Run 0 ranks them 1, 2, 3 and run 1 ranks them 1, 3, 2: the ceiling's tau is
    /// (2 - 1) / 3. The column is not known for the third.
    fn table() -> Table {
        let row = |network, run| Row {
            id: network + run,
            network,
            architecture: network,
            recipe: network,
            group: 1 + run,
            run,
            scored: true,
        };
        Table {
            about: Cow::Borrowed(NasBenchNlp.about()),
            rows: vec![row(10, 0), row(20, 0), row(30, 0), row(10, 1), row(20, 1), row(30, 1)],
            results: vec![1.0, 2.0, 3.0, 1.0, 3.0, 2.0],
            columns: vec![Column::new("nodes", Kind::Baseline).with_values(vec![
                5.0,
                7.0,
                f64::NAN,
                5.0,
                7.0,
                f64::NAN,
            ])],
            groups: Vec::new(),
        }
    }

    #[test]
    fn a_column_is_listed_after_the_ceiling() {
        let evaluations = evaluate(&table(), &OPTIONS);
        assert_eq!(evaluations[0].measures.tau, Some(1.0 / 3.0));
        let nodes = &evaluations[1];
        assert_eq!((nodes.rows, nodes.networks, nodes.left_out), (4, 2, 2));
        assert_eq!((nodes.low, nodes.high), (nodes.measures.tau, nodes.measures.tau));
    }

    /// Id, score and result of each row.
    type Rows = Vec<(u32, i32, i32)>;

    /// Rows of a few architectures with many ties, and the same rows in another order.
    fn shuffled() -> impl Strategy<Value = (Rows, Rows)> {
        let row = (0u32..12, -3i32..4, 0i32..6);
        prop::collection::vec(row, 2..60).prop_flat_map(|rows| (Just(rows.clone()), Just(rows).prop_shuffle()))
    }

    /// One column, constant where `spread` is 0; the id of a row is all that is known of it.
    fn of_rows(rows: &[(u32, i32, i32)], spread: f64) -> Table {
        let row = |&(id, value, result): &(u32, i32, i32)| {
            let run = u32::try_from(10 * (value + 3) + result).unwrap();
            Row { id, network: id, architecture: id / 2, recipe: id, group: id % 3, run, scored: true }
        };
        let values = rows.iter().map(|row| 0.1 + spread * f64::from(row.1)).collect();
        Table {
            about: Cow::Borrowed(NasBenchNlp.about()),
            rows: rows.iter().map(row).collect(),
            results: rows.iter().map(|row| 0.1 * f64::from(row.2)).collect(),
            columns: vec![Column::new("nodes", Kind::Metric).with_values(values)],
            groups: Vec::new(),
        }
    }

    proptest! {
        /// Not even the interval, and not even in the last bit.
        #[test]
        fn the_order_of_rows_changes_nothing((rows, other) in shuffled(), average_runs: bool, by_group: bool) {
            let options = EvaluationOptions { average_runs, by_group, ..OPTIONS };
            for spread in [0.1, 1e300, 0.0] {
                let found = evaluate(&of_rows(&rows, spread), &options);
                prop_assert_eq!(found, evaluate(&of_rows(&other, spread), &options));
            }
        }
    }

    #[test]
    fn runs_can_be_averaged_and_groups_parted() {
        let averaged = evaluate(&table(), &EvaluationOptions { average_runs: true, ..OPTIONS });
        assert_eq!((averaged[1].rows, averaged[1].measures.tau), (2, Some(1.0)));
        let parted = evaluate(&table(), &EvaluationOptions { by_group: true, ..OPTIONS });
        assert_eq!(
            parted.iter().map(|evaluation| evaluation.group.as_str()).collect::<Vec<_>>(),
            ["states=1", "states=1", "states=2", "states=2"]
        );
        assert_eq!(parted[0].measures.tau, None);
    }
    /// Five networks with results 1 to 5. `mine` orders them all the other way round: tau -1. `theirs` is known for the
    /// first four only, and swaps the first two: tau (5 - 1) / 6 there; so on the rows of both `mine` is ahead by 1/3.
    /// The baseline is mine turned round: no difference, whatever is drawn.
    #[test]
    fn predictors_are_compared_on_the_rows_of_both() {
        let row = |id| Row { id, network: id, architecture: id, recipe: id, group: 1, run: 0, scored: true };
        let column = |id: &str, kind, values: [f64; 5]| Column::new(id, kind).with_values(values.to_vec());
        let table = Table {
            about: Cow::Borrowed(NasBenchNlp.about()),
            rows: (0..5).map(row).collect(),
            results: vec![1.0, 2.0, 3.0, 4.0, 5.0],
            columns: vec![
                column("weak", Kind::Metric, [1.0, 1.0, 1.0, 1.0, 2.0]),
                column("mine", Kind::Metric, [5.0, 4.0, 3.0, 2.0, 1.0]),
                column("theirs", Kind::Published, [2.0, 1.0, 3.0, 4.0, f64::NAN]),
                column("depth", Kind::Baseline, [1.0, 2.0, 3.0, 4.0, 5.0]),
            ],
            groups: Vec::new(),
        };
        let found = evaluate(&table, &EvaluationOptions { compare: true, ..OPTIONS });
        assert!(found[..3].iter().all(|evaluation| evaluation.comparison.is_none()));
        let theirs = found[3].comparison.clone().unwrap();
        assert_eq!((theirs.compared_with.as_str(), theirs.compared_rows), ("mine", 4));
        assert!((theirs.difference - 1.0 / 3.0).abs() < 1e-12);
        assert!(theirs.difference_low >= Some(0.0) && theirs.difference_high > theirs.difference_low, "{theirs:?}");
        let depth = found[4].comparison.clone().unwrap();
        assert_eq!((depth.compared_rows, depth.difference), (5, 0.0));
        assert_eq!((depth.difference_low, depth.difference_high), (Some(0.0), Some(0.0)));
        let json = serde_json::to_string(&found).unwrap();
        assert_eq!(serde_json::from_str::<Vec<super::Evaluation>>(&json).unwrap(), found);
    }
}
