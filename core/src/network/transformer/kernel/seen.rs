//! What a sequence shows on its way forward, reduced as it comes.

use super::linear::Part;
use super::softmax::mean_over_heads;
use crate::network::wide::{larger, wide};

/// Per projection, softmax and activation, in the order of the encoder.
#[derive(Default)]
pub struct Seen {
    /// The mean over features of the largest value over the sequence.
    pub heads: Vec<f64>,
    /// The mean of the largest value over the heads.
    pub softmaxes: Vec<f64>,
    /// How many tokens have an activation above zero, per feature.
    pub active: Vec<Vec<f32>>,
}

impl Seen {
    /// Projections [T, features] side by side, of `width` together, of which `parts` count.
    pub fn projections(&mut self, values: &[f32], width: usize, parts: &[Part]) {
        let largest = over_tokens(values, width, f32::NEG_INFINITY, larger);
        let mean = |values: &[f32]| values.iter().map(|&value| f64::from(value)).sum::<f64>() / values.len() as f64;
        self.heads.extend(parts.iter().map(|part| mean(&largest[part.rows.clone()])));
    }

    /// A softmax of each head, one after another.
    pub fn softmax(&mut self, weights: &[f32], heads: usize) {
        self.softmaxes.push(mean_over_heads(weights, heads));
    }

    /// An activation [T, features].
    pub fn activation(&mut self, values: &[f32], width: usize) {
        self.active.push(over_tokens(values, width, 0.0, |count, value| if value > 0.0 { count + 1.0 } else { count }));
    }

    /// Adds what another sequence showed; of activations the first one's are kept.
    pub fn add(&mut self, other: Self) {
        add(&mut self.heads, &other.heads);
        add(&mut self.softmaxes, &other.softmaxes);
        if self.active.is_empty() {
            self.active = other.active;
        }
    }
}

fn add(sums: &mut Vec<f64>, values: &[f64]) {
    sums.resize(values.len(), 0.0);
    sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
}

/// Folds the tokens of values [T, width] into [width].
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
