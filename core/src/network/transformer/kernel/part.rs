//! What every part of an encoder can do: go forward, and back.

use super::super::seen::Seen;
use super::linear::{Linear, Trail};

/// A part of an encoder: from [T, width in] to [T, width out], for one sequence.
pub trait Part: Sync {
    /// What it makes of an input, and the way back.
    fn forward(&self, x: Vec<f32>, seen: &mut Seen) -> (Vec<f32>, Back<'_>);

    /// Its linear maps whose gradients are read.
    fn linears(&self) -> Vec<&Linear<'_>>;
}

/// From the gradient of the output to that of the input. On the way it leaves what the gradients of the maps are made of.
pub type Back<'a> = Box<dyn FnOnce(Vec<f32>, &mut Trail) -> Vec<f32> + 'a>;
