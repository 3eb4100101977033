//! A decoder: the table of words, layers of causal attention and feed-forward layers, and the head that predicts the
//! next word. What is differentiated is the loss: the mean negative log-likelihood, in nats, of the next words.
//!
//! It shares its blocks with encoders ([`super::transformer`]).

mod counts;
mod files;
pub mod kernel;
mod listed;
mod memory;
mod model;
#[cfg(feature = "burn")]
pub mod module;
mod names;
mod run;
mod sizes;
pub mod training;
mod weights;

pub use counts::Structure;
pub use files::{from_safetensors, to_safetensors};
pub use listed::{Initial, Part, Weight, weights};
pub use memory::Demand;
pub use model::Model;
pub use sizes::Sizes;
pub use weights::from_seed;
