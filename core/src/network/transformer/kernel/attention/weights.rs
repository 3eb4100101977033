//! The attention weights of all heads, forward and backward.

use faer::{MatMut, MatRef};

use super::heads::Heads;
use super::relative::{Relative, add_distances, of_distances};
use crate::network::matmul::{matrix, matrix_mut, multiply, multiply_add_scaled};
use crate::network::transformer::kernel::dropout::Dropout;
use crate::network::transformer::kernel::softmax::{softmax, softmax_backward, sum_of_products};

/// The attention weights of every head, [A, T, keys]: keys are the tokens that can be attended to, the first ones.
pub struct Weights {
    values: Vec<f32>,
    heads: Heads,
    dropout: Dropout,
}

/// What attention reads. A is the number of heads, K that of heads of keys and values, d the width of a head.
#[derive(Clone, Copy)]
pub struct Operands<'a> {
    /// [T, A · d].
    pub query: MatRef<'a, f32>,
    /// [keys, K · d].
    pub key: MatRef<'a, f32>,
    /// [keys, K · d].
    pub value: MatRef<'a, f32>,
    /// What is added to the scores by distance; all heads then have keys of their own.
    pub relative: Option<Relative<'a>>,
}

impl Weights {
    /// The attention, written to `out`, [T, A · d].
    pub fn forward(operands: Operands, heads: Heads, dropout: Dropout, mut out: MatMut<f32>) -> Self {
        let Operands { query, key, value, relative } = operands;
        let (tokens, keys, features) = (query.nrows(), key.nrows(), query.ncols() / heads.count);
        let mut values = vec![0.0; heads.count * tokens * keys];
        for (head, weights) in values.chunks_mut(tokens * keys).enumerate() {
            let own = |part| of_head(part, head, features);
            let shared = |part| of_head(part, heads.serving(head), features);
            multiply(matrix_mut(weights, keys), own(query), shared(key).transpose(), heads.scale);
            if let Some(relative) = relative {
                add_distances(weights, own(relative.query), own(relative.distances), heads.scale);
            }
            heads.mask.apply(weights, keys);
            softmax(weights, keys);
            let weights = dropout.at(head).dropped(weights);
            multiply(out.as_mut().subcols_mut(head * features, features), matrix(&weights, keys), shared(value), 1.0);
        }
        Self { values, heads, dropout }
    }

    /// [A, T, keys], before dropout.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// Writes the gradients of query, key and value, then those of the query and the map of distances where there are
    /// some, concatenated, to the first columns of `gradient` [T, ≥ (A + 2 K) · d, and 2 A · d more with distances],
    /// zeros before, from the gradient of the output, `upstream` [T, A · d]. Returns |Σ output · gradient| of every
    /// head.
    pub fn backward(&self, operands: Operands, upstream: MatRef<f32>, mut gradient: MatMut<f32>) -> Vec<f64> {
        let Operands { query, key, value, relative } = operands;
        let (tokens, keys, heads) = (query.nrows(), key.nrows(), &self.heads);
        let features = query.ncols() / heads.count;
        // Where the gradients of keys, values, and the two of distances begin.
        let [of_key, of_value] = [0, 1].map(|part| query.ncols() + part * key.ncols());
        let of_relative = of_value + value.ncols();
        let mut inner = vec![0.0; tokens * keys];
        let head = |(head, weights): (usize, &[f32])| {
            let own = |part| of_head(part, head, features);
            let served = heads.serving(head);
            let shared = |part| of_head(part, served, features);
            // Padding has no gradient of a key or value, and several heads may add to one.
            let mut add = |column: usize, a: MatRef<f32>, b, scale| {
                let rows = gradient.as_mut().subrows_mut(0, a.nrows());
                multiply_add_scaled(rows.subcols_mut(column, features), a, b, scale);
            };
            let dropout = self.dropout.at(head);
            let dropped = dropout.dropped(weights);
            add(of_value + served * features, matrix(&dropped, keys).transpose(), own(upstream), 1.0);
            multiply(matrix_mut(&mut inner, keys), own(upstream), shared(value).transpose(), 1.0);
            dropout.apply(&mut inner);
            // With output = weights · value, Σ output · gradient is Σ weights · (gradient · valueᵀ).
            let product = sum_of_products(weights, &inner, keys);
            softmax_backward(weights, &mut inner, keys);
            heads.mask.apply_backward(&mut inner, keys);
            add(head * features, matrix(&inner, keys), shared(key), heads.scale);
            add(of_key + served * features, matrix(&inner, keys).transpose(), own(query), heads.scale);
            if let Some(relative) = relative {
                let inner = of_distances(&inner, keys);
                let inner = matrix(&inner, keys);
                let at = of_relative + head * features;
                add(at, inner, own(relative.distances), heads.scale);
                add(at + query.ncols(), inner.transpose(), own(relative.query), heads.scale);
            }
            product.abs()
        };
        self.values.chunks(tokens * keys).enumerate().map(head).collect()
    }
}

/// The columns of a head, [T, d], of a part of all heads.
fn of_head(part: MatRef<'_, f32>, head: usize, features: usize) -> MatRef<'_, f32> {
    part.subcols(head * features, features)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::mean_over_tokens;

    /// The case worked out in `metric/attention.rs`.
    #[test]
    fn confidence_and_importance_of_a_worked_example() {
        let (values, heads) = (vec![1.0, 0.0, 0.5, 0.5], Heads::unmasked(1, 1));
        let weights = Weights { values, heads, dropout: Dropout::none() };
        assert!((mean_over_tokens(weights.values()) - 0.75).abs() < 1e-12);
        let (zeros, value, upstream) = ([0.0; 2], [2.0, 4.0], [1.0, -1.0]);
        let [query, key, value] = [matrix(&zeros, 1), matrix(&zeros, 1), matrix(&value, 1)];
        let operands = Operands { query, key, value, relative: None };
        let mut gradient = [0.0; 6];
        let importance = weights.backward(operands, matrix(&upstream, 1), matrix_mut(&mut gradient, 3));
        assert_eq!(importance, [1.0]);
    }
}
