//! The blocks as Burn tensors, on any device.

pub mod capture;
pub mod dropout;
pub mod padding;
pub mod parameters;
pub mod parts;
