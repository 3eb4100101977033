//! Reductions of the gradient of the input that the kernel and the Burn module share.

use super::Sizes;
use crate::network::Batch;
use crate::observation::{Moments, Parameter, ParameterSpec, Role, Site};
use crate::space::recurrent::Recipe;

/// The moments of a Jacobian [T, B, E] as a matrix [B, T · E]: rows are samples, columns are (step, feature).
pub fn rows_of_samples(jacobian: &[f32], sizes: &Sizes) -> Moments {
    let Sizes { batch, embedding, steps, .. } = *sizes;
    Moments::from_fn(batch, steps * embedding, |sample, column| {
        jacobian[(column / embedding * batch + sample) * embedding + column % embedding]
    })
}

/// The embedding [V, E], which is tied to the decoder, and its gradient, of the tokens that are read; of all others it
/// is zero.
pub struct Tied {
    spec: ParameterSpec,
    /// [tokens that are read, E].
    weight: Vec<f32>,
    /// [tokens that are read, E].
    gradient: Vec<f32>,
}

impl Tied {
    /// The gradient of a token is the sum of the Jacobian [T, B, E] over its positions. The last token is the padding
    /// token of the published embedding, which gets no gradient.
    pub fn new(jacobian: &[f32], embedding: &[f32], batch: &Batch, width: usize) -> Self {
        let padding = embedding.len() / width - 1;
        let mut gradients = std::collections::BTreeMap::new();
        let tokens = batch.tokens.iter().zip(jacobian.chunks(width)).filter(|(id, _)| **id as usize != padding);
        for (&id, gradient) in tokens {
            let sums = gradients.entry(id).or_insert_with(|| vec![0.0; width]);
            sums.iter_mut().zip(gradient).for_each(|(sum, value)| *sum += value);
        }
        let site = Site { part: "embedding".to_owned(), ..Site::default() };
        let spec = ParameterSpec { site: site.into(), role: Role::TiedEmbedding, shape: [gradients.len(), width] };
        let weight = gradients.keys().flat_map(|&id| &embedding[id as usize * width..][..width]).copied().collect();
        Self { spec, weight, gradient: gradients.into_values().flatten().collect() }
    }

    /// As a parameter.
    pub fn parameter(&self) -> Parameter<'_> {
        Parameter { spec: &self.spec, weight: &self.weight, gradient: &self.gradient, second: &[] }
    }
}

/// A matrix of a linear node, from the index of the node and of the input it multiplies, as a parameter of a layer
/// counted from 0.
pub fn matrix_spec(recipe: &Recipe, layer: usize, (node, input): (usize, usize), shape: [usize; 2]) -> ParameterSpec {
    let role = if input == 0 { Role::FirstInput } else { Role::FurtherInput };
    let site = Site::in_layer(layer, format!("{}, input {input}", recipe.nodes()[node].name));
    ParameterSpec { site, role, shape }
}

/// Σ |a · b| over all entries of two arrays of one shape, summed in f64.
pub fn absolute_product(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(&a, &b)| f64::from(a * b).abs()).sum()
}
