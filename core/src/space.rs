//! What an architecture is: to parse, to check, to sample, and to regenerate the published benchmarks from seeds.

pub mod decoder;
pub mod encoder;
pub mod recurrent;
