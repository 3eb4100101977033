//! The published benchmarks: what each holds, what is wrong with it, and its rows.
//!
//! To add one: its tables under `data/`, one file here, one line in [`BENCHMARKS`].

mod ablation;
mod ablations;
mod about;
mod az_nas;
mod cells;
mod computed;
mod evaluation;
pub mod flexibert;
mod frame;
pub mod hw_gpt;
pub mod intervals;
mod loader;
pub mod lts;
pub mod nas_bench_bert;
pub mod nas_bench_nlp;
mod neighbours;
mod published;
pub mod records;
pub mod scores;
mod sheet;
mod standing;
mod suite;
mod table;
pub mod title;
pub mod user;

pub use ablation::agreement;
pub use ablations::{ablation, first_epoch, replicate};
pub use about::{Ablation, About, Target, Text};
pub use computed::with_suite;
pub use evaluation::{BeyondSize, CEILING, Comparison, Evaluation, EvaluationOptions, evaluate};
pub use lts::Lts;
pub use nas_bench_bert::NasBenchBert;
pub use nas_bench_nlp::NasBenchNlp;
pub use published::Benchmark;
pub use sheet::File;
pub use standing::CLEAR_TAU;
pub use suite::Suite;
pub use table::{Column, Kind, Row, Table};

use crate::family::Family;
use crate::{Result, nearest};

/// Every benchmark, in the order in which they are shown.
pub const BENCHMARKS: &[&dyn Benchmark] = &[
    &NasBenchNlp,
    &NasBenchBert,
    &Lts,
    &lts::FOUND_GPT2,
    &lts::FOUND_XL,
    &hw_gpt::SMALL,
    &hw_gpt::MEDIUM,
    &hw_gpt::LARGE,
    &flexibert::SST_2,
    &flexibert::QNLI,
];

/// The benchmark of this id.
///
/// # Errors
/// [`crate::Error::Unknown`] with the nearest id.
pub fn find(id: &str) -> Result<&'static dyn Benchmark> {
    nearest::find("benchmark", id, BENCHMARKS, |benchmark| benchmark.about().id).copied()
}

/// The benchmark of a family's networks.
pub fn of_family(family: Family) -> Option<&'static dyn Benchmark> {
    BENCHMARKS.iter().copied().find(|benchmark| benchmark.about().family == Some(family))
}

/// The benchmark whose best metric was recomputed here.
pub fn recomputed() -> Option<&'static dyn Benchmark> {
    BENCHMARKS.iter().copied().find(|benchmark| benchmark.about().recomputed.is_some())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{BENCHMARKS, Benchmark as _, NasBenchBert, NasBenchNlp, find};

    #[test]
    fn ids_are_unique_and_found() {
        let ids: HashSet<&str> = BENCHMARKS.iter().map(|benchmark| benchmark.about().id).collect();
        assert_eq!(ids.len(), BENCHMARKS.len());
        assert!(ids.iter().all(|id| find(id).is_ok()));
        let error = find("nas-bench-nlq").err().map(|error| error.to_string());
        assert_eq!(error.as_deref(), Some("unknown benchmark 'nas-bench-nlq'; did you mean 'nas-bench-nlp'?"));
    }

    #[test]
    fn every_column_has_a_value_per_row() {
        for benchmark in BENCHMARKS {
            let table = benchmark.table().unwrap();
            assert_eq!(table.results.len(), table.rows.len());
            assert!(table.columns.iter().all(|column| column.values.len() == table.rows.len()));
            let about = benchmark.about();
            assert!(about.flawed.iter().all(|id| table.column(id).is_some()));
            assert!(about.best.iter().chain(&about.recomputed).all(|id| table.column(id).is_some()));
            assert!(table.results.iter().all(|result| result.is_finite()));
        }
    }
    /// As people and other programs write them.
    #[test]
    fn ids_are_read_as_their_benchmark_writes_them() {
        let cells = ["889", "889.0", "1000889", "1000889.0", "lstm", "889.5", "-1", "x"];
        let read = [Some(889), Some(889), Some(889), Some(889), Some(1), None, None, None];
        assert_eq!(cells.map(|name| NasBenchNlp.id(name)), read);
        assert_eq!(["3.0", "1000003", "lstm"].map(|name| NasBenchBert.id(name)), [Some(3), Some(1_000_003), None]);
    }
}
