//! Everything of *Untrained* that is not a program: what an architecture is, how its untrained network is made from
//! a seed, what is observed of it, and what each training-free metric makes of that; with the published benchmarks,
//! the statistics that judge the metrics and the charts that show them. Compiles natively and to WebAssembly; reads
//! no file, no clock and no environment; what runs side by side does so in the pool of rayon.
//!
//! Axis letters, everywhere: **B** batch, **T** step, **H** hidden unit, **E** embedding, **L** layer, **A** attention
//! head, **V** vocabulary. Matrices are row-major, the last letter is contiguous.

pub mod benchmark;
pub mod chart;
pub mod corpus;
pub mod device;
#[cfg(feature = "burn")]
pub mod devices;
pub mod digest;
mod error;
pub mod family;
pub mod figure;
pub mod glue;
pub mod job;
mod linalg;
pub mod memory;
pub mod metric;
pub mod nearest;
pub mod network;
mod number;
pub mod observation;
pub mod origin;
pub mod panic;
pub mod plain;
pub mod progress;
pub mod random;
pub mod rank;
pub mod record;
pub mod score;
mod simd;
pub mod space;
pub mod task;
pub mod text;
pub mod training;
pub mod undefined;

pub use error::{Error, Result, without_place};
