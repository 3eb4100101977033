//! What a network reads and minimises in training, the same on every device.
//!
//! A window is T steps of B streams of text. With x the embedded input, hₜ the output of the last layer, dₜ = hₜ · mask
//! the dropped one, V the embedding, b the decoder's bias and y the next words:
//!
//! ```text
//! cross-entropy = mean of −ln softmax(V d + b)[y]
//! loss          = cross-entropy + α · mean of d² + β · mean of (hₜ₊₁ − hₜ)²
//! ```
//!
//! Source: Merity, Keskar and Socher 2018 (AWD-LSTM), and the published code of NAS-Bench-NLP, which wraps any cell in
//! it.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{CellWeights, Sizes, Weights};
use crate::simd::simd;
use crate::space::recurrent::{Recipe, Source};

/// A window of text.
#[derive(Debug, Clone, Copy)]
pub struct Window<'a> {
    /// B: streams.
    pub rows: usize,
    /// Ids, [T, B].
    pub tokens: &'a [u32],
    /// The next word of each, [T, B].
    pub targets: &'a [u32],
}

/// The states that a window leaves to the next one: per layer and state, [B, H].
#[derive(Debug, Clone, PartialEq)]
pub struct CarriedStates(pub Vec<Vec<Vec<f32>>>);

impl CarriedStates {
    /// Zeros, as at the start of a text.
    pub fn zeros(recipe: &Recipe, sizes: &Sizes, rows: usize) -> Self {
        let state = |layer| vec![vec![0.0; rows * sizes.widths(layer).1]; recipe.states()];
        Self((0..sizes.layers).map(state).collect())
    }
}

/// Dropout of one window: factors, 0 or 1 / (1 − p), the same at every step. An empty list drops nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Masks {
    /// `[V]`: of the rows of the embedding that is looked up, not of the decoder.
    pub words: Vec<f32>,
    /// [B, E]: of the embedded input.
    pub input: Vec<f32>,
    /// [B, H] per layer but the last: of its output.
    pub layers: Vec<Vec<f32>>,
    /// [B, E]: of the output of the last layer.
    pub output: Vec<f32>,
    /// As long as the matrix: of every recurrent matrix, in the order of [`super::tensors`].
    pub matrices: Vec<Vec<f32>>,
}

impl Masks {
    /// Of the output of a layer that is not the last.
    pub(super) fn of_layer(&self, layer: usize) -> &[f32] {
        self.layers.get(layer).map_or(&[], Vec::as_slice)
    }
}

/// What is minimised, and which weights that changes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Objective {
    /// α: of the squares of the dropped output.
    pub activation: f64,
    /// β: of the squares of its changes from step to step.
    pub change: f64,
    /// Whether recurrent matrices keep their initial values, as published: weight drop had wrapped each in a new
    /// parameter, which cut it off from the one that the optimiser held.
    pub frozen: bool,
}

/// The loss of one window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WindowLoss {
    /// Nats a word.
    pub cross_entropy: f64,
    /// With both penalties.
    pub total: f64,
}

/// A window read with dropout, the states before it, and what is minimised.
#[derive(Clone, Copy)]
pub struct Reading<'a> {
    /// The text.
    pub window: Window<'a>,
    /// What is dropped.
    pub masks: &'a Masks,
    /// Left by the window before.
    pub states: &'a CarriedStates,
    /// What is minimised.
    pub objective: Objective,
}

/// The cells with their recurrent matrices times the masks.
pub(super) fn dropped<'a>(recipe: &Recipe, weights: &'a Weights, masks: &Masks) -> Cow<'a, [CellWeights]> {
    if masks.matrices.is_empty() {
        return Cow::Borrowed(&weights.layers);
    }
    let mut layers = weights.layers.clone();
    drop_matrices(recipe, &mut layers, masks);
    Cow::Owned(layers)
}

/// Multiplies the recurrent matrices, or their gradients, with their masks.
pub(super) fn drop_matrices(recipe: &Recipe, layers: &mut [CellWeights], masks: &Masks) {
    recurrent(recipe, layers).zip(&masks.matrices).for_each(|(matrix, mask)| multiply(matrix, mask));
}

/// The recurrent matrices of all layers, in order.
fn recurrent<'a>(recipe: &'a Recipe, layers: &'a mut [CellWeights]) -> impl Iterator<Item = &'a mut Vec<f32>> {
    layers.iter_mut().flat_map(move |cell| {
        recipe.linears().zip(&mut cell.linears).flat_map(|((_, node), linear)| {
            let matrices = node.inputs.iter().zip(&mut linear.matrices);
            matrices.filter(|(source, _)| **source != Source::Input).map(|(_, matrix)| matrix)
        })
    })
}

/// The embedded input with dropout, [T, B, E].
pub(super) fn embedded(weights: &Weights, window: &Window, masks: &Masks) -> Vec<f32> {
    let width = weights.embedding.len() / weights.decoder_bias.len();
    let mut rows = Vec::with_capacity(window.tokens.len() * width);
    for &id in window.tokens {
        let factor = masks.words.get(id as usize).copied().unwrap_or(1.0);
        rows.extend(weights.embedding[id as usize * width..][..width].iter().map(|value| factor * value));
    }
    drop_out(&mut rows, &masks.input);
    rows
}

/// Multiplies every step of values [T, B, H] with a mask [B, H].
pub(super) fn drop_out(values: &mut [f32], mask: &[f32]) {
    if !mask.is_empty() {
        values.chunks_mut(mask.len()).for_each(|step| multiply(step, mask));
    }
}

/// values *= factors, entry by entry.
fn multiply(values: &mut [f32], factors: &[f32]) {
    simd(
        #[inline(always)]
        || values.iter_mut().zip(factors).for_each(|(value, factor)| *value *= factor),
    );
}

/// Adds the gradient of the embedded input [T, B, E] to that of the embedding.
pub(super) fn add_embedding(embedding: &mut [f32], mut input: Vec<f32>, window: &Window, masks: &Masks) {
    drop_out(&mut input, &masks.input);
    let width = input.len() / window.tokens.len();
    for (&id, row) in window.tokens.iter().zip(input.chunks(width)) {
        let factor = masks.words.get(id as usize).copied().unwrap_or(1.0);
        let sums = embedding[id as usize * width..][..width].iter_mut();
        sums.zip(row).for_each(|(sum, value)| *sum += factor * value);
    }
}
