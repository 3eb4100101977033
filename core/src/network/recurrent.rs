//! A recurrent language network: an embedding, and a stack of layers that all run the same cell.
//!
//! There are two ways to run it, held equal by tests: [`kernel`] on the CPU, and a Burn module on any device.

mod batch;
pub mod kernel;
mod language;
mod memory;
mod model;
#[cfg(feature = "burn")]
pub mod module;
mod reduce;
mod run;
mod sizes;
pub mod tensors;
pub mod training;
mod weights;

pub use batch::noised;
pub use memory::{Demand, TrainingDemand};
pub use model::Model;
pub use sizes::Sizes;
pub use weights::{CellWeights, LinearWeights, Weights};
