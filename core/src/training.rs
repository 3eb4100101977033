//! Training: how gradients change weights, and what the networks of each family minimise.
//!
//! Everything random follows from the seed and the number of the window or step, so a run that was interrupted and
//! continued is the run in one go.

mod checkpoint;
#[cfg(test)]
mod continuation;
mod electra;
mod fine_tuning;
#[cfg(test)]
mod finite_differences;
#[cfg(test)]
mod golden;
mod initialisation;
mod masked_batch;
mod masked_language_model;
mod optimizer;
mod padded;
mod prediction_head;
pub mod recurrent;
mod schedule;
mod shape;
#[cfg(test)]
mod small;
mod state;

pub use checkpoint::Checkpoint;
pub use electra::{DISCRIMINATOR_WEIGHT, Electra, ElectraLoss};
pub use fine_tuning::{FineTuning, Labels, LayerDecay, TaskOutput};
pub use initialisation::initial_weights;
pub use masked_batch::MaskedBatch;
pub use masked_language_model::{MaskedLanguageModel, MaskedLoss};
pub use optimizer::{Adam, Clip, Decay, Optimizer, TensorState, Update};
pub use padded::PaddedBatch;
pub use schedule::{LinearSchedule, layer_factor};
pub use shape::{EncoderShape, FirstWidth};
pub use state::{TrainingSettings, TrainingState, Updated};
