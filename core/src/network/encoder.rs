//! An encoder of NAS-Bench-BERT as the published scorer builds it: ELECTRA's embeddings, a projection to the hidden
//! size where it differs, then layers that mix tokens and pass each through feed-forward layers. There is no dropout.
//! Padding is read as tokens, as that scorer does, unless a batch says which ids are real.
//!
//! In training, padding is never attended to, and there is dropout (`kernel/trained.rs`, `module/trained.rs`).
//!
//! There are two ways to run it, held equal by tests: [`kernel`] on the CPU, and Burn tensors on any device.

mod checkpoint;
mod counts;
pub mod kernel;
mod masking;
mod memory;
mod model;
#[cfg(feature = "burn")]
pub mod module;
mod run;
mod sizes;
mod weights;

pub use checkpoint::{Checkpoint, Exported, HeadKind, checkpoint_names};
pub use counts::Structure;
pub use memory::Demand;
pub use model::Model;
pub use sizes::Sizes;
pub use weights::{from_safetensors, from_seed};
use weights::{normal, with_head};
