//! Layer norm, and the norm that divides by the root of the mean square (Zhang and Sennrich, 2019).

use std::borrow::Cow;

use super::super::Scope;
use super::linear::{Linear, Tape};
use super::part::{Backward, Part, SequencePass};
use crate::Result;
use crate::simd::{dot, simd, sum};

/// y = x̂ · w + b with x̂ = (x − mean) / √(variance + ε), over the features of each token; or without the mean, and then
/// without b.
pub struct Norm<'a> {
    /// Complete, without `.weight` or `.bias`.
    name: String,
    weight: &'a [f32],
    bias: Cow<'a, [f32]>,
    /// Whether the mean is subtracted.
    centred: bool,
    /// ε.
    epsilon: f32,
}

/// What the backward pass needs.
pub struct NormCache {
    /// x̂, [T, H].
    scaled: Vec<f32>,
    /// 1 / √(variance + ε), `[T]`.
    rates: Vec<f32>,
}

impl<'a> Norm<'a> {
    /// The layer norm of this name.
    ///
    /// # Errors
    /// [`crate::Error::Weights`] where it is missing.
    pub fn new(weights: Scope<'a>, name: &str) -> Result<Self> {
        let bias = Cow::Borrowed(weights.get(&format!("{name}.bias"))?.values.as_slice());
        Ok(Self { bias, centred: true, ..Self::root_mean_square(weights, name)? })
    }

    /// The norm of this name that divides by the root of the mean square.
    ///
    /// # Errors
    /// [`crate::Error::Weights`] where it is missing.
    pub fn root_mean_square(weights: Scope<'a>, name: &str) -> Result<Self> {
        let weight = weights.get(&format!("{name}.weight"))?.values.as_slice();
        let bias = Cow::Owned(vec![0.0; weight.len()]);
        Ok(Self { name: weights.name(name), weight, bias, centred: false, epsilon: weights.epsilon() })
    }

    /// Input and output are [T, H].
    pub fn forward(&self, mut x: Vec<f32>) -> (Vec<f32>, NormCache) {
        let mut out = vec![0.0; x.len()];
        let tokens = x.chunks_mut(self.weight.len()).zip(out.chunks_mut(self.weight.len()));
        let rates = simd(
            #[inline(always)]
            || tokens.map(|(x, out)| self.token(x, out)).collect(),
        );
        (out, NormCache { scaled: x, rates })
    }

    /// One token: overwrites x `[H]` with x̂, writes y `[H]` to `out`, and returns 1 / √(variance + ε).
    #[inline(always)]
    fn token(&self, x: &mut [f32], out: &mut [f32]) -> f32 {
        let width = x.len() as f32;
        let mean = if self.centred { sum(x) / width } else { 0.0 };
        x.iter_mut().for_each(|x| *x -= mean);
        let rate = 1.0 / (dot(x, x) / width + self.epsilon).sqrt();
        for ((x, out), (weight, bias)) in x.iter_mut().zip(out).zip(self.weight.iter().zip(self.bias.iter())) {
            *x *= rate;
            *out = *x * weight + bias;
        }
        rate
    }

    /// Overwrites the gradient of the output, [T, H], with that of the input: with g = dy · w, it is
    /// (g − mean g − x̂ · mean(g · x̂)) / √(variance + ε), without mean g where none is subtracted.
    pub fn backward(&self, cache: &NormCache, upstream: &mut [f32], tape: &mut Tape) {
        let width = self.weight.len();
        if let Some(gradients) = &mut tape.others {
            let [weight, bias] = parameters(cache, upstream, width);
            gradients.push((format!("{}.weight", self.name), weight));
            if self.centred {
                gradients.push((format!("{}.bias", self.name), bias));
            }
        }
        simd(
            #[inline(always)]
            || {
                let tokens = upstream.chunks_mut(width).zip(cache.scaled.chunks(width));
                tokens
                    .zip(&cache.rates)
                    .for_each(|((upstream, scaled), &rate)| self.token_backward(upstream, scaled, rate));
            },
        );
    }

    #[inline(always)]
    fn token_backward(&self, upstream: &mut [f32], scaled: &[f32], rate: f32) {
        upstream.iter_mut().zip(self.weight).for_each(|(gradient, weight)| *gradient *= weight);
        let width = scaled.len() as f32;
        let mean = if self.centred { sum(upstream) / width } else { 0.0 };
        let along = dot(upstream, scaled) / width;
        for (gradient, scaled) in upstream.iter_mut().zip(scaled) {
            *gradient = rate * (*gradient - mean - scaled * along);
        }
    }
}

impl Part for Norm<'_> {
    fn forward(&self, x: Vec<f32>, _: &mut SequencePass) -> (Vec<f32>, Backward<'_>) {
        let (out, cache) = Norm::forward(self, x);
        let back = move |mut upstream: Vec<f32>, tape: &mut Tape| {
            Norm::backward(self, &cache, &mut upstream, tape);
            upstream
        };
        (out, Box::new(back))
    }

    fn linears(&self) -> Vec<&Linear<'_>> {
        Vec::new()
    }
}

/// dw = Σ dy · x̂ and db = Σ dy over tokens, `[H]` each, from the gradient of the output, [T, H].
fn parameters(cache: &NormCache, upstream: &[f32], width: usize) -> [Vec<f32>; 2] {
    let (mut weight, mut bias) = (vec![0.0; width], vec![0.0; width]);
    simd(
        #[inline(always)]
        || {
            for (upstream, scaled) in upstream.chunks(width).zip(cache.scaled.chunks(width)) {
                let entries = weight.iter_mut().zip(&mut bias).zip(upstream.iter().zip(scaled));
                entries.for_each(|((weight, bias), (upstream, scaled))| {
                    *weight += upstream * scaled;
                    *bias += upstream;
                });
            }
        },
    );
    [weight, bias]
}
