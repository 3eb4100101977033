//! What both ways of running a network do with the gradient of its input.

use super::{Batch, Sizes};
use crate::probe::Rows;

/// Rows are samples, columns are (step, feature), from a Jacobian [T, B, E].
pub fn rows_of_samples(jacobian: &[f32], sizes: &Sizes) -> Rows {
    let Sizes { batch, embedding, steps, .. } = *sizes;
    Rows::from_fn(batch, steps * embedding, |sample, column| {
        jacobian[(column / embedding * batch + sample) * embedding + column % embedding]
    })
}

/// Σ |w · dw| over the embedding [V, E], which is tied to the decoder: the gradient of a word is the sum of the Jacobian
/// [T, B, E] over where it stands. The last word is the padding word of the published embedding, which gets no gradient.
pub fn tied_saliency(jacobian: &[f32], embedding: &[f32], batch: &Batch, width: usize) -> f64 {
    let padding = embedding.len() / width - 1;
    let mut gradients = std::collections::BTreeMap::new();
    let words = batch.tokens.iter().zip(jacobian.chunks(width)).filter(|(id, _)| **id as usize != padding);
    for (&id, gradient) in words {
        let word = gradients.entry(id).or_insert_with(|| vec![0.0; width]);
        word.iter_mut().zip(gradient).for_each(|(sum, value)| *sum += value);
    }
    gradients.iter().map(|(id, gradient)| absolute_product(gradient, &embedding[*id as usize * width..])).sum()
}

/// Σ |a · b|, summed in f64.
pub fn absolute_product(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(&a, &b)| f64::from(a * b).abs()).sum()
}
