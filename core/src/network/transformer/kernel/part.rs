//! A part of a transformer: its forward and its backward pass.

use super::dropout::Dropout;
use super::linear::{Linear, Tape};
use crate::observation::Observer;

/// A part of a transformer: from [T, width in] to [T, width out], for one sequence.
pub trait Part: Sync {
    /// The output [T, width out] for an input [T, width in], and the backward pass.
    fn forward(&self, x: Vec<f32>, pass: &mut SequencePass) -> (Vec<f32>, Backward<'_>);

    /// Its linear maps.
    fn linears(&self) -> Vec<&Linear<'_>>;
}

/// What accompanies a sequence through the parts.
pub struct SequencePass {
    /// What is observed of it.
    pub seen: Observer,
    /// How many tokens, from the first on, can be attended to: what follows is padding.
    pub keys: usize,
    /// Of training.
    pub dropout: Dropout,
}

impl SequencePass {
    /// A pass without dropout over a sequence of so many tokens, all of them real.
    pub fn observed(seen: Observer, tokens: usize) -> Self {
        Self { seen, keys: tokens, dropout: Dropout::none() }
    }
}

/// From the gradient of the output, [T, width out], to that of the input, [T, width in]; saves to the tape what the
/// gradients of the weights are computed from.
pub type Backward<'a> = Box<dyn FnOnce(Vec<f32>, &mut Tape) -> Vec<f32> + Send + 'a>;
