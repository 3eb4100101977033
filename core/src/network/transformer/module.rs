//! The blocks as Burn tensors, on any device.

pub mod attention;
pub mod capture;
pub mod dropout;
pub mod gelu;
pub mod padding;
pub mod parameters;
pub mod parts;
pub mod portions;
pub mod positions;
pub mod reading;
pub mod sums;
