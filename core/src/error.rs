//! Errors in inputs and on devices, each with a message of one sentence that names the place.

use thiserror::Error;

use crate::family::Family;
use crate::plain::shortened;

/// A reason why an input cannot be used; or, with [`Error::Broken`] and [`Error::Memory`], a failure of the device
/// during a run, that no other input could have avoided.
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
    /// A configuration that describes no encoder or decoder; `place` is the layer, the field, or the line and column.
    #[error("configuration, {place}: {problem}")]
    Configuration {
        /// Layer, field, or line and column.
        place: String,
        /// What is wrong there.
        problem: String,
    },
    /// An unknown name; `hint` has the most similar known one, or all where none is similar.
    #[error("unknown {kind} '{name}'; {hint}")]
    Unknown {
        /// Kind of the name: metric, benchmark, id.
        kind: &'static str,
        /// The given name.
        name: String,
        /// Known names.
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
    /// A size with which no network exists, or none that fits into memory.
    #[error("size {name} = {value}: {problem}")]
    Size {
        /// Name of the size on the command line.
        name: &'static str,
        /// Its value.
        value: usize,
        /// Why it is refused.
        problem: String,
    },
    /// A file of records with an invalid line.
    #[error("records {file}, line {line}: {problem}")]
    Records {
        /// The file as given.
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
    /// A training run whose loss grew instead of falling.
    #[error(
        "training diverged: in step {update} the loss is {loss:.3} nats a word, and equal probabilities would give {:.3}",
        most - 1.0
    )]
    Diverged {
        /// The step, counted from 1.
        update: u64,
        /// Nats a word.
        loss: f64,
        /// The largest loss that is taken for progress.
        most: f64,
    },
    /// A loss that is no finite number.
    #[error("training diverged: in step {update} the loss is not finite")]
    NotFinite {
        /// The step, counted from 1.
        update: u64,
    },
    /// A device that cannot be opened, or computes wrongly.
    #[error("device {name}: {problem}")]
    Device {
        /// Name on the command line.
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
    /// A device without enough memory.
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

/// The message of the JSON parser in one short line, without the place that it adds at the end.
pub fn without_place(error: &serde_json::Error) -> String {
    let message = error.to_string();
    shortened(message.rsplit_once(" at line ").map_or(message.as_str(), |(problem, _)| problem))
}
