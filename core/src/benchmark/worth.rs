//! What every column of a table is worth as a predictor of the loss, beside what is the most that can be expected.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{Column, Kind, Table};
use crate::rank::{Measures, Pairs, Resampling, interval, measure};

/// Name of the row that says how well another training run of the same network predicts the loss.
pub const CEILING: &str = "noise_ceiling";

/// What to ask of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Question {
    /// How to find the interval of tau-b.
    pub resampling: Resampling,
    /// Whether an architecture counts once, with the mean of its losses, instead of once per training run.
    pub average_runs: bool,
    /// Whether the groups of the benchmark are judged apart.
    pub by_group: bool,
}

/// What one predictor is worth among one group of rows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Worth {
    /// Which rows: `all`, or `states=1`.
    pub group: String,
    /// What sort of predictor.
    pub kind: Kind,
    /// Metric id, or [`CEILING`].
    pub metric: &'static str,
    /// Rows it was judged on.
    pub rows: usize,
    /// Different networks among them: draws of the search space.
    pub networks: usize,
    /// Different recipes among them.
    pub architectures: usize,
    /// Rows left out because the value is not known there.
    pub left_out: usize,
    /// Correlations with the loss and measures of the best tenth.
    #[serde(flatten)]
    pub measures: Measures,
    /// Lower bound of the 95 % interval of tau-b.
    pub low: Option<f64>,
    /// Upper bound.
    pub high: Option<f64>,
}

/// Judges every column of the table, after the noise ceiling, group by group.
pub fn judge(table: &Table, question: &Question) -> Vec<Worth> {
    groups(table, question.by_group).iter().flat_map(|(group, table)| judge_group(group, table, question)).collect()
}

fn groups(table: &Table, apart: bool) -> Vec<(String, Table)> {
    if !apart {
        return vec![("all".to_owned(), table.clone())];
    }
    let groups: BTreeSet<u32> = table.rows.iter().map(|row| row.group).collect();
    let named = |n| format!("{}={n}", table.about.group);
    groups.into_iter().map(|n| (named(n), table.filter(|row| table.rows[row].group == n))).collect()
}

fn judge_group(group: &str, table: &Table, question: &Question) -> Vec<Worth> {
    let ceiling = ceiling(group, table);
    let averaged = question.average_runs.then(|| table.average_runs());
    let table = averaged.as_ref().unwrap_or(table);
    let columns = table.columns.iter().map(|column| worth(group, table, column, question.resampling));
    std::iter::once(ceiling).chain(columns).collect()
}

fn worth(group: &str, table: &Table, column: &Column, resampling: Resampling) -> Worth {
    let known = Table { columns: vec![column.clone()], ..table.clone() }.filter(|row| !column.values[row].is_nan());
    let values = &known.columns[0].values;
    let bounds = interval(&Pairs::new(values, &known.loss), &clusters(&known), resampling);
    Worth {
        left_out: table.rows.len() - known.rows.len(),
        measures: measure(values, &known.loss, table.about.better),
        low: bounds.map(|bounds| bounds.low),
        high: bounds.map(|bounds| bounds.high),
        ..describe(group, column.kind, column.id, &known)
    }
}

fn describe(group: &str, kind: Kind, metric: &'static str, table: &Table) -> Worth {
    Worth {
        group: group.to_owned(),
        kind,
        metric,
        rows: table.rows.len(),
        networks: table.count(|row| row.network),
        architectures: table.count(|row| row.architecture),
        left_out: 0,
        measures: Measures::mean(&[]),
        low: None,
        high: None,
    }
}

/// Architectures numbered from 0 by their ids, per row: the order of rows does not decide which are drawn together.
fn clusters(table: &Table) -> Vec<usize> {
    let architectures: BTreeSet<u32> = table.rows.iter().map(|row| row.architecture).collect();
    let numbers: BTreeMap<u32, usize> = architectures.into_iter().zip(0..).collect();
    table.rows.iter().map(|row| numbers[&row.architecture]).collect()
}

/// The noise ceiling: the loss of one training run as the predictor of another run's, over the networks that have
/// both; the mean over all ordered pairs of runs that at least half as many networks have as the most common pair.
fn ceiling(group: &str, table: &Table) -> Worth {
    let mut runs: BTreeMap<u32, BTreeMap<u32, f64>> = BTreeMap::new();
    for (row, &loss) in table.rows.iter().zip(&table.loss) {
        runs.entry(row.run).or_default().insert(row.network, loss);
    }
    let pairs = runs.iter().flat_map(|a| runs.iter().filter(move |b| b.0 != a.0).map(move |b| both(a.1, b.1)));
    let pairs: Vec<(Vec<f64>, Vec<f64>)> = pairs.collect();
    // Where few networks were trained a third or a tenth time, a correlation over those few says little.
    let most = pairs.iter().map(|(one, _)| one.len()).max().unwrap_or(0);
    let pairs = pairs.iter().filter(|(one, _)| 2 * one.len() >= most);
    let pairs: Vec<Measures> = pairs.map(|(one, other)| measure(one, other, table.about.better)).collect();
    let repeated =
        table.filter(|row| runs.values().filter(|run| run.contains_key(&table.rows[row].network)).count() > 1);
    Worth {
        left_out: table.rows.len() - repeated.rows.len(),
        measures: Measures::mean(&pairs),
        ..describe(group, Kind::Ceiling, CEILING, &repeated)
    }
}

/// The losses of two runs, over the networks that have both.
fn both(one: &BTreeMap<u32, f64>, other: &BTreeMap<u32, f64>) -> (Vec<f64>, Vec<f64>) {
    one.iter().filter_map(|(network, loss)| Some((*loss, *other.get(network)?))).unzip()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Question, judge};
    use crate::benchmark::{Benchmark as _, Column, Kind, NasBenchNlp, Row, Table};
    use crate::rank::Resampling;

    const QUESTION: Question =
        Question { resampling: Resampling { resamples: 50, seed: 1 }, average_runs: false, by_group: false };

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
            about: NasBenchNlp.about(),
            rows: vec![row(10, 0), row(20, 0), row(30, 0), row(10, 1), row(20, 1), row(30, 1)],
            loss: vec![1.0, 2.0, 3.0, 1.0, 3.0, 2.0],
            columns: vec![Column {
                id: "nodes",
                kind: Kind::Baseline,
                values: vec![5.0, 7.0, f64::NAN, 5.0, 7.0, f64::NAN],
            }],
        }
    }

    #[test]
    fn a_column_stands_beside_the_ceiling() {
        let worth = judge(&table(), &QUESTION);
        assert_eq!(worth[0].measures.tau, Some(1.0 / 3.0));
        let nodes = &worth[1];
        assert_eq!((nodes.rows, nodes.networks, nodes.left_out), (4, 2, 2));
        assert_eq!((nodes.low, nodes.high), (nodes.measures.tau, nodes.measures.tau));
    }

    /// Id, loss and score of each row.
    type Rows = Vec<(u32, i32, i32)>;

    /// Rows of a few architectures with many ties, and the same rows in another order.
    fn shuffled() -> impl Strategy<Value = (Rows, Rows)> {
        let row = (0u32..12, -3i32..4, 0i32..6);
        prop::collection::vec(row, 2..60).prop_flat_map(|rows| (Just(rows.clone()), Just(rows).prop_shuffle()))
    }

    /// One column, constant where `spread` is 0; the id of a row is all that is known of it.
    fn of_rows(rows: &[(u32, i32, i32)], spread: f64) -> Table {
        let row = |&(id, value, loss): &(u32, i32, i32)| {
            let run = u32::try_from(10 * (value + 3) + loss).unwrap();
            Row { id, network: id, architecture: id / 2, recipe: id, group: id % 3, run, scored: true }
        };
        let values = rows.iter().map(|row| 0.1 + spread * f64::from(row.1)).collect();
        Table {
            about: NasBenchNlp.about(),
            rows: rows.iter().map(row).collect(),
            loss: rows.iter().map(|row| 0.1 * f64::from(row.2)).collect(),
            columns: vec![Column { id: "nodes", kind: Kind::Metric, values }],
        }
    }

    proptest! {
        /// Not even the interval, and not even in the last bit.
        #[test]
        fn the_order_of_rows_changes_nothing((rows, other) in shuffled(), average_runs: bool, by_group: bool) {
            let question = Question { average_runs, by_group, ..QUESTION };
            for spread in [0.1, 1e300, 0.0] {
                prop_assert_eq!(judge(&of_rows(&rows, spread), &question), judge(&of_rows(&other, spread), &question));
            }
        }
    }

    #[test]
    fn runs_can_be_averaged_and_groups_parted() {
        let averaged = judge(&table(), &Question { average_runs: true, ..QUESTION });
        assert_eq!((averaged[1].rows, averaged[1].measures.tau), (2, Some(1.0)));
        let parted = judge(&table(), &Question { by_group: true, ..QUESTION });
        assert_eq!(
            parted.iter().map(|worth| worth.group.as_str()).collect::<Vec<_>>(),
            ["states=1", "states=1", "states=2", "states=2"]
        );
        assert_eq!(parted[0].measures.tau, None);
    }
}
