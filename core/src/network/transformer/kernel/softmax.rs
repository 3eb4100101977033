//! Softmax over rows, and its gradient.

use crate::simd::{dot, largest, simd, sum, vanishing_exp};

/// Replaces every row of values [rows, width] by its softmax.
pub fn softmax(values: &mut [f32], width: usize) {
    simd(
        #[inline(always)]
        || values.chunks_mut(width).for_each(row),
    );
}

#[inline(always)]
fn row(values: &mut [f32]) {
    let top = largest(values);
    values.iter_mut().for_each(|value| *value = vanishing_exp(*value - top));
    let scale = 1.0 / sum(values);
    values.iter_mut().for_each(|value| *value *= scale);
}

/// Overwrites the gradient of softmax weights [rows, width] with that of their input, row by row: p · (dp − Σ p · dp).
pub fn softmax_backward(weights: &[f32], gradient: &mut [f32], width: usize) {
    simd(
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
    simd(
        #[inline(always)]
        || a.chunks(width).zip(b.chunks(width)).map(|(a, b)| f64::from(dot(a, b))).sum(),
    )
}
