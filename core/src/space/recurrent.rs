//! The recurrent space of NAS-Bench-NLP (Klyuchnikov et al., 2020): cells of linear maps, gates and activations.

mod classic;
mod draft;
mod operation;
mod parse;
mod recipe;
mod sampler;

pub use classic::CLASSIC;
pub use draft::{Draft, DraftNode};
pub use operation::Operation;
pub use parse::MOST_NODES;
pub use recipe::{MOST_STATES, Node, Recipe, Source};
pub use sampler::Sampler;
