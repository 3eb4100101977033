//! Messages between a page and its worker, as JSON.

use serde::{Deserialize, Serialize};
use untrained_core::benchmark::{Ablation, Evaluation};
use untrained_core::record::Record;
use untrained_core::task::Task;
use untrained_core::training::recurrent::Trained;

use crate::failure::Failure;
use crate::own::{Evaluated, Own};
use crate::training::TrainRequest;

/// A query with its number.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Request {
    /// Returned with the answer.
    pub number: u32,
    /// The query.
    pub query: Query,
}

/// The answer to the request of that number.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Reply {
    /// Number of the request; 0 when the worker is ready for the first one.
    pub number: u32,
    /// The answer, or why there is none.
    pub answer: Result<Answer, Failure>,
}

/// What a page may request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Query {
    /// How well every column of the benchmark predicts.
    Worth {
        /// Which benchmark.
        benchmark: String,
        /// The scores of the suite that were computed here, instead of the published ones.
        suite: bool,
        /// The groups of the benchmark apart: cells by states, encoders by layers.
        by_group: bool,
        /// A network counts once, with the mean of its results.
        average_runs: bool,
    },
    /// How well the recomputed scores predict, next to the published ones on the same rows.
    Recomputed,
    /// How well a visitor's own scores predict their results.
    Own(Box<Own>),
    /// A figure, as SVG.
    Figure {
        /// The figure.
        figure: Figure,
        /// In logical pixels.
        width: u32,
        /// Light on dark.
        dark: bool,
    },
    /// The recipe of a published id.
    Cell(u32),
    /// A cell drawn by the published sampler.
    Sample {
        /// Number of states.
        states: usize,
        /// Seed of the draw.
        seed: u32,
    },
    /// A few updates of a network in training.
    Train(Box<TrainRequest>),
    /// Scores of a network, computed on the preferred device.
    Score(Box<Task>, DevicePreference),
}

/// A figure of the benchmark.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Figure {
    /// How well every metric predicts on a benchmark.
    Summary {
        /// Which benchmark.
        benchmark: String,
        /// The scores of the suite that were computed here, instead of the published ones.
        suite: bool,
    },
    /// How a metric varies with the minibatch or with the initial weights.
    Ablation {
        /// The benchmark.
        benchmark: String,
        /// What was varied.
        varied: Ablation,
        /// Metric id.
        metric: String,
    },
    /// The training curve of a network on WikiText-2.
    Curve(u32),
    /// Losses of networks in training, step by step, in order of their scores.
    Training {
        /// Per network.
        curves: Vec<Vec<f64>>,
        /// The best loss that can be reached.
        best: Option<f64>,
    },
}

/// The device that a visitor prefers for scoring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum DevicePreference {
    /// The faster one.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// The GPU.
    Webgpu,
}

impl DevicePreference {
    /// All preferences with their names in the address.
    pub const NAMES: [(Self, &str); 3] = [(Self::Auto, "auto"), (Self::Cpu, "cpu"), (Self::Webgpu, "webgpu")];

    /// The preference of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::NAMES.into_iter().find_map(|(preference, known)| (known == name).then_some(preference))
    }
}

/// What a worker may answer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Answer {
    /// The worker is ready.
    Ready {
        /// The device that it scores on.
        device: String,
    },
    /// How well the columns predict.
    Worth(Vec<Evaluation>),
    /// How well a visitor's own scores predict.
    Own(Evaluated),
    /// A figure.
    Svg(String),
    /// A cell.
    Cell {
        /// Published id of the first network with this recipe; none for a cell that was drawn just now.
        architecture: Option<u32>,
        /// The recipe, in JSON.
        recipe: String,
    },
    /// The sampler draws no cell from this seed.
    NoCell,
    /// The share of the work that is done, between 0 and 1; the answer itself follows.
    Progress(f64),
    /// Scores, with the time they took on the worker's clock.
    Records(Vec<Record>),
    /// A network after a few updates.
    Trained(Trained),
}
