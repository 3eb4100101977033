//! Roughly how many floating-point operations parts of scoring take, the same for every family.

/// A backward pass counts twice a forward one.
pub const FORWARD_AND_BACKWARD: f64 = 3.0;

/// Of a problem of eigenvalues or singular values, per cube of the width.
pub const DECOMPOSITION: f64 = 10.0;

/// Drawing an initial weight takes as long as this many.
pub const DRAW: f64 = 100.0;
