//! A part of an encoder: its forward and its backward pass.

use super::super::seen::Seen;
use super::linear::{Linear, Tape};

/// A part of an encoder: from [T, width in] to [T, width out], for one sequence.
pub trait Part: Sync {
    /// The output [T, width out] for an input [T, width in], and the backward pass.
    fn forward(&self, x: Vec<f32>, seen: &mut Seen) -> (Vec<f32>, Backward<'_>);

    /// Its linear maps whose gradients are read.
    fn linears(&self) -> Vec<&Linear<'_>>;
}

/// From the gradient of the output, [T, width out], to that of the input, [T, width in]; saves to the tape what the
/// gradients of the linear maps are computed from.
pub type Backward<'a> = Box<dyn FnOnce(Vec<f32>, &mut Tape) -> Vec<f32> + 'a>;
