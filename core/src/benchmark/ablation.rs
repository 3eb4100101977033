//! The published ablations: a few networks scored again and again, with other inputs or with other initial weights.

use serde::{Deserialize, Serialize};

use super::sheet::{read, whole};
use super::{About, Column, File, Kind, Row, Table, nas_bench_bert, nas_bench_nlp};
use crate::rank::tau_b;
use crate::{Result, nearest};

/// What was varied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ablation {
    /// The minibatch.
    Batch,
    /// The initial weights.
    Initialization,
}

impl Ablation {
    /// Both, in the order in which they are shown.
    pub const ALL: [Self; 2] = [Self::Batch, Self::Initialization];

    /// Its name in a file's.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Batch => "batch",
            Self::Initialization => "initialization",
        }
    }
}

/// Reads the ablation of a benchmark.
type Load = fn(Ablation) -> Result<Table>;

/// The ablations by benchmark. They are no part of [`super::Benchmark`], so that a program which never asks for one does
/// not carry their tables.
const ABLATIONS: &[(&str, Load)] =
    &[("nas-bench-nlp", nas_bench_nlp::ablation), ("nas-bench-bert", nas_bench_bert::ablation)];

/// The ablation of a benchmark: one row per network and repetition, which is the `run` of the row. [`About::ablations`]
/// tells which benchmarks have one.
///
/// # Errors
/// [`crate::Error::Unknown`] for a benchmark without ablations, [`crate::Error::Table`] with the line that cannot be read.
pub fn ablation(benchmark: &str, which: Ablation) -> Result<Table> {
    let (_, load) = nearest::find("benchmark with an ablation", benchmark, ABLATIONS, |(id, _)| id)?;
    load(which)
}

/// How well two scorings of the same networks agree: the mean tau-b between the orders in two repetitions, over all pairs
/// of repetitions. A metric cannot tell more of the trained networks than it tells of itself.
pub fn agreement(table: &Table, column: &Column) -> Option<f64> {
    let networks = table.by_architecture(column);
    let repetitions = networks.iter().map(|(_, values)| values.len()).min()?;
    let scores = |n: usize| networks.iter().map(|(_, values)| values[n]).collect::<Vec<_>>();
    let pairs = (0..repetitions).flat_map(|a| (0..a).map(move |b| (a, b)));
    let taus: Vec<f64> = pairs.filter_map(|(a, b)| tau_b(&scores(a), &scores(b))).collect();
    (!taus.is_empty()).then(|| taus.iter().sum::<f64>() / taus.len() as f64)
}

/// How well two scorings agree, whatever was varied: the lower agreement of the benchmark's ablations.
///
/// # Errors
/// [`crate::Error::Table`] with the line of an ablation that cannot be read.
pub fn replicate(about: &About, metric: &str) -> Result<Option<f64>> {
    let mut lowest: Option<f64> = None;
    for (which, _) in about.ablations {
        let table = ablation(about.id, *which)?;
        let tau = table.column(metric).and_then(|column| agreement(&table, column));
        lowest = lowest.into_iter().chain(tau).reduce(f64::min);
    }
    Ok(lowest)
}

/// Reads an ablation of `metrics`; `known` gives the row and the result of a network.
///
/// # Errors
/// [`crate::Error::Table`] with the line that cannot be read, or whose network is not known.
pub(super) fn load(
    about: &'static About,
    file: File<'_>,
    metrics: &[&'static str],
    known: impl Fn(u32) -> Option<(Row, f64)>,
) -> Result<Table> {
    let header = [&["id", "repetition"], metrics].concat();
    let rows: Vec<(Row, f64, Vec<f64>)> = read(file.name, &header, file.bytes, |cells| {
        let id = whole(cells[0])?;
        let (row, loss) = known(id).ok_or_else(|| format!("network {id} has no {}", about.target))?;
        Ok((Row { run: whole(cells[1])?, ..row }, loss, cells[2..].to_vec()))
    })?;
    let values = |at: usize| rows.iter().map(|(.., scores)| scores[at]).collect();
    let column = |(at, id): (usize, &&'static str)| Column { id, kind: Kind::Metric, values: values(at) };
    Ok(Table {
        about,
        columns: metrics.iter().enumerate().map(column).collect(),
        loss: rows.iter().map(|(_, loss, _)| *loss).collect(),
        rows: rows.iter().map(|(row, ..)| *row).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::{ABLATIONS, Ablation, ablation, agreement, replicate};
    use crate::benchmark::{BENCHMARKS, Benchmark as _, Column, Kind, NasBenchBert, NasBenchNlp, Row, Table};

    fn repeated(networks: &[&[f64]]) -> Table {
        let row = |id, run| Row { id, network: id, architecture: id, recipe: id, group: 1, run, scored: true };
        let all =
            (0..).zip(networks).flat_map(|(id, values)| (0..).zip(*values).map(move |(run, value)| (id, run, value)));
        let (rows, values): (Vec<Row>, Vec<f64>) = all.map(|(id, run, value)| (row(id, run), *value)).unzip();
        let columns = vec![Column { id: "nodes", kind: Kind::Metric, values: values.clone() }];
        Table { about: NasBenchNlp.about(), rows, loss: values, columns }
    }

    /// Of three repetitions two agree and one is the other way round: (1 - 1 - 1) / 3.
    #[test]
    fn agreement_is_the_mean_over_pairs() {
        let table = repeated(&[&[1.0, 5.0, 9.0], &[2.0, 6.0, 8.0]]);
        assert!((agreement(&table, &table.columns[0]).unwrap() + 1.0 / 3.0).abs() < 1e-12);
        let empty = repeated(&[]);
        assert_eq!(agreement(&empty, &empty.columns[0]), None);
    }

    /// The lower agreement of both ablations counts; what was not scored again has none.
    #[test]
    fn the_worse_ablation_counts() {
        let about = NasBenchBert.about();
        let tau = |which| {
            let table = ablation(about.id, which).unwrap();
            agreement(&table, table.column("synaptic_diversity").unwrap()).unwrap()
        };
        let lower = tau(Ablation::Batch).min(tau(Ablation::Initialization));
        assert_eq!(replicate(about, "synaptic_diversity").unwrap(), Some(lower));
        assert_eq!(replicate(about, "layers").unwrap(), None);
    }

    /// Ten networks, ten repetitions of each, in every ablation that a benchmark tells of, and in no other.
    #[test]
    fn the_ablations_are_those_that_are_told_of() {
        let told = BENCHMARKS.iter().filter(|benchmark| !benchmark.about().ablations.is_empty());
        assert!(told.map(|benchmark| benchmark.about().id).eq(ABLATIONS.iter().map(|(id, _)| *id)));
        for (id, _) in ABLATIONS {
            for which in Ablation::ALL {
                let table = ablation(id, which).unwrap();
                let networks = table.by_architecture(&table.columns[0]);
                assert_eq!((networks.len(), networks.iter().all(|(_, values)| values.len() == 10)), (10, true));
            }
        }
        let unknown = ablation("nas-bench-nlq", Ablation::Batch).unwrap_err().to_string();
        assert!(unknown.contains("nas-bench-nlp"), "{unknown}");
    }
}
