//! Cells in training in a worker: the page requests a few updates of one cell at a time, so that all of them advance
//! side by side, and that it can stop at any moment.

use std::cell::RefCell;

use serde::{Deserialize, Serialize};
use untrained_core::device::Device;
use untrained_core::task::TrainingTask;
use untrained_core::training::recurrent::{Comparison, Trained};

use crate::failure::Failure;

/// A few updates of one cell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainRequest {
    /// The cells, in the first request of a run, which begins with untrained networks.
    pub task: Option<Box<TrainingTask>>,
    /// Place of the cell.
    pub cell: usize,
    /// How many.
    pub updates: usize,
    /// Whether to validate after them.
    pub validate: bool,
}

thread_local! {
    static RUN: RefCell<Option<Comparison>> = const { RefCell::new(None) };
}

/// Makes the updates of a request on the CPU, which is faster than a GPU for networks of these sizes.
///
/// # Errors
/// What of the task cannot be used, or that no run has begun.
pub async fn train(request: TrainRequest) -> Result<Trained, Failure> {
    let begun = match &request.task {
        Some(task) => Some(task.comparison()?),
        None => RUN.take(),
    };
    let mut run = begun.ok_or_else(|| Failure::Refused("No cells are in training.".to_owned()))?;
    let TrainRequest { cell, updates, validate, .. } = request;
    let trained = run.advance(cell, updates, validate, &Device::Cpu).await;
    RUN.set(Some(run));
    Ok(trained?)
}
