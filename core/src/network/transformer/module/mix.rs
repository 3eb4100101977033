//! How a layer mixes tokens: attention, a linear transform, or a span-dynamic convolution next to attention.

use std::f64::consts::PI;

use burn::tensor::{Tensor, activation::softmax};

use super::super::reduce::Role;
use super::parts::{Linear, vector};
use super::watch::Watch;
use super::{Network, tensor};
use crate::Result;
use crate::space::transformer::{Basis, Layer, Operation, Similarity};

/// The operation of one layer.
struct Mixing {
    /// Name of its weights in PyTorch, up to the part.
    name: String,
    heads: usize,
}

impl Network<'_> {
    /// The operation of a layer from [B, T, H] to [B, T, H], which for all but transforms ends with a residual
    /// connection and a norm.
    pub(super) fn mix(&self, name: &str, layer: &Layer, input: Tensor<3>, watch: &mut Watch) -> Result<Tensor<3>> {
        let mixing = Mixing { name: format!("{name}.operation"), heads: layer.heads };
        let mixed = match layer.operation {
            Operation::Transform(basis) => return self.transform(&mixing, basis, input, watch),
            Operation::Attention(similarity) => self.attention(&mixing, similarity, &input, watch)?,
            Operation::Convolution { kernel } => self.convolution(&mixing, kernel, &input, watch)?,
        };
        let dense = self.watched(&format!("{name}.output.dense"))?;
        let output = dense.forward(mixed) + input;
        watch.linears.push((Role::Output, dense));
        Ok(self.norm(&format!("{name}.output.LayerNorm"))?.forward(output))
    }

    /// softmax(q kᵀ / √d) v, head by head: [B, T, H] to [B, T, H].
    fn attention(
        &self,
        mixing: &Mixing,
        similarity: Similarity,
        x: &Tensor<3>,
        watch: &mut Watch,
    ) -> Result<Tensor<3>> {
        let Mixing { name, heads } = mixing;
        let [mut query, key, value] = self.projected(name, x, watch)?;
        if similarity == Similarity::WeightedMultiplicative {
            let weight = Linear::unbiased(self.weights, &format!("{name}.weight"), &self.device)?.watched();
            query = weight.forward(query);
            watch.head(&query);
            watch.linears.push((Role::Operation, weight));
        }
        Ok(joined(attended(query, key, value, *heads, watch)))
    }

    /// The real part of a Fourier transform, or a cosine transform, over tokens and the features of each head: [B, T,
    /// H] to [B, T, H].
    fn transform(&self, mixing: &Mixing, basis: Basis, x: Tensor<3>, watch: &mut Watch) -> Result<Tensor<3>> {
        let input = self.watched(&format!("{}.input", mixing.name))?;
        let h = input.forward(x);
        watch.head(&h);
        watch.linears.push((Role::Operation, input));
        let h = split(h, mixing.heads);
        let [_, _, tokens, features] = h.dims();
        let part = |wave: fn(f64) -> f64, n: usize| {
            let angle = |k: usize, t: usize| match basis {
                Basis::Fourier => 2.0 * PI * ((k * t) % n) as f64 / n as f64,
                Basis::Cosine => PI * (k * (2 * t + 1)) as f64 / (2 * n) as f64,
            };
            let values = (0..n * n).map(|entry| wave(angle(entry / n, entry % n)) as f32).collect();
            tensor::<2>(values, [n, n], &self.device).unsqueeze::<4>()
        };
        let over = |wave| part(wave, tokens).matmul(h.clone()).matmul(part(wave, features).transpose());
        let transformed = match basis {
            // Re[(C − iS) h (C − iS)ᵀ] = C h Cᵀ − S h Sᵀ.
            Basis::Fourier => over(f64::cos) - over(f64::sin),
            // A factor 2 in each direction.
            Basis::Cosine => over(f64::cos) * 4.0,
        };
        // The published code computes the softmax, where its hook observes it, but does not use it.
        watch.softmax(&softmax(transformed.clone(), 3));
        Ok(joined(transformed))
    }

    /// ConvBERT: half of the heads attend, half convolve with kernels computed from the span around each token: [B, T,
    /// H] to [B, T, H].
    fn convolution(&self, mixing: &Mixing, kernel: usize, x: &Tensor<3>, watch: &mut Watch) -> Result<Tensor<3>> {
        let Mixing { name, heads } = mixing;
        // The other half convolves.
        let heads = heads / 2;
        // A convolution reads zeros at padding, as beyond the ends of a sequence.
        let x = &watch.zeroed(x.clone());
        let [query, key, value] = self.projected(name, x, watch)?;
        let [batch, tokens, width] = query.dims();
        let around = self.separable(&format!("{name}.key_conv_attn_layer"), kernel, x)?;
        let kernels = self.watched(&format!("{name}.conv_kernel_layer"))?;
        let kernel_of = kernels.forward(around * query.clone()).reshape([batch, tokens, heads, kernel]);
        let kernel_of = softmax(kernel_of, 3);
        let spans = self.watched(&format!("{name}.conv_out_layer"))?;
        let spread = watch.zeroed(spans.forward(x.clone()));
        watch.linears.extend([kernels, spans].map(|linear| (Role::Operation, linear)));
        let convolved = shifted(&spread, kernel).enumerate().map(|(tap, values)| {
            let weight = kernel_of.clone().slice([0..batch, 0..tokens, 0..heads, tap..tap + 1]);
            values.reshape([batch, tokens, heads, width / heads]) * weight
        });
        let attention = attended(query, key, value, heads, watch).swap_dims(1, 2);
        let both = vec![attention, sum(convolved)];
        Ok(Tensor::cat(both, 2).reshape([batch, tokens, 2 * width]))
    }

    /// A separable convolution, of every feature by itself and then a map of the features: [B, T, H] to [B, T, H / 2].
    fn separable(&self, name: &str, kernel: usize, x: &Tensor<3>) -> Result<Tensor<3>> {
        let [_, _, width] = x.dims();
        let depthwise = self.weights.get(&format!("{name}.depthwise.weight"))?;
        let of = |tap: usize| (0..width).map(|feature| depthwise.values[feature * kernel + tap]).collect();
        let taps = shifted(x, kernel)
            .enumerate()
            .map(|(tap, values)| values * tensor::<3>(of(tap), [1, 1, width], &self.device));
        let pointwise = Linear::unbiased(self.weights, &format!("{name}.pointwise"), &self.device)?;
        let bias = vector(self.weights, &format!("{name}.bias"), &self.device)?;
        Ok(pointwise.forward(sum(taps)) + bias.unsqueeze::<3>())
    }

    /// Query, key and value, [B, T, mixed width] each, of x [B, T, H].
    fn projected(&self, name: &str, x: &Tensor<3>, watch: &mut Watch) -> Result<[Tensor<3>; 3]> {
        let mut project = |part: &str| {
            let linear = self.watched(&format!("{name}.{part}"))?;
            let projected = linear.forward(x.clone());
            watch.head(&projected);
            watch.linears.push((Role::Operation, linear));
            Ok(projected)
        };
        Ok([project("query")?, project("key")?, project("value")?])
    }
}

/// Attention of query, key and value [B, T, mixed width]: [B, A, T, features of a head].
fn attended(query: Tensor<3>, key: Tensor<3>, value: Tensor<3>, heads: usize, watch: &mut Watch) -> Tensor<4> {
    let [query, key, value] = [query, key, value].map(|part| split(part, heads));
    let features = query.dims()[3] as f64;
    let scores = watch.unattended(query.matmul(key.transpose()) / features.sqrt());
    let weights = softmax(scores, 3);
    watch.attention(&weights);
    watch.masked(weights.matmul(value))
}

/// [B, T, H] to [B, A, T, H / A].
fn split(x: Tensor<3>, heads: usize) -> Tensor<4> {
    let [batch, tokens, width] = x.dims();
    x.reshape([batch, tokens, heads, width / heads]).swap_dims(1, 2)
}

/// [B, A, T, H / A] to [B, T, H].
fn joined(x: Tensor<4>) -> Tensor<3> {
    let [batch, heads, tokens, features] = x.dims();
    x.swap_dims(1, 2).reshape([batch, tokens, heads * features])
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
