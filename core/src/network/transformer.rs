//! An encoder of NAS-Bench-BERT as the published scorer builds it: ELECTRA's embeddings, a projection to the hidden size
//! where it differs, then layers that mix tokens and pass each through feed-forward stacks. Nothing is dropped
//! out. Padding is read as words are, as that scorer does, unless a job says which ids are real.
//!
//! There are two ways to run it, held equal by tests: [`kernel`] on the processor, and a Burn module on any device.

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
