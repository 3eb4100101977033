//! Observations of the forward pass of a sequence, reduced as they come.

use super::super::seen::Seen;
use super::linear::Map;
use super::softmax::{mean_over_heads, mean_over_tokens};
use crate::network::wide::{larger, wide};

impl Seen {
    /// Concatenated projections [T, width]; those of `parts` count.
    pub fn projections(&mut self, values: &[f32], width: usize, parts: &[Map]) {
        let largest = over_tokens(values, width, f32::NEG_INFINITY, larger);
        let mean = |values: &[f32]| values.iter().map(|&value| f64::from(value)).sum::<f64>() / values.len() as f64;
        self.projections.extend(parts.iter().map(|part| mean(&largest[part.rows.clone()])));
    }

    /// The softmaxes of all heads, [A, T, _].
    pub fn softmax(&mut self, weights: &[f32], heads: usize) {
        self.softmaxes.push(mean_over_heads(weights, heads));
    }

    /// The attention weights of all heads, [A, T, T].
    pub fn attention(&mut self, weights: &[f32], heads: usize) {
        self.softmax(weights, heads);
        self.attention.extend(weights.chunks(weights.len() / heads).map(mean_over_tokens));
    }

    /// An activation [T, width].
    pub fn activation(&mut self, values: &[f32], width: usize) {
        self.active.push(over_tokens(values, width, 0.0, |count, value| if value > 0.0 { count + 1.0 } else { count }));
    }
}

/// Folds the tokens of values [T, width] to `[width]`.
fn over_tokens(values: &[f32], width: usize, start: f32, step: impl Fn(f32, f32) -> f32) -> Vec<f32> {
    let mut folded = vec![start; width];
    wide(
        #[inline(always)]
        || {
            for token in values.chunks(width) {
                folded.iter_mut().zip(token).for_each(|(folded, &value)| *folded = step(*folded, value));
            }
        },
    );
    folded
}
