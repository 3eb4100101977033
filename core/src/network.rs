//! Untrained networks: from an architecture, sizes and a seed to what a [`crate::probe::Probe`] observes.

mod product;
pub mod recurrent;
pub mod transformer;
mod wide;
