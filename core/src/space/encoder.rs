//! The transformer space of NAS-Bench-BERT (Serianni and Kalita, 2023), taken from FlexiBERT (Tuli et al., 2022):
//! encoders whose layers differ in how they mix tokens and how large they are.

mod configuration;
mod sampler;
mod spelled;

pub use configuration::{Basis, Configuration, Layer, MOST_LAYERS, Operation, Similarity};
pub use sampler::{Sampler, configurations};
