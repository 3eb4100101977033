//! Convolutions over the tokens of a sequence, padded with zeros at its ends.

use std::ops::Range;

use crate::simd::{dot, simd};

/// A convolution whose kernels differ from token to token and from head to head.
#[derive(Clone, Copy)]
pub struct DynamicConvolution {
    /// Heads that convolve.
    pub heads: usize,
    /// Tokens a kernel spans; odd.
    pub kernel: usize,
    /// Features of all convolving heads together.
    pub width: usize,
}

/// y[t] = Σ over taps of taps[tap] · x[t + tap − kernel / 2], feature by feature; x and y are [T, H], the taps are
/// [kernel, H].
pub fn depthwise(x: &[f32], taps: &[f32], kernel: usize) -> Vec<f32> {
    let width = taps.len() / kernel;
    let mut out = vec![0.0; x.len()];
    simd(
        #[inline(always)]
        || {
            for (token, out) in out.chunks_mut(width).enumerate() {
                for (tap, other) in neighbours(token, kernel, x.len() / width) {
                    let (taps, x) = (&taps[tap * width..][..width], &x[other * width..][..width]);
                    out.iter_mut().zip(taps).zip(x).for_each(|((out, tap), x)| *out += tap * x);
                }
            }
        },
    );
    out
}

/// The gradient of the taps of [`depthwise`] as PyTorch orders them, [H, kernel]: Σ over tokens of dy[t] · x[t + tap −
/// kernel / 2], feature by feature; x and dy are [T, H].
pub fn of_taps(x: &[f32], upstream: &[f32], kernel: usize, width: usize) -> Vec<f32> {
    let mut gradient = vec![0.0; width * kernel];
    for (token, upstream) in upstream.chunks(width).enumerate() {
        for (tap, other) in neighbours(token, kernel, x.len() / width) {
            let taps = gradient.iter_mut().skip(tap).step_by(kernel);
            let products = upstream.iter().zip(&x[other * width..][..width]).map(|(upstream, x)| upstream * x);
            taps.zip(products).for_each(|(sum, product)| *sum += product);
        }
    }
    gradient
}

/// The taps of the kernel at a token that fall on tokens of the sequence, each with the index of that token.
#[inline(always)]
fn neighbours(token: usize, kernel: usize, tokens: usize) -> impl Iterator<Item = (usize, usize)> {
    let taps: Range<usize> = (kernel / 2).saturating_sub(token)..kernel.min(tokens + kernel / 2 - token);
    taps.map(move |tap| (tap, token + tap - kernel / 2))
}

impl DynamicConvolution {
    /// Convolves `spread` [T, width] with `kernels` [T, heads · kernel] into the last columns of `out` [T, 2 · width].
    pub fn forward(self, kernels: &[f32], spread: &[f32], out: &mut [f32]) {
        let features = self.width / self.heads;
        let tokens = spread.len() / self.width;
        let kernels = kernels.chunks(self.heads * self.kernel);
        simd(
            #[inline(always)]
            || {
                for (token, (out, kernels)) in out.chunks_mut(2 * self.width).zip(kernels).enumerate() {
                    for (tap, other) in neighbours(token, self.kernel, tokens) {
                        let spread = spread[other * self.width..][..self.width].chunks(features);
                        for ((head, out), spread) in out[self.width..].chunks_mut(features).enumerate().zip(spread) {
                            let weight = kernels[head * self.kernel + tap];
                            out.iter_mut().zip(spread).for_each(|(out, spread)| *out += weight * spread);
                        }
                    }
                }
            },
        );
    }

    /// The gradients of `kernels` [T, heads · kernel] and of `spread` [T, width], from the last columns of that of
    /// `out`, `upstream` [T, 2 · width].
    pub fn backward(self, kernels: &[f32], spread: &[f32], upstream: &[f32]) -> [Vec<f32>; 2] {
        let features = self.width / self.heads;
        let tokens = spread.len() / self.width;
        let (mut of_kernels, mut of_spread) = (vec![0.0; kernels.len()], vec![0.0; spread.len()]);
        let upstream = upstream.chunks(2 * self.width).map(|token| &token[self.width..]);
        simd(
            #[inline(always)]
            || {
                for (token, upstream) in upstream.enumerate() {
                    for (tap, other) in neighbours(token, self.kernel, tokens) {
                        for (head, upstream) in upstream.chunks(features).enumerate() {
                            let kernel = (token * self.heads + head) * self.kernel + tap;
                            let there = other * self.width + head * features;
                            of_kernels[kernel] = dot(upstream, &spread[there..][..features]);
                            let target = &mut of_spread[there..][..features];
                            target.iter_mut().zip(upstream).for_each(|(sum, value)| *sum += kernels[kernel] * value);
                        }
                    }
                }
            },
        );
        [of_kernels, of_spread]
    }
}
