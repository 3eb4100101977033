//! What is computed from the gradients of an encoder, alike on the CPU and on a device.

use super::Sizes;
use crate::observation::Moments;

/// The Jacobian: rows are the features of the embedding, columns the positions, from the gradient [T, E] of the
/// position embeddings; positions that were not read have no gradient.
pub(super) fn positions(jacobian: &[f32], sizes: &Sizes) -> Moments {
    let Sizes { embedding, positions, .. } = *sizes;
    let value = |feature, position| jacobian.get(position * embedding + feature).copied().unwrap_or(0.0);
    Moments::from_fn(embedding, positions, value)
}
