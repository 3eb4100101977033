//! Reductions of the gradient of the input that the kernel and the Burn module share.

use super::{Batch, Sizes};
use crate::probe::Rows;

/// The moments of a Jacobian [T, B, E] as a matrix [B, T · E]: rows are samples, columns are (step, feature).
pub fn rows_of_samples(jacobian: &[f32], sizes: &Sizes) -> Rows {
    let Sizes { batch, embedding, steps, .. } = *sizes;
    Rows::from_fn(batch, steps * embedding, |sample, column| {
        jacobian[(column / embedding * batch + sample) * embedding + column % embedding]
    })
}

/// Σ |w · dw| over the embedding [V, E], which is tied to the decoder: the gradient of a token is the sum of the
/// Jacobian [T, B, E] over its positions. The last token is the padding token of the published embedding, which gets no
/// gradient.
pub fn tied_saliency(jacobian: &[f32], embedding: &[f32], batch: &Batch, width: usize) -> f64 {
    let padding = embedding.len() / width - 1;
    let mut gradients = std::collections::BTreeMap::new();
    let tokens = batch.tokens.iter().zip(jacobian.chunks(width)).filter(|(id, _)| **id as usize != padding);
    for (&id, gradient) in tokens {
        let sums = gradients.entry(id).or_insert_with(|| vec![0.0; width]);
        sums.iter_mut().zip(gradient).for_each(|(sum, value)| *sum += value);
    }
    gradients.iter().map(|(id, gradient)| absolute_product(gradient, &embedding[*id as usize * width..])).sum()
}

/// Σ |a · b| over all entries of two arrays of one shape, summed in f64.
pub fn absolute_product(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(&a, &b)| f64::from(a * b).abs()).sum()
}
