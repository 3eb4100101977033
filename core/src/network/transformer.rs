//! An encoder of NAS-Bench-BERT as the published scorer builds it: ELECTRA's embeddings, a projection to the hidden
//! size where it differs, then layers that mix tokens and apply feed-forward layers to each. There is no dropout.
//! Padding is read like other tokens, as in that scorer, unless a job specifies which ids are real.
//!
//! Two implementations run it, held equal by tests: a hand-written [`kernel`] on the CPU, and Burn tensors on any
//! device.

mod checkpoint;
pub mod kernel;
mod memory;
#[cfg(feature = "compute")]
pub mod module;
mod places;
mod reduce;
mod seen;
mod sizes;
mod structure;
mod weights;

pub use checkpoint::Checkpoint;
pub use memory::Demand;
pub use sizes::Sizes;
pub use structure::Structure;
pub use weights::{Array, Weights};
