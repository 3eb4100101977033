//! How a layer mixes tokens: attention, a linear transform, or a span-dynamic convolution next to attention.

use std::f64::consts::PI;

use burn::tensor::{Tensor, activation::softmax};

use super::assembly::Encoder;
use crate::Result;
use crate::network::tensor::tensor;
use crate::network::transformer::kernel::attention::Heads;
use crate::network::transformer::module::attention::{self, joined, split};
use crate::network::transformer::module::capture::Capture;
use crate::network::transformer::module::parts::Linear;
use crate::observation::{Role, Site};
use crate::space::encoder::{Basis, Layer, Operation, Similarity};

/// The operation of one layer.
struct Mixing {
    /// Name of its weights in PyTorch, up to the part.
    name: String,
    heads: usize,
}

impl Encoder<'_> {
    /// The operation of a layer from [B, T, H] to [B, T, H], which for all but transforms ends with a residual
    /// connection and a norm.
    pub(super) fn mix(&self, name: &str, layer: &Layer, input: Tensor<3>, capture: &mut Capture) -> Result<Tensor<3>> {
        let mixing = Mixing { name: format!("{name}.operation"), heads: layer.heads };
        let mixed = match layer.operation {
            Operation::Transform(basis) => return self.transform(&mixing, basis, input, capture),
            Operation::Attention(similarity) => self.attention(&mixing, similarity, &input, capture)?,
            Operation::Convolution { kernel } => self.convolution(&mixing, kernel, &input, capture)?,
        };
        let dense = capture.watched(self.linear(&format!("{name}.output.dense"), Role::OperationOutput)?);
        let output = capture.dropped(&dense.name, dense.forward(mixed)) + input;
        Ok(self.norm(&format!("{name}.output.LayerNorm"))?.forward(output))
    }

    /// softmax(q kᵀ / √d) v, head by head: [B, T, H] to [B, T, H].
    fn attention(
        &self,
        mixing: &Mixing,
        similarity: Similarity,
        x: &Tensor<3>,
        capture: &mut Capture,
    ) -> Result<Tensor<3>> {
        let Mixing { name, heads } = mixing;
        let [mut query, key, value] = self.projected(name, x, capture)?;
        if similarity == Similarity::WeightedMultiplicative {
            let weight = Linear::unbiased(&self.parameters, &format!("{name}.weight"), Role::Operation)?;
            let weight = capture.watched(weight);
            query = weight.forward(query);
            capture.projection(&weight.spec.site, &query);
        }
        Ok(joined(attended([query, key, value], name, *heads, capture)))
    }

    /// The real part of a Fourier transform, or a cosine transform, over tokens and the features of each head: [B, T,
    /// H] to [B, T, H].
    fn transform(&self, mixing: &Mixing, basis: Basis, x: Tensor<3>, capture: &mut Capture) -> Result<Tensor<3>> {
        let input = capture.watched(self.linear(&format!("{}.input", mixing.name), Role::Operation)?);
        let h = input.forward(x);
        capture.projection(&input.spec.site, &h);
        let h = split(h, mixing.heads);
        let [_, _, tokens, features] = h.dims();
        let part = |wave: fn(f64) -> f64, n: usize| {
            let angle = |k: usize, t: usize| match basis {
                Basis::Fourier => 2.0 * PI * ((k * t) % n) as f64 / n as f64,
                Basis::Cosine => PI * (k * (2 * t + 1)) as f64 / (2 * n) as f64,
            };
            let values = (0..n * n).map(|entry| wave(angle(entry / n, entry % n)) as f32).collect();
            tensor::<2>(values, [n, n], &self.parameters.device).unsqueeze::<4>()
        };
        let over = |wave| part(wave, tokens).matmul(h.clone()).matmul(part(wave, features).transpose());
        let transformed = match basis {
            // Re[(C − iS) h (C − iS)ᵀ] = C h Cᵀ − S h Sᵀ.
            Basis::Fourier => over(f64::cos) - over(f64::sin),
            // A factor 2 in each direction.
            Basis::Cosine => over(f64::cos) * 4.0,
        };
        // The published code computes the softmax, where its hook observes it, but does not use it.
        if capture.wants_softmaxes() {
            capture.softmax(&Site::of_weight(&mixing.name), &softmax(transformed.clone(), 3));
        }
        Ok(joined(transformed))
    }

    /// ConvBERT: half of the heads attend, half convolve with kernels computed from the span around each token: [B, T,
    /// H] to [B, T, H].
    fn convolution(&self, mixing: &Mixing, kernel: usize, x: &Tensor<3>, capture: &mut Capture) -> Result<Tensor<3>> {
        let Mixing { name, heads } = mixing;
        // The other half convolves.
        let heads = heads / 2;
        // A convolution reads zeros at padding, as beyond the ends of a sequence.
        let x = &capture.zeroed(x.clone());
        let [query, key, value] = self.projected(name, x, capture)?;
        let [batch, tokens, width] = query.dims();
        let around = self.separable(&format!("{name}.key_conv_attn_layer"), kernel, x)?;
        let kernels = capture.watched(self.linear(&format!("{name}.conv_kernel_layer"), Role::Operation)?);
        let kernel_of = kernels.forward(around * query.clone()).reshape([batch, tokens, heads, kernel]);
        let kernel_of = softmax(kernel_of, 3);
        let spans = capture.watched(self.linear(&format!("{name}.conv_out_layer"), Role::Operation)?);
        let spread = capture.zeroed(spans.forward(x.clone()));
        let convolved = shifted(&spread, kernel).enumerate().map(|(tap, values)| {
            let weight = kernel_of.clone().slice([0..batch, 0..tokens, 0..heads, tap..tap + 1]);
            values.reshape([batch, tokens, heads, width / heads]) * weight
        });
        let attention = attended([query, key, value], name, heads, capture).swap_dims(1, 2);
        let both = vec![attention, sum(convolved)];
        Ok(Tensor::cat(both, 2).reshape([batch, tokens, 2 * width]))
    }

    /// A separable convolution, of every feature by itself and then a map of the features: [B, T, H] to [B, T, H / 2].
    fn separable(&self, name: &str, kernel: usize, x: &Tensor<3>) -> Result<Tensor<3>> {
        let [_, _, width] = x.dims();
        let depthwise = self.parameters.matrix(&format!("{name}.depthwise.weight"))?;
        let of = |tap: usize| depthwise.clone().slice([0..width, tap..tap + 1]).reshape([1, 1, width]);
        let taps = shifted(x, kernel).enumerate().map(|(tap, values)| values * of(tap));
        let pointwise = Linear::unbiased(&self.parameters, &format!("{name}.pointwise"), Role::Unread)?;
        let bias = self.parameters.vector(&format!("{name}.bias"))?;
        Ok(pointwise.forward(sum(taps)) + bias.unsqueeze::<3>())
    }

    /// Query, key and value, [B, T, mixed width] each, of x [B, T, H].
    fn projected(&self, name: &str, x: &Tensor<3>, capture: &mut Capture) -> Result<[Tensor<3>; 3]> {
        let mut project = |part: &str| {
            let linear = capture.watched(self.linear(&format!("{name}.{part}"), Role::Operation)?);
            let projected = linear.forward(x.clone());
            capture.projection(&linear.spec.site, &projected);
            Ok(projected)
        };
        Ok([project("query")?, project("key")?, project("value")?])
    }
}

/// Attention of query, key and value [B, T, mixed width], whose weights' names begin with `name`: [B, A, T, features of
/// a head].
fn attended(parts: [Tensor<3>; 3], name: &str, heads: usize, capture: &mut Capture) -> Tensor<4> {
    let [_, _, width] = parts[0].dims();
    let parts = parts.map(|part| split(part, heads));
    attention::attended(parts, None, (name, Heads::unmasked(heads, width)), capture)
}

/// Per tap of a kernel centred on every token, the values [B, T, H] that it reads; zeros beyond the sequence.
fn shifted(x: &Tensor<3>, kernel: usize) -> impl Iterator<Item = Tensor<3>> {
    let [batch, tokens, width] = x.dims();
    let margin = Tensor::<3>::zeros([batch, kernel / 2, width], &x.device());
    let padded = Tensor::cat(vec![margin.clone(), x.clone(), margin], 1);
    (0..kernel).map(move |tap| padded.clone().slice([0..batch, tap..tap + tokens, 0..width]))
}

/// The sum of one or more tensors of one shape.
fn sum<const D: usize>(terms: impl Iterator<Item = Tensor<D>>) -> Tensor<D> {
    let terms: Vec<Tensor<D>> = terms.collect();
    let first = terms[0].clone();
    terms.into_iter().skip(1).fold(first, |sum, term| sum + term)
}
