//! What can be wrong with what a person gave, each told in one sentence that says where.

use thiserror::Error;

use crate::family::Family;
use crate::plain::shortened;

/// A reason why something given cannot be used: programs end with exit code 2. But for what a run can meet on its way,
/// [`Error::Broken`] and [`Error::Memory`], which is nobody's to mend before: exit code 1.
#[derive(Debug, Error, Clone, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// A recipe that describes no cell; `place` is the node, or the line and column.
    #[error("recipe, {place}: {problem}")]
    Recipe {
        /// Node name, or line and column.
        place: String,
        /// What is wrong there.
        problem: String,
    },
    /// A configuration that describes no encoder; `place` is the layer, or the line and column.
    #[error("configuration, {place}: {problem}")]
    Configuration {
        /// Layer, or line and column.
        place: String,
        /// What is wrong there.
        problem: String,
    },
    /// A name that is in no list; `hint` names the nearest one that is, or all of them where none is near.
    #[error("unknown {kind} '{name}'; {hint}")]
    Unknown {
        /// What the name should have been: metric, benchmark, id.
        kind: &'static str,
        /// What was given.
        name: String,
        /// What is known.
        hint: String,
    },
    /// A metric that is not defined for a family.
    #[error("metric {metric} is one of {}, not of {requested}", list(families))]
    Family {
        /// Identifier of the metric.
        metric: String,
        /// Families that have one of this name.
        families: &'static [Family],
        /// The family of the network.
        requested: Family,
    },
    /// Weights that do not fit the recipe and the sizes.
    #[error("weights, {name}: {problem}")]
    Weights {
        /// Tensor name.
        name: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Token ids, a corpus or a vocabulary that cannot be used; `place` is the line or the position.
    #[error("{what}, {place}: {problem}")]
    Text {
        /// Corpus, vocabulary or tokens.
        what: &'static str,
        /// Line or position.
        place: String,
        /// What is wrong there.
        problem: String,
    },
    /// A size that makes no network, or none that fits this machine.
    #[error("size {name} = {value}: {problem}")]
    Size {
        /// Name of the size as typed.
        name: &'static str,
        /// Its value.
        value: usize,
        /// Why it cannot be.
        problem: String,
    },
    /// A file of records with a line that is none.
    #[error("records {file}, line {line}: {problem}")]
    Records {
        /// The file as typed.
        file: String,
        /// Line, counted from 1.
        line: u64,
        /// What is wrong there.
        problem: String,
    },
    /// A table that is not what its loader expects.
    #[error("table {table}, line {line}: {problem}")]
    Table {
        /// Name of the table.
        table: String,
        /// Line, counted from 1.
        line: u64,
        /// What is wrong there.
        problem: String,
    },
    /// A device that cannot be opened, or computes wrongly.
    #[error("device {name}: {problem}")]
    Device {
        /// Name as typed.
        name: String,
        /// What happened.
        problem: String,
    },
    /// A device that failed while it computed.
    #[error("device {name} failed: {problem}")]
    Broken {
        /// Name of the device.
        name: String,
        /// What happened.
        problem: String,
    },
    /// A device that has not enough memory.
    #[error("device {name}: out of memory")]
    Memory {
        /// Name in records.
        name: String,
    },
}

/// The result of everything in this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Families in a sentence.
fn list(families: &[Family]) -> String {
    families.iter().map(Family::to_string).collect::<Vec<_>>().join(" and ")
}

/// What the parser of JSON found wrong, without the place that it adds at the end, in one short line.
pub fn without_place(error: &serde_json::Error) -> String {
    let words = error.to_string();
    shortened(words.rsplit_once(" at line ").map_or(words.as_str(), |(problem, _)| problem))
}
