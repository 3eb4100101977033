//! ConvBERT's operation: half of the heads attend, half convolve with kernels computed from the span around each token.

use super::dynamic_convolution::{DynamicConvolution, depthwise, of_taps};
use crate::Result;
use crate::network::matmul::{matrix, matrix_mut};
use crate::network::transformer::kernel::attention::{Heads, Sites, Weights, query_key_value};
use crate::network::transformer::kernel::builder::Builder;
use crate::network::transformer::kernel::linear::{Linear, Tape};
use crate::network::transformer::kernel::part::{Backward, Part, SequencePass};
use crate::network::transformer::kernel::softmax::{softmax, softmax_backward};
use crate::observation::Role;

/// Span-dynamic convolution of a layer next to attention, up to the output dense.
pub struct Convolution<'a> {
    /// Query, key, value and the values that are convolved, as one map.
    project: Linear<'a>,
    /// [kernel, H]: a convolution of every feature by itself.
    depthwise: Vec<f32>,
    /// The complete name of its weight, [H, 1, kernel].
    depthwise_name: String,
    /// Maps the depthwise convolution to the width of the query.
    pointwise: Linear<'a>,
    /// Maps that, times the query, to the kernels of every head: [T, A / 2 · kernel].
    kernels: Linear<'a>,
    /// The A / 2 heads that attend.
    sites: Sites,
    kernel: usize,
}

impl<'a> Convolution<'a> {
    /// The operation with the weights named `name.…`, with `heads` that attend and as many that convolve.
    ///
    /// # Errors
    /// [`crate::Error::Weights`] where a weight is missing.
    pub fn new(builder: &mut Builder<'a>, name: &str, heads: usize, kernel: usize) -> Result<Self> {
        let names = ["query", "key", "value", "conv_out_layer"].map(|part| format!("{name}.{part}"));
        let separable = format!("{name}.key_conv_attn_layer");
        let weights = builder.weights;
        let depthwise_name = format!("{separable}.depthwise.weight");
        let taps = &weights.get(&depthwise_name)?.values;
        let tap = |index: usize| taps.iter().skip(index).step_by(kernel);
        Ok(Self {
            project: builder.linear(Role::Operation, &names)?,
            depthwise: (0..kernel).flat_map(tap).copied().collect(),
            depthwise_name: weights.name(&depthwise_name),
            pointwise: builder
                .linear(Role::Unread, &[format!("{separable}.pointwise")])?
                .biased(weights, &format!("{separable}.bias"))?,
            kernels: builder.linear(Role::Operation, &[format!("{name}.conv_kernel_layer")])?,
            sites: Sites::new(name, heads),
            kernel,
        })
    }

    /// Part `part` of the joint projections [T, 2 · H]: [T, H / 2].
    fn own(&self, joined: &[f32], part: usize) -> Vec<f32> {
        let own = self.pointwise.output();
        joined.chunks(4 * own).flat_map(|token| &token[part * own..][..own]).copied().collect()
    }
}

impl Convolution<'_> {
    /// The backward pass of the depthwise and the pointwise convolution: from the gradient of their output, [T, H / 2],
    /// to that of their input x [T, H].
    fn separable_backward(&self, x: &[f32], upstream: Vec<f32>, tape: &mut Tape) -> Vec<f32> {
        let width = self.depthwise.len() / self.kernel;
        let of_depthwise = self.pointwise.backward(&upstream);
        if let Some(gradients) = &mut tape.others {
            gradients.push((self.depthwise_name.clone(), of_taps(x, &of_depthwise, self.kernel, width)));
            // Computed again: of the two passes, only this one of a network that is trained needs it.
            tape.save(&self.pointwise, depthwise(x, &self.depthwise, self.kernel), upstream);
        }
        // The backward pass of a convolution is a convolution with its taps in reverse.
        let reversed: Vec<f32> = self.depthwise.rchunks(width).flatten().copied().collect();
        depthwise(&of_depthwise, &reversed, self.kernel)
    }
}

impl Part for Convolution<'_> {
    /// From [T, H] to [T, H].
    fn forward(&self, x: Vec<f32>, pass: &mut SequencePass) -> (Vec<f32>, Backward<'_>) {
        let own = self.pointwise.output();
        let joined = self.project.forward(&x);
        pass.nodes(&self.project, &joined);
        pass.seen.projections(&joined, 4 * own, &self.project.sites()[..3]);
        let (query, spread) = (self.own(&joined, 0), self.own(&joined, 3));
        let around = self.pointwise.forward(&depthwise(&x, &self.depthwise, self.kernel));
        let around_query = multiply_entries(&around, &query);
        let mut kernels = self.kernels.forward(&around_query);
        pass.nodes(&self.kernels, &kernels);
        softmax(&mut kernels, self.kernel);
        let mut out = vec![0.0; joined.len() / 2];
        let keys = pass.keys;
        let parts = query_key_value(&joined, [4 * own, own], keys, None);
        let attended = matrix_mut(&mut out, 2 * own).subcols_mut(0, own);
        let dropout = pass.dropout.at(self.project.index());
        let heads = Heads::unmasked(self.sites.heads.len(), own);
        let weights = Weights::forward(parts, heads, dropout, attended);
        self.sites.observe(&weights, &mut pass.seen);
        let span = DynamicConvolution { heads: self.sites.heads.len(), kernel: self.kernel, width: own };
        span.forward(&kernels, &spread, &mut out);
        let back = move |upstream: Vec<f32>, tape: &mut Tape| {
            let mut gradient = vec![0.0; joined.len()];
            let attended = matrix(&upstream, 2 * own).subcols(0, own);
            let parts = query_key_value(&joined, [4 * own, own], keys, None);
            let heads = weights.backward(parts, attended, matrix_mut(&mut gradient, 4 * own));
            tape.heads.push(self.sites.with(heads));
            let [mut of_kernels, of_spread] = span.backward(&kernels, &spread, &upstream);
            softmax_backward(&kernels, &mut of_kernels, self.kernel);
            let of_product = self.kernels.backward(&of_kernels);
            tape.save(&self.kernels, around_query, of_kernels);
            let of_query = multiply_entries(&of_product, &around);
            for (index, token) in gradient.chunks_mut(4 * own).enumerate() {
                let here = index * own..(index + 1) * own;
                token[..own].iter_mut().zip(&of_query[here.clone()]).for_each(|(gradient, query)| *gradient += query);
                token[3 * own..].copy_from_slice(&of_spread[here]);
            }
            let mut back = self.project.backward(&gradient);
            let of_x = self.separable_backward(&x, multiply_entries(&of_product, &query), tape);
            back.iter_mut().zip(of_x).for_each(|(back, around)| *back += around);
            tape.save(&self.project, x, gradient);
            back
        };
        (out, Box::new(back))
    }

    fn linears(&self) -> Vec<&Linear<'_>> {
        vec![&self.project, &self.kernels, &self.pointwise]
    }
}

/// The entry-wise product of two arrays of one shape.
fn multiply_entries(a: &[f32], b: &[f32]) -> Vec<f32> {
    a.iter().zip(b).map(|(a, b)| a * b).collect()
}
