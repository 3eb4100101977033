//! A recurrent language network: an embedding, and a stack of layers that all run the same cell.
//!
//! Two implementations run it, held equal by tests: a hand-written [`kernel`] on the CPU, and a Burn module on any
//! device.

mod inputs;
pub mod kernel;
mod memory;
#[cfg(feature = "compute")]
pub mod module;
mod reduce;
mod sizes;
mod weights;

pub use inputs::{Batch, noised};
pub use memory::Demand;
pub use sizes::Sizes;
pub use weights::{CellWeights, LinearWeights, Weights};
