//! A task: what is to be scored, as it goes over a wire, in names and numbers. It becomes a job, whole and checked.

mod cell;
mod encoder;

use serde::{Deserialize, Serialize};

pub use cell::{CellTask, Text};
pub use encoder::{EncoderTask, rectangle};

use crate::Result;
use crate::device::Device;
use crate::job::{EncoderJob, Job};
use crate::memory::Engine;
use crate::metric::Undefined;
use crate::progress::Progress;
use crate::record::{Record, Subject};
use crate::run;

/// What is to be scored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "space", rename_all = "snake_case")]
pub enum Task {
    /// A recurrent network: every layer runs the same cell.
    Recurrent(CellTask),
    /// An encoder.
    Transformer(EncoderTask),
}

/// A job of either space.
#[derive(Clone)]
pub enum Work {
    /// A recurrent network.
    Cell(Job),
    /// An encoder.
    Encoder(EncoderJob),
}

/// What whoever scores a task tells of it, one after the other; [`Event::Finished`] or [`Event::Problem`] is the last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// It was taken, under this number.
    Queued {
        /// By which it can be cancelled.
        job: u64,
        /// Tasks before it.
        before: usize,
    },
    /// It is being scored.
    Started {
        /// On what.
        device: String,
    },
    /// How much is done, between 0 and 1.
    Progress(f64),
    /// The score of one metric.
    Record(Record),
    /// All of it was told.
    Finished {
        /// How many records there were.
        records: usize,
    },
    /// One sentence on why there is no more.
    Problem(String),
}

impl Event {
    /// Whether nothing follows it.
    pub fn is_last(&self) -> bool {
        matches!(self, Self::Finished { .. } | Self::Problem(_))
    }
}

impl Task {
    /// Checks names, numbers and the memory that the task needs; makes nothing, neither text nor weights. Words of a text
    /// are checked when the job is made.
    ///
    /// # Errors
    /// What of the task cannot be used, or be run within `memory` bytes.
    pub fn check_on(&self, engine: Engine, memory: usize) -> Result<()> {
        match self {
            Self::Recurrent(task) => task.check(engine, memory),
            Self::Transformer(task) => task.check(engine, memory),
        }
    }

    /// Bytes that scoring takes at its peak: of a text of one's own, without its vocabulary.
    ///
    /// # Errors
    /// What of the task cannot be used.
    pub fn peak(&self, engine: Engine) -> Result<f64> {
        match self {
            Self::Recurrent(task) => task.peak(engine),
            Self::Transformer(task) => task.peak(engine),
        }
    }

    /// The job, which the processor can run within `memory` bytes.
    ///
    /// # Errors
    /// What of the task cannot be used, or be run.
    pub fn work(&self, memory: usize) -> Result<Work> {
        self.work_on(Engine::Kernel, memory)
    }

    /// The job, which can be run within `memory` bytes.
    ///
    /// # Errors
    /// What of the task cannot be used, or be run.
    pub fn work_on(&self, engine: Engine, memory: usize) -> Result<Work> {
        match self {
            Self::Recurrent(task) => task.job(engine, memory).map(Work::Cell),
            Self::Transformer(task) => task.job(engine, memory).map(Work::Encoder),
        }
    }
}

impl Work {
    /// Floating-point operations, roughly.
    pub fn operations(&self) -> f64 {
        match self {
            Self::Cell(job) => job.operations(),
            Self::Encoder(job) => job.operations(),
        }
    }

    /// How its architecture is called in the records.
    pub fn name(&self) -> &str {
        match self {
            Self::Cell(job) => &job.architecture,
            Self::Encoder(job) => &job.architecture,
        }
    }

    /// Identifiers of its metrics, in their order.
    pub fn metrics(&self) -> Vec<&'static str> {
        match self {
            Self::Cell(job) => job.metrics.iter().map(|metric| metric.about().id).collect(),
            Self::Encoder(job) => job.metrics.iter().map(|metric| metric.about().id).collect(),
        }
    }

    /// The same job with those of its metrics whose identifier fulfils a condition.
    #[must_use]
    pub fn with_metrics(mut self, keep: impl Fn(&str) -> bool) -> Self {
        match &mut self {
            Self::Cell(job) => job.metrics.retain(|metric| keep(metric.about().id)),
            Self::Encoder(job) => job.metrics.retain(|metric| keep(metric.about().id)),
        }
        self
    }

    /// The token ids that it reads.
    pub fn tokens(&self) -> &[u32] {
        match self {
            Self::Cell(job) => &job.batch.tokens,
            Self::Encoder(job) => &job.tokens,
        }
    }

    /// Checks that it can be run within `memory` bytes.
    ///
    /// # Errors
    /// [`crate::Error::Size`] or [`crate::Error::Text`] naming what cannot be.
    pub fn check_on(&self, engine: Engine, memory: usize) -> Result<()> {
        match self {
            Self::Cell(job) => job.check_on(engine, memory),
            Self::Encoder(job) => job.check_on(engine, memory),
        }
    }

    /// Whether the CPU's kernel keeps all threads busy with this job alone: that of encoders runs sequences in
    /// parallel, that of cells only passes and parts of large matrices.
    pub fn uses_all_threads(&self) -> bool {
        matches!(self, Self::Encoder(_))
    }

    /// What its records say of it.
    pub fn subject(&self) -> Subject {
        match self {
            Self::Cell(job) => job.subject(),
            Self::Encoder(job) => job.subject(),
        }
    }

    /// The scores, in the order of the metrics.
    ///
    /// # Errors
    /// [`crate::Error::Device`] when the device fails.
    pub async fn run(&self, device: &Device, progress: &Progress<'_>) -> Result<Vec<Result<f64, Undefined>>> {
        match self {
            Self::Cell(job) => run::run_told(job, device, progress).await,
            Self::Encoder(job) => run::run_encoder_told(job, device, progress).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> std::result::Result<Task, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    const CELL: &str = r#"{"h_new_0": {"op": "linear", "input": ["x", "h_prev_0"]}}"#;

    #[test]
    fn what_a_task_leaves_out_is_the_usual() {
        let Task::Recurrent(task) = read(&format!(r#"{{"space": "recurrent", "recipe": {CELL}}}"#)).unwrap() else {
            panic!()
        };
        assert_eq!((task.seed, task.sizes), (0, crate::network::recurrent::Sizes::PUBLISHED));
        let small = format!(r#"{{"space": "recurrent", "recipe": {CELL}, "sizes": {{"hidden": 8}}}}"#);
        let Task::Recurrent(task) = read(&small).unwrap() else { panic!() };
        assert_eq!((task.sizes.hidden, task.sizes.embedding), (8, 400));
    }

    #[test]
    fn what_a_task_has_too_much_or_wrong_is_named() {
        let told = |json: &str| read(json).unwrap_err();
        let much = format!(r#"{{"space": "recurrent", "recipe": {CELL}, "size": 3}}"#);
        assert!(told(&much).contains("unknown field `size`"), "{}", told(&much));
        assert!(told(r#"{"space": "convolutional"}"#).contains("unknown variant `convolutional`"));
        let wrong = r#"{"space": "recurrent", "recipe": {"h_new_0": {"op": "linear", "input": ["x", "y"]}}}"#;
        assert!(told(wrong).starts_with("recipe, node h_new_0: input y does not exist"), "{}", told(wrong));
    }

    #[test]
    fn tasks_go_through_json() {
        let encoder = crate::benchmark::nas_bench_bert::encoders().next().unwrap();
        let task = Task::Transformer(EncoderTask::new("0", encoder));
        assert_eq!(read(&serde_json::to_string(&task).unwrap()).unwrap(), task);
        let too_large = Task::Transformer(EncoderTask {
            sizes: crate::network::transformer::Sizes { sequence: 513, ..Default::default() },
            ..EncoderTask::new("0", crate::benchmark::nas_bench_bert::encoders().next().unwrap())
        });
        let problem = too_large.work(usize::MAX).err().map(|error| error.to_string());
        assert_eq!(problem.as_deref(), Some("size sequence = 513: longer than the 512 positions"));
    }
}
