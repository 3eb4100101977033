//! The random generators with which the published benchmarks were drawn, bit for bit: one engine, and the ways in which
//! numpy, Python and PyTorch seed it and draw from it. Training draws from Python's, in streams, and uses numbers that
//! follow from their place.

mod mt19937;
pub mod numpy;
mod placed;
pub mod python;
mod stream;
pub mod torch;

pub use mt19937::Mt19937;
pub use placed::Placed;
pub use stream::{At, Purpose};
