//! The blocks as Burn tensors, on any device.

pub mod capture;
pub mod padding;
pub mod parts;
