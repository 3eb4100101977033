//! The blocks of encoders and decoders: attention, feed-forward layers, norms and linear maps, with hand-written
//! forward and backward passes in `kernel` and as Burn tensors in `module`. What assembles them to a network is in
//! the folder of its family.

pub(crate) mod kernel;
#[cfg(feature = "burn")]
pub(crate) mod module;
pub(super) mod reduce;
mod weights;

pub use weights::{Array, Listed, Scope, Weights};
pub(super) use weights::{names, rows};
