//! Untrained networks: from an architecture, sizes and a seed to an [`crate::observation::Observation`].

pub mod batch;
pub mod decoder;
pub mod encoder;
pub(crate) mod language;
pub(crate) mod matmul;
mod model;
pub mod nan;
mod operations;
pub mod recurrent;
#[cfg(feature = "burn")]
pub(crate) mod tensor;
pub(crate) mod tensor_file;
pub mod transformer;
pub(crate) mod vocabulary;
mod weight_source;

pub use batch::{Batch, FurtherCounts, FurtherInputs};
pub use model::Model;
pub use weight_source::WeightSource;
