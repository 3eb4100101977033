//! ConvBERT's operation: half of the heads attend, half convolve with kernels made from what stands around each token.

use super::super::reduce::Role;
use super::super::seen::Seen;
use super::attention::{Weights, three};
use super::linear::{Linear, Trail};
use super::maker::Maker;
use super::part::{Back, Part};
use super::softmax::{softmax, softmax_backward};
use super::span::{Span, depthwise};
use crate::Result;
use crate::network::product::{matrix, matrix_mut};

/// Span-dynamic convolution of a layer beside attention, up to the output dense.
pub struct Convolution<'a> {
    /// Query, key and value, and what is convolved.
    project: Linear<'a>,
    /// [kernel, H]: a convolution of every feature by itself.
    depthwise: Vec<f32>,
    /// Maps what stands around a token to the width of the query.
    pointwise: Linear<'a>,
    /// From that, times the query, the kernels of every head: [T, A / 2 · kernel].
    kernels: Linear<'a>,
    /// A / 2.
    heads: usize,
    kernel: usize,
}

impl<'a> Convolution<'a> {
    /// The operation whose weights' names begin with `name`, with `heads` that attend and as many that convolve.
    ///
    /// # Errors
    /// [`crate::Error::Weights`] where a weight is missing.
    pub fn new(maker: &mut Maker<'a>, name: &str, heads: usize, kernel: usize) -> Result<Self> {
        let names = ["query", "key", "value", "conv_out_layer"].map(|part| format!("{name}.{part}"));
        let separable = format!("{name}.key_conv_attn_layer");
        let weights = maker.weights;
        let taps = &weights.get(&format!("{separable}.depthwise.weight"))?.values;
        let tap = |at: usize| taps.iter().skip(at).step_by(kernel);
        Ok(Self {
            project: maker.linear(Role::Operation, &names)?,
            depthwise: (0..kernel).flat_map(tap).copied().collect(),
            pointwise: maker
                .linear(Role::Unread, &[format!("{separable}.pointwise")])?
                .biased(&weights.get(&format!("{separable}.bias"))?.values),
            kernels: maker.linear(Role::Operation, &[format!("{name}.conv_kernel_layer")])?,
            heads,
            kernel,
        })
    }

    /// The part of joined projections that stands at `part`, [T, H / 2].
    fn own(&self, joined: &[f32], part: usize) -> Vec<f32> {
        let own = self.pointwise.output();
        joined.chunks(4 * own).flat_map(|token| &token[part * own..][..own]).copied().collect()
    }
}

impl Part for Convolution<'_> {
    fn forward(&self, x: Vec<f32>, seen: &mut Seen) -> (Vec<f32>, Back<'_>) {
        let own = self.pointwise.output();
        let joined = self.project.forward(&x);
        seen.projections(&joined, 4 * own, &self.project.parts[..3]);
        let (query, spread) = (self.own(&joined, 0), self.own(&joined, 3));
        let around = self.pointwise.forward(&depthwise(&x, &self.depthwise, self.kernel));
        let around_query = product(&around, &query);
        let mut kernels = self.kernels.forward(&around_query);
        softmax(&mut kernels, self.kernel);
        let mut out = vec![0.0; joined.len() / 2];
        let parts = three(&joined, (4 * own, own), None);
        let attended = matrix_mut(&mut out, 2 * own).subcols_mut(0, own);
        let weights = Weights::forward(parts, self.heads, attended);
        seen.attention(weights.values(), self.heads);
        let span = Span { heads: self.heads, kernel: self.kernel, width: own };
        span.forward(&kernels, &spread, &mut out);
        let back = move |upstream: Vec<f32>, trail: &mut Trail| {
            let mut gradient = vec![0.0; joined.len()];
            let attended = matrix(&upstream, 2 * own).subcols(0, own);
            let parts = three(&joined, (4 * own, own), None);
            trail.heads.push(weights.backward(parts, attended, matrix_mut(&mut gradient, 4 * own)));
            let [mut of_kernels, of_spread] = span.backward(&kernels, &spread, &upstream);
            softmax_backward(&kernels, &mut of_kernels, self.kernel);
            let of_product = self.kernels.backward(&of_kernels);
            trail.keep(&self.kernels, around_query, of_kernels);
            let of_query = product(&of_product, &around);
            for (at, token) in gradient.chunks_mut(4 * own).enumerate() {
                let here = at * own..(at + 1) * own;
                token[..own].iter_mut().zip(&of_query[here.clone()]).for_each(|(gradient, query)| *gradient += query);
                token[3 * own..].copy_from_slice(&of_spread[here]);
            }
            let mut back = self.project.backward(&gradient);
            trail.keep(&self.project, x, gradient);
            let of_around = self.pointwise.backward(&product(&of_product, &query));
            // Going back through a convolution is one with its taps in reverse.
            let reversed: Vec<f32> = self.depthwise.rchunks(2 * own).flatten().copied().collect();
            let of_x = depthwise(&of_around, &reversed, self.kernel);
            back.iter_mut().zip(of_x).for_each(|(back, around)| *back += around);
            back
        };
        (out, Box::new(back))
    }

    fn linears(&self) -> Vec<&Linear<'_>> {
        vec![&self.project, &self.kernels]
    }
}

fn product(a: &[f32], b: &[f32]) -> Vec<f32> {
    a.iter().zip(b).map(|(a, b)| a * b).collect()
}
