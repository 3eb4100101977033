//! Self-attention: softmax(q kᵀ / √d) v, head by head.

pub mod causal;
mod heads;
pub mod relative;
pub mod rotary;
mod weights;

use std::sync::Arc;

pub use heads::{Heads, Mask};
pub use relative::Waves;
pub use weights::{Operands, Weights};

use super::builder::Builder;
use super::linear::{Linear, Tape};
use super::part::{Backward, Part, SequencePass};
use crate::Result;
use crate::network::matmul::{matrix, matrix_mut};
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
        pass.nodes(&self.project, &projected);
        pass.seen.projections(&projected, width, &self.project.sites());
        let query = self.weight.as_ref().map(|weight| WeightedQuery::new(weight, &projected, width, pass));
        let mut out = vec![0.0; projected.len() / 3];
        let weighted = query.as_ref().map(|query| query.output.as_slice());
        let (own, keys) = (width / 3, pass.keys);
        let parts = query_key_value(&projected, [width, own], keys, weighted);
        let dropout = pass.attention_dropout.at(self.project.index());
        let heads = Heads::unmasked(self.sites.heads.len(), own);
        let weights = Weights::forward(parts, heads, dropout, matrix_mut(&mut out, own));
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
    fn new(linear: &'a Linear<'a>, projected: &[f32], width: usize, pass: &mut SequencePass) -> Self {
        let own = linear.output();
        let input: Vec<f32> = projected.chunks(width).flat_map(|token| &token[..own]).copied().collect();
        let output = linear.forward(&input);
        pass.nodes(linear, &output);
        pass.seen.projections(&output, own, &linear.sites());
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
) -> Operands<'a> {
    let part = |index: usize| matrix(projected, width).subcols(index * own, own);
    let query = query.map_or(part(0), |query| matrix(query, own));
    Operands { query, key: part(1).subrows(0, keys), value: part(2).subrows(0, keys), relative: None }
}
