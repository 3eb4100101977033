//! The figures of the papers, as charts: from tables and what their columns are worth. Drawn into files by the program
//! and onto pages by the explorer.

mod ablation;
mod curve;
mod scatter;
mod summary;
pub mod training;
pub mod words;

pub use ablation::figure as ablation;
pub use curve::curve;
pub use scatter::{metrics, overview, scatter};
pub use summary::summary;
