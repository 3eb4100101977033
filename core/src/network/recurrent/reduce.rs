//! Reductions of the gradient of the input that the kernel and the Burn module share.

use super::Sizes;
use crate::network::Batch;
use crate::observation::{Moments, ParameterSpec, Role, Site};
use crate::space::recurrent::Recipe;

/// The moments of a Jacobian [T, B, E] as a matrix [B, T · E]: rows are samples, columns are (step, feature).
pub fn rows_of_samples(jacobian: &[f32], sizes: &Sizes) -> Moments {
    let Sizes { batch, embedding, steps, .. } = *sizes;
    Moments::from_fn(batch, steps * embedding, |sample, column| {
        jacobian[(column / embedding * batch + sample) * embedding + column % embedding]
    })
}

/// The gradient of the embedding [V, E], which is tied to the decoder: that of a token is the sum of the Jacobian [T, B, E]
/// over its positions. The last token is the padding token of the published embedding, which gets no gradient.
pub fn tied_gradient(jacobian: &[f32], batch: &Batch, sizes: &Sizes) -> Vec<f32> {
    let Sizes { vocabulary, embedding: width, .. } = *sizes;
    let mut gradient = vec![0.0; vocabulary * width];
    let tokens = batch.tokens.iter().zip(jacobian.chunks(width)).filter(|(id, _)| **id as usize != vocabulary - 1);
    for (&id, row) in tokens {
        let sums = &mut gradient[id as usize * width..][..width];
        sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
    }
    gradient
}

/// The embedding as a parameter.
pub fn tied_spec(sizes: &Sizes) -> ParameterSpec {
    let site = Site { part: "embedding".to_owned(), ..Site::default() };
    ParameterSpec { site: site.into(), role: Role::TiedEmbedding, shape: [sizes.vocabulary, sizes.embedding] }
}

/// A matrix of a linear node, from the index of the node and of the input it multiplies, as a parameter of a layer counted
/// from 0.
pub fn matrix_spec(recipe: &Recipe, layer: usize, (node, input): (usize, usize), shape: [usize; 2]) -> ParameterSpec {
    let role = if input == 0 { Role::FirstInput } else { Role::FurtherInput };
    let site = Site::in_layer(layer, format!("{}, input {input}", recipe.nodes()[node].name));
    ParameterSpec { site, role, shape }
}

/// Σ |a · b| over all entries of two arrays of one shape, summed in f64.
pub fn absolute_product(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(&a, &b)| f64::from(a * b).abs()).sum()
}
