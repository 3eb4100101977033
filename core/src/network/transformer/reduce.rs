//! What is computed from the states and gradients of a transformer, alike on the CPU and on a device.

use std::collections::BTreeMap;

use crate::observation::{Moments, Needs};

/// The Jacobian of so many features and positions: rows are the features of the embedded input, columns the positions, from
/// its gradient, [T, features]; positions that no sequence has read have none.
pub fn positions(gradient: &[f32], [features, positions]: [usize; 2]) -> Moments {
    let value = |feature, position| gradient.get(position * features + feature).copied().unwrap_or(0.0);
    Moments::from_fn(features, positions, value)
}

/// The incoming states of every layer up to the last one that is read, from those that are, [B · T, H], of a network of so
/// many layers of the width H.
pub fn hidden(states: &BTreeMap<usize, Vec<f32>>, needs: &Needs, [layers, width]: [usize; 2]) -> Vec<Option<Moments>> {
    // What is no layer of the network was shown nothing.
    let read = 1..=needs.highest_layer().min(layers);
    read.map(|layer| states.get(&layer).map(|states| Moments::from_columns(states, width))).collect()
}
