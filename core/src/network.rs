//! Untrained networks: from an architecture, sizes and a seed to what a [`crate::probe::Probe`] observes.

pub mod nan;
mod product;
pub mod recurrent;
pub mod transformer;
mod wide;
