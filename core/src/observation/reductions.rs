//! Reductions of what a sequence shows on its way forward, as it comes.

use std::ops::Range;

use crate::simd::{larger, largest, simd};

/// Of projections [T, width] next to each other, of which each of `parts` counts: the mean over its features of the
/// largest value over the sequence.
pub fn reach<'a>(values: &[f32], width: usize, parts: impl IntoIterator<Item = &'a Range<usize>>) -> Vec<f64> {
    let largest = over_tokens(values, width, f32::NEG_INFINITY, larger);
    parts.into_iter().map(|part| mean(&largest[part.clone()])).collect()
}

/// Per feature of an activation [T, features]: how many tokens are above zero.
pub fn active(values: &[f32], width: usize) -> Vec<f32> {
    over_tokens(values, width, 0.0, |count, value| if value > 0.0 { count + 1.0 } else { count })
}

/// The mean of the largest value over the heads, of `heads` matrices one after another.
pub fn mean_over_heads(weights: &[f32], heads: usize) -> f64 {
    let mut top = weights[..weights.len() / heads].to_vec();
    simd(
        #[inline(always)]
        || {
            for head in weights.chunks(top.len()).skip(1) {
                top.iter_mut().zip(head).for_each(|(top, &value)| *top = larger(*top, value));
            }
        },
    );
    mean(&top)
}

/// The mean of the largest value of each row of a square matrix.
pub fn mean_over_tokens(weights: &[f32]) -> f64 {
    let largest: Vec<f32> = simd(
        #[inline(always)]
        || weights.chunks(weights.len().isqrt()).map(largest).collect(),
    );
    mean(&largest)
}

/// Summed in f64.
fn mean(values: &[f32]) -> f64 {
    values.iter().map(|&value| f64::from(value)).sum::<f64>() / values.len() as f64
}

/// Folds the tokens of values [T, width] into [width].
fn over_tokens(values: &[f32], width: usize, start: f32, step: impl Fn(f32, f32) -> f32) -> Vec<f32> {
    let mut folded = vec![start; width];
    simd(
        #[inline(always)]
        || {
            for token in values.chunks(width) {
                folded.iter_mut().zip(token).for_each(|(folded, &value)| *folded = step(*folded, value));
            }
        },
    );
    folded
}
