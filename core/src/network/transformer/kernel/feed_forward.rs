//! The feed-forward layers, applied to each token by itself, and the residual connection that ends each half of a
//! layer.

use std::borrow::Cow;

use super::builder::Builder;
use super::gelu::gelu;
use super::linear::{Linear, Tape};
use super::norm::Norm;
use super::part::{Backward, Part, SequencePass};
use crate::Result;
use crate::observation::Role;

/// norm(skip + dropout(dense(inner))), where `skip` is the input of the inner part.
pub struct Residual<'a> {
    inner: Box<dyn Part + 'a>,
    dense: Linear<'a>,
    norm: Norm<'a>,
}

/// The feed-forward layers of a transformer layer, in sequence: gelu(x Wᵀ + b).
pub struct FeedForward<'a>(Vec<Linear<'a>>);

impl<'a> Residual<'a> {
    /// Ends `inner` with the dense map and the norm named `name.…`.
    ///
    /// # Errors
    /// [`crate::Error::Weights`] where a weight is missing.
    pub fn new(builder: &mut Builder<'a>, name: &str, role: Role, inner: Box<dyn Part + 'a>) -> Result<Self> {
        let dense = builder.linear(role, &[format!("{name}.dense")])?;
        Ok(Self::of(inner, dense, builder.norm(&format!("{name}.LayerNorm"))?))
    }

    /// Ends `inner` with a dense map and a norm.
    pub fn of(inner: Box<dyn Part + 'a>, dense: Linear<'a>, norm: Norm<'a>) -> Self {
        Self { inner, dense, norm }
    }
}

impl Part for Residual<'_> {
    fn forward(&self, x: Vec<f32>, pass: &mut SequencePass) -> (Vec<f32>, Backward<'_>) {
        let (inner, back_inner) = self.inner.forward(x.clone(), pass);
        let dropout = pass.dropout.at(self.dense.index());
        let mut sum = self.dense.forward(&inner);
        pass.show(&self.dense, &sum);
        dropout.apply(&mut sum);
        sum.iter_mut().zip(&x).for_each(|(sum, skip)| *sum += skip);
        let (out, cache) = self.norm.forward(sum);
        let back = move |mut upstream: Vec<f32>, tape: &mut Tape| {
            self.norm.backward(&cache, &mut upstream, tape);
            let of_dense = dropout.dropped(&upstream);
            let mut back = back_inner(self.dense.backward(&of_dense), tape);
            back.iter_mut().zip(&upstream).for_each(|(back, skip)| *back += skip);
            let dropped = if let Cow::Owned(dropped) = of_dense { Some(dropped) } else { None };
            tape.save(&self.dense, inner, dropped.unwrap_or(upstream));
            back
        };
        (out, Box::new(back))
    }

    fn linears(&self) -> Vec<&Linear<'_>> {
        self.inner.linears().into_iter().chain([&self.dense]).collect()
    }
}

impl<'a> FeedForward<'a> {
    /// The feed-forward layers of these names.
    ///
    /// # Errors
    /// [`crate::Error::Weights`] where a weight is missing.
    pub fn new(builder: &mut Builder<'a>, names: impl IntoIterator<Item = String>) -> Result<Self> {
        let linear = |name| Ok(builder.linear(Role::FeedForward, &[name])?.activated());
        names.into_iter().map(linear).collect::<Result<_>>().map(Self)
    }
}

impl Part for FeedForward<'_> {
    fn forward(&self, x: Vec<f32>, pass: &mut SequencePass) -> (Vec<f32>, Backward<'_>) {
        let (mut inputs, mut slopes) = (Vec::new(), Vec::new());
        let mut values = x;
        for linear in &self.0 {
            let mut slope = linear.forward(&values);
            pass.nodes(linear, &slope);
            pass.seen.activated(&slope);
            let next = gelu(&mut slope);
            pass.activation(linear, &next);
            pass.seen.activation(linear.site(), &next, linear.output());
            inputs.push(std::mem::replace(&mut values, next));
            slopes.push(slope);
        }
        let back = move |mut upstream: Vec<f32>, tape: &mut Tape| {
            for ((linear, input), mut slope) in self.0.iter().zip(inputs).zip(slopes).rev() {
                slope.iter_mut().zip(&upstream).for_each(|(slope, upstream)| *slope *= upstream);
                upstream = linear.backward(&slope);
                tape.save(linear, input, slope);
            }
            upstream
        };
        (values, Box::new(back))
    }

    fn linears(&self) -> Vec<&Linear<'_>> {
        self.0.iter().collect()
    }
}
