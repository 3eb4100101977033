//! Self-attention: softmax(q kᵀ / √d) v, head by head.

use std::sync::Arc;

use faer::{MatMut, MatRef};

use super::builder::Builder;
use super::dropout::Dropout;
use super::linear::{Linear, Tape};
use super::part::{Backward, Part, SequencePass};
use super::softmax::{softmax, softmax_backward, sum_of_products};
use crate::Result;
use crate::network::matmul::{matrix, matrix_mut, multiply};
use crate::observation::{Observer, Role, Site};

/// Attention of a layer, up to its output dense.
pub struct Attention<'a> {
    /// Query, key and value, as one map.
    project: Linear<'a>,
    /// A second map of the query.
    weight: Option<Linear<'a>>,
    sites: Sites,
}

/// Sites of an attention and of its heads.
pub struct Sites {
    /// The attention.
    all: Arc<Site>,
    /// Its heads.
    pub heads: Vec<Arc<Site>>,
}

/// The attention weights of every head, [A, T, keys]: keys are the tokens that can be attended to, the first ones.
pub struct Weights {
    values: Vec<f32>,
    heads: usize,
    dropout: Dropout,
}

impl<'a> Attention<'a> {
    /// The attention with the maps named `name.…`; with a weighted query, that passes a further map.
    ///
    /// # Errors
    /// [`crate::Error::Weights`] where a weight is missing.
    pub fn new(builder: &mut Builder<'a>, name: &str, heads: usize, weighted_query: bool) -> Result<Self> {
        let names = ["query", "key", "value"].map(|part| format!("{name}.{part}"));
        let project = builder.linear(Role::Operation, &names)?;
        let weight = weighted_query.then(|| builder.linear(Role::Operation, &[format!("{name}.weight")]));
        Ok(Self { project, weight: weight.transpose()?, sites: Sites::new(name, heads) })
    }
}

impl Part for Attention<'_> {
    /// From [T, H] to [T, mixed width].
    fn forward(&self, x: Vec<f32>, pass: &mut SequencePass) -> (Vec<f32>, Backward<'_>) {
        let width = self.project.output();
        let projected = self.project.forward(&x);
        pass.seen.projections(&projected, width, &self.project.sites());
        let query = self.weight.as_ref().map(|weight| WeightedQuery::new(weight, &projected, width, &mut pass.seen));
        let mut out = vec![0.0; projected.len() / 3];
        let weighted = query.as_ref().map(|query| query.output.as_slice());
        let (own, keys) = (width / 3, pass.keys);
        let parts = query_key_value(&projected, [width, own], keys, weighted);
        let dropout = pass.dropout.at(self.project.index());
        let weights = Weights::forward(parts, self.sites.heads.len(), dropout, matrix_mut(&mut out, own));
        self.sites.observe(&weights, &mut pass.seen);
        let back = move |upstream: Vec<f32>, tape: &mut Tape| {
            let mut gradient = vec![0.0; projected.len()];
            let weighted = query.as_ref().map(|query| query.output.as_slice());
            let parts = query_key_value(&projected, [width, own], keys, weighted);
            let heads = weights.backward(parts, matrix(&upstream, own), matrix_mut(&mut gradient, width));
            tape.heads.push(self.sites.with(heads));
            if let Some(query) = query {
                query.backward(&mut gradient, width, tape);
            }
            let back = self.project.backward(&gradient);
            tape.save(&self.project, x, gradient);
            back
        };
        (out, Box::new(back))
    }

    fn linears(&self) -> Vec<&Linear<'_>> {
        std::iter::once(&self.project).chain(&self.weight).collect()
    }
}

/// A query that is multiplied with a second matrix.
struct WeightedQuery<'a> {
    linear: &'a Linear<'a>,
    /// [T, H].
    input: Vec<f32>,
    /// [T, H].
    output: Vec<f32>,
}

impl<'a> WeightedQuery<'a> {
    /// The query of `projected` [T, width], whose first columns it is.
    fn new(linear: &'a Linear<'a>, projected: &[f32], width: usize, seen: &mut Observer) -> Self {
        let own = linear.output();
        let input: Vec<f32> = projected.chunks(width).flat_map(|token| &token[..own]).copied().collect();
        let output = linear.forward(&input);
        seen.projections(&output, own, &linear.sites());
        Self { linear, input, output }
    }

    /// Replaces the gradient of the output, in the first columns of `gradient` [T, width], by that of the input.
    fn backward(self, gradient: &mut [f32], width: usize, tape: &mut Tape) {
        let own = self.linear.output();
        let upstream: Vec<f32> = gradient.chunks(width).flat_map(|token| &token[..own]).copied().collect();
        let back = self.linear.backward(&upstream);
        gradient.chunks_mut(width).zip(back.chunks(own)).for_each(|(token, back)| token[..own].copy_from_slice(back));
        tape.save(self.linear, self.input, upstream);
    }
}

impl Sites {
    /// Of the attention named `name` with so many heads.
    pub fn new(name: &str, heads: usize) -> Self {
        let all = Site::of_weight(name);
        let heads = (0..heads).map(|head| all.head(head)).collect();
        Self { all, heads }
    }

    /// Shows the attention weights of a sequence to an observer.
    pub fn observe(&self, weights: &Weights, seen: &mut Observer) {
        seen.attention(&self.all, &self.heads, weights.values());
    }

    /// Values of the heads with their sites.
    pub fn with(&self, values: Vec<f64>) -> Vec<(Arc<Site>, f64)> {
        self.heads.iter().cloned().zip(values).collect()
    }
}

/// Query [T, own], key and value [keys, own]: the first columns of the joint projection `projected` [T, width], unless
/// `query` is given.
pub fn query_key_value<'a>(
    projected: &'a [f32],
    [width, own]: [usize; 2],
    keys: usize,
    query: Option<&'a [f32]>,
) -> [MatRef<'a, f32>; 3] {
    let part = |index: usize| matrix(projected, width).subcols(index * own, own);
    [query.map_or(part(0), |query| matrix(query, own)), part(1).subrows(0, keys), part(2).subrows(0, keys)]
}

impl Weights {
    /// Attention of query [T, mixed width], key and value [keys, mixed width], written to `out`, as large as the query.
    pub fn forward(
        [query, key, value]: [MatRef<f32>; 3],
        heads: usize,
        dropout: Dropout,
        mut out: MatMut<f32>,
    ) -> Self {
        let (tokens, keys, features) = (query.nrows(), key.nrows(), query.ncols() / heads);
        let scale = 1.0 / (features as f32).sqrt();
        let mut values = vec![0.0; heads * tokens * keys];
        for (head, weights) in values.chunks_mut(tokens * keys).enumerate() {
            let own = |part| of_head(part, head, features);
            multiply(matrix_mut(weights, keys), own(query), own(key).transpose(), scale);
            softmax(weights, keys);
            let weights = dropout.at(head).dropped(weights);
            multiply(out.as_mut().subcols_mut(head * features, features), matrix(&weights, keys), own(value), 1.0);
        }
        Self { values, heads, dropout }
    }

    /// [A, T, keys], before dropout.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// Writes the gradients of query, key and value, concatenated, to the first columns of `gradient` [T, ≥ 3 · mixed
    /// width], zeros before, from the gradient of the output, `upstream` [T, mixed width]. Returns |Σ output · gradient|
    /// of every head.
    pub fn backward(&self, parts: [MatRef<f32>; 3], upstream: MatRef<f32>, mut gradient: MatMut<f32>) -> Vec<f64> {
        let [query, key, value] = parts;
        let (tokens, keys, width) = (query.nrows(), key.nrows(), query.ncols());
        let features = width / self.heads;
        let scale = 1.0 / (features as f32).sqrt();
        let mut inner = vec![0.0; tokens * keys];
        let head = |(head, weights): (usize, &[f32])| {
            let own = |part| of_head(part, head, features);
            // Padding has no gradient of a key or value.
            let mut write = |part: usize, a: MatRef<f32>, b, scale| {
                let rows = gradient.as_mut().subrows_mut(0, a.nrows());
                multiply(rows.subcols_mut(part * width + head * features, features), a, b, scale);
            };
            let dropout = self.dropout.at(head);
            write(2, matrix(&dropout.dropped(weights), keys).transpose(), own(upstream), 1.0);
            multiply(matrix_mut(&mut inner, keys), own(upstream), own(value).transpose(), 1.0);
            dropout.apply(&mut inner);
            // With output = weights · value, Σ output · gradient is Σ weights · (gradient · valueᵀ).
            let product = sum_of_products(weights, &inner, keys);
            softmax_backward(weights, &mut inner, keys);
            write(0, matrix(&inner, keys), own(key), scale);
            write(1, matrix(&inner, keys).transpose(), own(query), scale);
            product.abs()
        };
        self.values.chunks(tokens * keys).enumerate().map(head).collect()
    }
}

/// The columns of a head, [T, features], of a part [T, A · features].
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
        let weights = Weights { values: vec![1.0, 0.0, 0.5, 0.5], heads: 1, dropout: Dropout::none() };
        assert!((mean_over_tokens(weights.values()) - 0.75).abs() < 1e-12);
        let (zeros, value, upstream) = ([0.0; 2], [2.0, 4.0], [1.0, -1.0]);
        let parts = [matrix(&zeros, 1), matrix(&zeros, 1), matrix(&value, 1)];
        let mut gradient = [0.0; 6];
        let importance = weights.backward(parts, matrix(&upstream, 1), matrix_mut(&mut gradient, 3));
        assert_eq!(importance, [1.0]);
    }
}
