//! What is computed from the states and gradients of a decoder, alike on the CPU and on a device.

use std::collections::BTreeMap;

use super::Sizes;
use crate::observation::{Moments, Needs};
use crate::space::decoder::Decoder;

/// The Jacobian: rows are the features of the embedded input, columns the positions, from its gradient, [T, H]; what no
/// sequence has read has no gradient.
pub(super) fn positions(gradient: &[f32], decoder: &Decoder, sizes: &Sizes) -> Moments {
    let value = |feature, position| gradient.get(position * decoder.width + feature).copied().unwrap_or(0.0);
    Moments::from_fn(decoder.width, sizes.sequence, value)
}

/// The incoming states of every layer up to the last one that is read, from those that are, [B · T, H].
pub(super) fn hidden(states: &BTreeMap<usize, Vec<f32>>, needs: &Needs, decoder: &Decoder) -> Vec<Option<Moments>> {
    // What is no layer of the decoder was shown nothing.
    let layers = 1..=needs.highest_layer().min(decoder.layers.len());
    layers.map(|layer| states.get(&layer).map(|states| Moments::from_columns(states, decoder.width))).collect()
}
