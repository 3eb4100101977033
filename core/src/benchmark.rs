//! The published benchmarks: what each holds, what is wrong with it, and its rows.
//!
//! To add one: its tables under `data/`, one file here, one line in [`BENCHMARKS`].

mod ablation;
mod ablations;
mod about;
mod cells;
mod evaluation;
mod frame;
pub mod intervals;
mod loader;
pub mod lts;
pub mod nas_bench_bert;
pub mod nas_bench_nlp;
mod neighbours;
pub mod records;
pub mod scores;
mod sheet;
mod standing;
mod table;
pub mod title;
pub mod user;

pub use ablation::agreement;
pub use ablations::{ablation, first_epoch, replicate};
pub use about::{Ablation, About, Target, Text};
pub use evaluation::{CEILING, Comparison, Evaluation, EvaluationOptions, evaluate};
pub use lts::Lts;
pub use nas_bench_bert::NasBenchBert;
pub use nas_bench_nlp::NasBenchNlp;
pub use standing::CLEAR_TAU;
pub use table::{Column, Kind, Row, Table};

use crate::family::Family;
use crate::{Error, Result, nearest};

/// Every benchmark, in the order in which they are shown.
pub const BENCHMARKS: &[&dyn Benchmark] = &[&NasBenchNlp, &NasBenchBert, &Lts];

/// A published set of trained networks.
pub trait Benchmark: Sync {
    /// What it is, in words.
    fn about(&self) -> &'static About;

    /// Its tables as they stand in `data/`.
    fn files(&self) -> &'static [File<'static>];

    /// Rows from the bytes of its tables.
    ///
    /// # Errors
    /// [`Error::Table`] with the table and the line that cannot be read.
    fn load(&self, files: &[File<'_>]) -> Result<Table>;

    /// Rows of its own tables.
    ///
    /// # Errors
    /// As [`Benchmark::load`].
    fn table(&self) -> Result<Table> {
        self.load(self.files())
    }

    /// The published id that a file calls so, whether or not there is a network of that id: its number, whole, also
    /// where it is written as a float.
    fn id(&self, name: &str) -> Option<u32> {
        number(name)
    }
}

/// The number of a network in a file: `889`, or `889.0` where another program made floats of whole numbers.
fn number(name: &str) -> Option<u32> {
    let float = || name.parse().ok().and_then(|value| sheet::whole(value).ok());
    name.parse().ok().or_else(float)
}

/// A table's name and content.
#[derive(Debug, Clone, Copy)]
pub struct File<'a> {
    /// Path under `data/`.
    pub name: &'a str,
    /// Content.
    pub bytes: &'a [u8],
}

impl<'a> File<'a> {
    /// The file of this name among `files`.
    ///
    /// # Errors
    /// [`Error::Table`] when it is not there.
    pub fn find(files: &[Self], name: &str) -> Result<Self> {
        let found = files.iter().find(|file| file.name == name).copied();
        found.ok_or_else(|| Error::Table {
            table: name.to_owned(),
            line: 1,
            problem: "the table is missing".to_owned(),
        })
    }
}

/// The benchmark of this id.
///
/// # Errors
/// [`Error::Unknown`] with the nearest id.
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
