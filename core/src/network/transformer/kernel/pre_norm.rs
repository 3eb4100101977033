//! Residual branches that begin with a norm.

use super::linear::{Linear, Tape};
use super::norm::Norm;
use super::part::{Backward, Part, SequencePass};

/// dropout(dense(inner(norm(x)))).
pub struct Branch<'a> {
    /// At its beginning.
    pub norm: Norm<'a>,
    /// What mixes tokens or features.
    pub inner: Box<dyn Part + 'a>,
    /// The map at its end.
    pub dense: Linear<'a>,
}

/// x + Σ branch(x): attention or the feed-forward layer, or both in parallel.
pub struct PreNorm<'a>(pub Vec<Branch<'a>>);

impl Part for PreNorm<'_> {
    fn forward(&self, x: Vec<f32>, pass: &mut SequencePass) -> (Vec<f32>, Backward<'_>) {
        let mut out = x.clone();
        let mut passes: Vec<Backward> = Vec::new();
        for branch in &self.0 {
            let (added, back) = branch.forward(x.clone(), pass);
            add(&mut out, &added);
            passes.push(back);
        }
        let back = move |upstream: Vec<f32>, tape: &mut Tape| {
            let mut sum = upstream.clone();
            for back in passes {
                add(&mut sum, &back(upstream.clone(), tape));
            }
            sum
        };
        (out, Box::new(back))
    }

    fn linears(&self) -> Vec<&Linear<'_>> {
        self.0.iter().flat_map(|branch| branch.inner.linears().into_iter().chain([&branch.dense])).collect()
    }
}

impl Branch<'_> {
    fn forward(&self, x: Vec<f32>, pass: &mut SequencePass) -> (Vec<f32>, Backward<'_>) {
        let (normed, cache) = self.norm.forward(x);
        let (inner, back_inner) = self.inner.forward(normed, pass);
        let mut out = self.dense.forward(&inner);
        pass.show(&self.dense, &out);
        let dropout = pass.dropout.at(self.dense.index());
        dropout.apply(&mut out);
        let back = move |mut upstream: Vec<f32>, tape: &mut Tape| {
            dropout.apply(&mut upstream);
            let mut back = back_inner(self.dense.backward(&upstream), tape);
            self.norm.backward(&cache, &mut back, tape);
            tape.save(&self.dense, inner, upstream);
            back
        };
        (out, Box::new(back))
    }
}

fn add(sums: &mut [f32], values: &[f32]) {
    sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
}
