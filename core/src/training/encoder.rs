//! Training of encoders: pre-training as NAS-Bench-BERT did it, or as a masked language model, and fine-tuning on the
//! tasks of GLUE; on the CPU by the kernel, or on any device that Burn runs on, which gives the loss and the gradients.
//! The optimiser runs on the host.

#[cfg(test)]
mod continuation;
mod electra;
#[cfg(test)]
#[cfg(feature = "burn")]
mod equality;
mod fine_tuning;
#[cfg(test)]
mod finite_differences;
#[cfg(test)]
mod golden;
mod initialisation;
mod masked_batch;
mod masked_language_model;
mod masked_network;
#[cfg(feature = "burn")]
mod on_device;
mod padded;
mod pretraining;
mod pretraining_text;
mod schedule;
mod shape;
#[cfg(test)]
mod small;
mod state;
mod task_training;

pub use electra::{DISCRIMINATOR_WEIGHT, Electra, ElectraLoss};
pub use fine_tuning::{FineTuning, Labels, LayerDecay, TaskOutput};
pub use initialisation::initial_weights;
pub use masked_batch::MaskedBatch;
pub use masked_language_model::{MaskedLanguageModel, MaskedLoss};
pub use padded::PaddedBatch;
pub use pretraining::{Pretraining, PretrainingLoss, PretrainingObjective, PretrainingSettings, PretrainingStep};
pub use pretraining_text::{PretrainingText, examples};
pub use schedule::{LinearSchedule, layer_factor};
pub use shape::{EncoderShape, FirstWidth};
pub use state::{TrainingSettings, TrainingState, Updated};
pub use task_training::{LabelledExamples, TaskExamples, TaskResult, TaskSettings, TaskTraining};
