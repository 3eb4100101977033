//! The published benchmarks: what each holds, what is wrong with it, and its rows.
//!
//! To add one: its tables under `data/`, one file here, one line in [`BENCHMARKS`].

mod ablation;
mod cells;
pub mod intervals;
pub mod lts;
pub mod nas_bench_bert;
pub mod nas_bench_nlp;
pub mod records;
mod sheet;
mod standing;
mod table;
mod worth;

use serde::Serialize;

pub use ablation::{Ablation, ablation, agreement, replicate};
pub use lts::Lts;
pub use nas_bench_bert::NasBenchBert;
pub use nas_bench_nlp::NasBenchNlp;
pub use standing::CLEAR_TAU;
pub use table::{Column, Kind, Row, Table};
pub use worth::{CEILING, Question, Worth, judge};

use crate::rank::Direction;
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

/// A benchmark in words.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct About {
    /// Name in the command line, in addresses and in JSON.
    pub id: &'static str,
    /// Name for a person.
    pub title: &'static str,
    /// What was trained.
    pub space: &'static str,
    /// What the loss of a row is, with its unit.
    pub loss: &'static str,
    /// What a row is, in the plural: "trained recurrent networks".
    pub networks: &'static str,
    /// What is to be predicted, in a word: "loss".
    pub target: &'static str,
    /// The same with where it was measured, in the plural: "Penn Treebank test losses".
    pub results: &'static str,
    /// Its unit and direction.
    pub unit: &'static str,
    /// Which way the better networks lie.
    pub better: Direction,
    /// What rows are grouped by.
    pub group: &'static str,
    /// Where the tables come from.
    pub origin: &'static str,
    /// Under which terms.
    pub licence: &'static str,
    /// Whom to cite, shortly: "Serianni and Kalita, 2023".
    pub authors: &'static str,
    /// Whom to cite.
    pub citation: &'static str,
    /// Whether the results of the networks without published scores can be compared with those of the others.
    pub one_measure: bool,
    /// Published ids run from 0 to below this.
    pub ids: u32,
    /// What was scored again and again, and what should be known of it, a sentence or nothing.
    pub ablations: &'static [(Ablation, &'static str)],
    /// Published columns that do not hold what their name says, as `problems` tells.
    pub flawed: &'static [&'static str],
    /// What a reader of its numbers should know, one sentence each.
    pub problems: &'static [&'static str],
}

/// The benchmark of this id.
///
/// # Errors
/// [`Error::Unknown`] with the nearest id.
pub fn find(id: &str) -> Result<&'static dyn Benchmark> {
    nearest::find("benchmark", id, BENCHMARKS, |benchmark| benchmark.about().id).copied()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{BENCHMARKS, find};

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
            assert_eq!(table.loss.len(), table.rows.len());
            assert!(table.columns.iter().all(|column| column.values.len() == table.rows.len()));
            assert!(benchmark.about().flawed.iter().all(|id| table.column(id).is_some()));
            assert!(table.loss.iter().all(|loss| loss.is_finite()));
        }
    }
}
