//! What is computed from the states and gradients of an encoder, alike on the CPU and on a device.

use std::collections::BTreeMap;

use super::Sizes;
use crate::observation::{Moments, Needs};
use crate::space::encoder::Configuration;

/// The Jacobian: rows are the features of the embedding, columns the positions, from the gradient [T, E] of the
/// position embeddings; positions that were not read have no gradient.
pub(super) fn positions(jacobian: &[f32], sizes: &Sizes) -> Moments {
    let Sizes { embedding, positions, .. } = *sizes;
    let value = |feature, position| jacobian.get(position * embedding + feature).copied().unwrap_or(0.0);
    Moments::from_fn(embedding, positions, value)
}

/// The incoming states of every layer up to the last one that is read, from those that are, [B · T, H].
pub(super) fn hidden(
    states: &BTreeMap<usize, Vec<f32>>,
    needs: &Needs,
    configuration: &Configuration,
) -> Vec<Option<Moments>> {
    // What is no layer of the encoder was shown nothing.
    let layers = 1..=needs.highest_layer().min(configuration.layers.len());
    layers.map(|layer| states.get(&layer).map(|states| Moments::from_columns(states, configuration.hidden))).collect()
}
