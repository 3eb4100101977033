//! Which tokens of some sequences are real, and how padding is excluded.

use burn::tensor::{Device, Tensor};

use crate::network::tensor::tensor;

/// Added to a score that must not count: its exponential is zero in f32.
pub const FAR_BELOW: f32 = 1e9;

/// The real tokens of sequences that have padding at their ends.
#[derive(Clone)]
pub struct Padding {
    /// [B, T]: one for a real token, zero for padding.
    real: Tensor<2>,
    /// The same without automatic differentiation.
    plain: Tensor<2>,
    /// `[B]`: 1 / number of real tokens, without automatic differentiation.
    shares: Tensor<1>,
    /// Real tokens of each sequence.
    lengths: Vec<usize>,
    /// Those of the first sequence.
    pub first: usize,
    /// Whether all operations but attention read padding as tokens, as in training.
    pub is_read: bool,
}

impl Padding {
    /// As [`Self::new`], where any sequence has padding.
    pub fn of(lengths: &[usize], sequence: usize, device: &Device) -> Option<Self> {
        lengths.iter().any(|&real| real < sequence).then(|| Self::new(lengths, sequence, device))
    }

    /// Padding after so many real tokens of each sequence, all of length `sequence`.
    pub fn new(lengths: &[usize], sequence: usize, device: &Device) -> Self {
        let is_real = |position: usize, length: usize| f32::from(u8::from(position < length));
        let real = lengths.iter().flat_map(|&length| (0..sequence).map(move |position| is_real(position, length)));
        let real = tensor::<2>(real.collect(), [lengths.len(), sequence], device);
        let shares = lengths.iter().map(|&length| 1.0 / length as f32).collect();
        Self {
            plain: real.clone().without_autodiff(),
            real,
            shares: tensor::<1>(shares, [lengths.len()], device).without_autodiff(),
            lengths: lengths.to_vec(),
            first: lengths.first().copied().unwrap_or(0),
            is_read: false,
        }
    }

    /// Of values [B, T, features] on the host those of the real tokens, one sequence after another.
    pub fn real_alone(&self, values: &[f32], features: usize) -> Vec<f32> {
        let [_, tokens] = self.real.dims();
        let sequences = values.chunks(tokens * features).zip(&self.lengths);
        sequences.flat_map(|(values, length)| &values[..length * features]).copied().collect()
    }

    /// Values [B, T, features], zero at padding that is not read.
    pub fn zeroed(&self, values: Tensor<3>) -> Tensor<3> {
        if self.is_read {
            return values;
        }
        let [batch, tokens] = self.real.dims();
        values * self.real.clone().reshape([batch, tokens, 1])
    }

    /// Values [B, T, features], far below all others at padding.
    pub fn below(&self, values: Tensor<3>) -> Tensor<3> {
        let [batch, tokens] = self.plain.dims();
        values + ((self.plain.clone() - 1.0) * FAR_BELOW).reshape([batch, tokens, 1])
    }

    /// Scores [B, A, T, T], far below all others where the key is padding.
    pub fn unattended(&self, scores: Tensor<4>) -> Tensor<4> {
        let [batch, tokens] = self.real.dims();
        scores + ((self.real.clone() - 1.0) * FAR_BELOW).reshape([batch, 1, 1, tokens])
    }

    /// Means [B, A, 1, 1] over the real tokens of values [B, A, T, 1].
    pub fn mean(&self, values: Tensor<4>) -> Tensor<4> {
        let [batch, tokens] = self.plain.dims();
        let sums = (values * self.plain.clone().reshape([batch, 1, tokens, 1])).sum_dim(2);
        sums * self.shares.clone().reshape([batch, 1, 1, 1])
    }

    /// Means [B, A, T, 1] over the real keys of weights [B, A, T, T], which are zero where the key is padding.
    pub fn mean_over_keys(&self, weights: Tensor<4>) -> Tensor<4> {
        let [batch, _] = self.plain.dims();
        weights.sum_dim(3) * self.shares.clone().reshape([batch, 1, 1, 1])
    }
}
