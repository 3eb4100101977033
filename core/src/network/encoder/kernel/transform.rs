//! Fourier and cosine transforms over tokens and over the features of each head.

use std::f64::consts::TAU;
use std::sync::Arc;

use crate::Result;
use crate::network::matmul::{matrix, matrix_mut, multiply, multiply_add};
use crate::network::transformer::kernel::builder::Builder;
use crate::network::transformer::kernel::linear::{Linear, Tape};
use crate::network::transformer::kernel::part::{Backward, Part, SequencePass};
use crate::network::transformer::kernel::softmax::softmax;
use crate::observation::{Kind, Role, Site};
use crate::space::encoder::Basis;

/// Cosine or sine.
type Wave = fn(f64) -> f64;

/// The real part of a Fourier transform, or a cosine transform: Σ over waves of M h Fᵀ.
pub struct FourierMixing<'a> {
    input: Linear<'a>,
    /// [T, waves · T]: the matrices M, concatenated along their columns.
    tokens: Vec<f32>,
    /// [d, d] each, with d features a head: F.
    features: Vec<Vec<f32>>,
    heads: usize,
    site: Arc<Site>,
}

impl<'a> FourierMixing<'a> {
    /// The transform with the map `name.input`, of sequences of this length.
    ///
    /// # Errors
    /// [`crate::Error::Weights`] where a weight is missing.
    pub fn new(builder: &mut Builder<'a>, name: &str, (heads, basis): (usize, Basis), length: usize) -> Result<Self> {
        let input = builder.linear(Role::Operation, &[format!("{name}.input")])?;
        let features = input.output() / heads;
        // Re[(C − iS) h (C − iS)ᵀ] = C h Cᵀ − S h Sᵀ; the cosine transform has a factor 2 in each direction.
        let waves: &[(f64, Wave)] = match basis {
            Basis::Fourier => &[(1.0, f64::cos), (-1.0, f64::sin)],
            Basis::Cosine => &[(4.0, f64::cos)],
        };
        let over_tokens: Vec<Vec<f32>> =
            waves.iter().map(|&(factor, wave)| table(basis, wave, factor, length)).collect();
        Ok(Self {
            input,
            tokens: (0..length)
                .flat_map(|row| over_tokens.iter().flat_map(move |m| &m[row * length..][..length]))
                .copied()
                .collect(),
            features: waves.iter().map(|&(_, wave)| table(basis, wave, 1.0, features)).collect(),
            heads,
            site: Site::of_weight(name),
        })
    }
}

/// [n, n]: row k is the wave of frequency k, times `factor`.
fn table(basis: Basis, wave: Wave, factor: f64, n: usize) -> Vec<f32> {
    let period = match basis {
        Basis::Fourier => n,
        Basis::Cosine => 4 * n,
    };
    let turn: Vec<f32> = (0..period).map(|step| (factor * wave(TAU * step as f64 / period as f64)) as f32).collect();
    let step = |k: usize, t: usize| match basis {
        Basis::Fourier => k * t,
        Basis::Cosine => k * (2 * t + 1),
    };
    (0..n * n).map(|entry| turn[step(entry / n, entry % n) % period]).collect()
}

impl Part for FourierMixing<'_> {
    fn forward(&self, x: Vec<f32>, pass: &mut SequencePass) -> (Vec<f32>, Backward<'_>) {
        let width = self.input.output();
        let (size, features) = (x.len(), width / self.heads);
        let projected = self.input.forward(&x);
        pass.nodes(&self.input, &projected);
        pass.seen.projections(&projected, width, &self.input.sites());
        let mut inner = vec![0.0; self.features.len() * size];
        for (inner, wave) in inner.chunks_mut(size).zip(&self.features) {
            multiply(
                matrix_mut(inner, features),
                matrix(&projected, features),
                matrix(wave, features).transpose(),
                1.0,
            );
        }
        let tokens = matrix(&self.tokens, inner.len() / width);
        let mut out = vec![0.0; size];
        multiply(matrix_mut(&mut out, width), tokens, matrix(&inner, width), 1.0);
        // The published code computes the softmax, where its hook observes it, but does not use it.
        if pass.seen.wants(Kind::Softmaxes) {
            pass.seen.softmax(&self.site, &self.softmax(&out, features), self.heads);
        }
        let back = move |upstream: Vec<f32>, tape: &mut Tape| {
            multiply(matrix_mut(&mut inner, width), tokens.transpose(), matrix(&upstream, width), 1.0);
            let mut gradient = vec![0.0; size];
            for (inner, wave) in inner.chunks(size).zip(&self.features) {
                multiply_add(matrix_mut(&mut gradient, features), matrix(inner, features), matrix(wave, features));
            }
            let back = self.input.backward(&gradient);
            tape.save(&self.input, x, gradient);
            back
        };
        (out, Box::new(back))
    }

    fn linears(&self) -> Vec<&Linear<'_>> {
        vec![&self.input]
    }
}

impl FourierMixing<'_> {
    /// The softmax over the features of each head, [A, T, d], of values [T, A · d].
    fn softmax(&self, transformed: &[f32], features: usize) -> Vec<f32> {
        let of = |head: usize| transformed.chunks(features).skip(head).step_by(self.heads).flatten();
        let mut weights: Vec<f32> = (0..self.heads).flat_map(of).copied().collect();
        softmax(&mut weights, features);
        weights
    }
}
