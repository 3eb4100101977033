//! Training: how gradients change weights, and what the networks of each family minimise.
//!
//! Everything random follows from the seed and the number of the window or step, so a run that was interrupted and
//! continued is the run in one go.

mod checkpoint;
pub mod decoder;
pub mod encoder;
mod optimizer;
mod order;
pub mod recurrent;

pub use checkpoint::Checkpoint;
pub use optimizer::{Adam, Clip, Decay, Optimizer, TensorState, Update};
