//! What few programs read of the benchmarks: the published ablations and training curves. They are no part of
//! [`super::Benchmark`], so that a program that never reads one does not carry their tables.

use super::ablation::agreement;
use super::nas_bench_nlp::{Agreement, CURVES};
use super::{Ablation, About, Table, nas_bench_bert, nas_bench_nlp};
use crate::{Result, nearest};

/// Reads the ablation of a benchmark.
type Load = fn(Ablation) -> Result<Table>;

/// The ablations by benchmark.
const ABLATIONS: &[(&str, Load)] =
    &[("nas-bench-nlp", nas_bench_nlp::ablation), ("nas-bench-bert", nas_bench_bert::ablation)];

/// The ablation of a benchmark: one row per network and repetition, which is the `run` of the row. [`About::ablations`]
/// says which benchmarks have one.
///
/// # Errors
/// [`crate::Error::Unknown`] for a benchmark without ablations, [`crate::Error::Table`] with the line that cannot be
/// read.
pub fn ablation(benchmark: &str, which: Ablation) -> Result<Table> {
    let (_, load) = nearest::find("benchmark with an ablation", benchmark, ABLATIONS, |(id, _)| id)?;
    load(which)
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

/// Computes what one epoch of training is worth.
type Epoch = fn() -> Result<Agreement>;

/// The training curves by benchmark.
const FIRST_EPOCHS: &[(&str, Epoch)] =
    &[("nas-bench-nlp", || Ok(nas_bench_nlp::first_epoch(&nas_bench_nlp::curves(CURVES)?)))];

/// What one epoch of training is worth; `None` for a table without training curves ([`About::curves`]).
///
/// # Errors
/// [`crate::Error::Table`] with the line that cannot be read.
pub fn first_epoch(about: &About) -> Result<Option<Agreement>> {
    let known = FIRST_EPOCHS.iter().find(|(id, _)| *id == about.id);
    known.map(|(_, epoch)| epoch()).transpose()
}

#[cfg(test)]
mod tests {
    use super::{ABLATIONS, FIRST_EPOCHS, ablation, replicate};
    use crate::benchmark::{Ablation, BENCHMARKS, Benchmark as _, NasBenchBert, agreement};

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

    /// Ten networks, ten repetitions of each, in every ablation that a benchmark names, and in no other.
    #[test]
    fn the_ablations_are_those_that_are_named() {
        let named = BENCHMARKS.iter().filter(|benchmark| !benchmark.about().ablations.is_empty());
        assert!(named.map(|benchmark| benchmark.about().id).eq(ABLATIONS.iter().map(|(id, _)| *id)));
        for (id, _) in ABLATIONS {
            for which in Ablation::ALL {
                let table = ablation(id, which).unwrap();
                let networks = table.by_architecture(&table.columns[0]);
                assert_eq!((networks.len(), networks.iter().all(|(_, values)| values.len() == 10)), (10, true));
            }
        }
        let curved = BENCHMARKS.iter().filter(|benchmark| benchmark.about().curves);
        assert!(curved.map(|benchmark| benchmark.about().id).eq(FIRST_EPOCHS.iter().map(|(id, _)| *id)));
        let unknown = ablation("nas-bench-nlq", Ablation::Batch).unwrap_err().to_string();
        assert!(unknown.contains("nas-bench-nlp"), "{unknown}");
    }
}
