//! What each token passes by itself: the feed-forward stacks, and what ends a layer's halves.

use super::super::places::stack;
use super::super::reduce::Role;
use super::super::seen::Seen;
use super::gelu::gelu;
use super::linear::{Linear, Trail};
use super::maker::Maker;
use super::norm::Norm;
use super::part::{Back, Part};
use crate::Result;

/// norm(skip + dense(inner)), where `skip` is what the inner part read.
pub struct Residual<'a> {
    inner: Box<dyn Part + 'a>,
    dense: Linear<'a>,
    norm: Norm<'a>,
}

/// The stacks of a layer: gelu(x Wᵀ + b), one after another.
pub struct Stacks<'a>(Vec<Linear<'a>>);

impl<'a> Residual<'a> {
    /// Ends `inner` with the dense map and norm whose names begin with `name`.
    ///
    /// # Errors
    /// [`crate::Error::Weights`] where a weight is missing.
    pub fn new(maker: &mut Maker<'a>, name: &str, role: Role, inner: Box<dyn Part + 'a>) -> Result<Self> {
        let dense = maker.linear(role, &[format!("{name}.dense")])?;
        Ok(Self { inner, dense, norm: maker.norm(&format!("{name}.LayerNorm"))? })
    }
}

impl Part for Residual<'_> {
    fn forward(&self, x: Vec<f32>, seen: &mut Seen) -> (Vec<f32>, Back<'_>) {
        let (inner, back_inner) = self.inner.forward(x.clone(), seen);
        let (out, kept) = self.norm.forward(self.dense.forward_onto(&x, &inner));
        let back = move |mut upstream: Vec<f32>, trail: &mut Trail| {
            self.norm.backward(&kept, &mut upstream);
            let mut back = back_inner(self.dense.backward(&upstream), trail);
            back.iter_mut().zip(&upstream).for_each(|(back, skip)| *back += skip);
            trail.keep(&self.dense, inner, upstream);
            back
        };
        (out, Box::new(back))
    }

    fn linears(&self) -> Vec<&Linear<'_>> {
        self.inner.linears().into_iter().chain([&self.dense]).collect()
    }
}

impl<'a> Stacks<'a> {
    /// The stacks of the layer whose maps' names begin with `name`.
    ///
    /// # Errors
    /// [`crate::Error::Weights`] where a weight is missing.
    pub fn new(maker: &mut Maker<'a>, name: &str, stacks: usize) -> Result<Self> {
        let map = |at| maker.linear(Role::FeedForward, &[format!("{name}.intermediate.{}", stack(at))]);
        (0..stacks).map(map).collect::<Result<_>>().map(Self)
    }
}

impl Part for Stacks<'_> {
    fn forward(&self, x: Vec<f32>, seen: &mut Seen) -> (Vec<f32>, Back<'_>) {
        let (mut inputs, mut slopes) = (Vec::new(), Vec::new());
        let mut values = x;
        for linear in &self.0 {
            let mut slope = linear.forward(&values);
            let next = gelu(&mut slope);
            seen.activation(&next, linear.output());
            inputs.push(std::mem::replace(&mut values, next));
            slopes.push(slope);
        }
        let back = move |mut upstream: Vec<f32>, trail: &mut Trail| {
            for ((linear, input), mut slope) in self.0.iter().zip(inputs).zip(slopes).rev() {
                slope.iter_mut().zip(&upstream).for_each(|(slope, upstream)| *slope *= upstream);
                upstream = linear.backward(&slope);
                trail.keep(linear, input, slope);
            }
            upstream
        };
        (values, Box::new(back))
    }

    fn linears(&self) -> Vec<&Linear<'_>> {
        self.0.iter().collect()
    }
}
