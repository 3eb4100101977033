//! Softmax over rows, and its gradient.

use crate::network::wide::{dot, exp, larger, largest, sum, wide};

/// Replaces every row of values [rows, width] by its softmax.
pub fn softmax(values: &mut [f32], width: usize) {
    wide(
        #[inline(always)]
        || values.chunks_mut(width).for_each(row),
    );
}

#[inline(always)]
fn row(values: &mut [f32]) {
    let top = largest(values);
    values.iter_mut().for_each(|value| *value = exp(*value - top));
    let scale = 1.0 / sum(values);
    values.iter_mut().for_each(|value| *value *= scale);
}

/// Overwrites the gradient of softmax weights [rows, width] with that of their input, row by row: p · (dp − Σ p · dp).
pub fn softmax_backward(weights: &[f32], gradient: &mut [f32], width: usize) {
    wide(
        #[inline(always)]
        || {
            for (weights, gradient) in weights.chunks(width).zip(gradient.chunks_mut(width)) {
                let mean = dot(weights, gradient);
                gradient.iter_mut().zip(weights).for_each(|(gradient, weight)| *gradient = weight * (*gradient - mean));
            }
        },
    );
}

/// Σ a · b of two arrays [rows, width], each row summed in f32 and the rows in f64.
pub fn sum_of_products(a: &[f32], b: &[f32], width: usize) -> f64 {
    wide(
        #[inline(always)]
        || a.chunks(width).zip(b.chunks(width)).map(|(a, b)| f64::from(dot(a, b))).sum(),
    )
}

/// The mean over entries of the largest value over the heads, of weights [heads, rows, width].
pub fn mean_over_heads(weights: &[f32], heads: usize) -> f64 {
    let mut top = weights[..weights.len() / heads].to_vec();
    wide(
        #[inline(always)]
        || {
            for head in weights.chunks(top.len()).skip(1) {
                top.iter_mut().zip(head).for_each(|(top, &value)| *top = larger(*top, value));
            }
        },
    );
    mean(&top)
}

/// The mean over rows of the largest value of a row, of weights [T, T].
pub fn mean_over_tokens(weights: &[f32]) -> f64 {
    let largest: Vec<f32> = wide(
        #[inline(always)]
        || weights.chunks(weights.len().isqrt()).map(largest).collect(),
    );
    mean(&largest)
}

/// The mean, summed in f64.
pub fn mean(values: &[f32]) -> f64 {
    values.iter().map(|&value| f64::from(value)).sum::<f64>() / values.len() as f64
}
