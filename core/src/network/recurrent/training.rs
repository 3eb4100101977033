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

use serde::{Deserialize, Serialize};

use super::Sizes;
use crate::space::recurrent::Recipe;

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
