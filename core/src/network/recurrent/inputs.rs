//! What a network reads: token ids, and the noise of the noised metrics.

use std::sync::OnceLock;

use crate::random::numpy::Numpy;
use crate::{Error, Result};

use super::Sizes;

/// One batch of text, shared by all networks that are compared.
#[derive(Debug, Clone)]
pub struct Batch {
    /// Token ids, [T, B].
    pub tokens: Vec<u32>,
    /// Standard normal noise, [T, B, E]; most metrics read none, so it is drawn when one does.
    noise: OnceLock<Vec<f64>>,
    /// T · B · E.
    count: usize,
    /// Of the noise.
    seed: u32,
}

impl Batch {
    /// A batch from ids [T, B], with the published noise: numpy's legacy generator, seeded, filled row by row.
    ///
    /// # Errors
    /// [`Error::Text`] as [`Batch::check`].
    pub fn from_tokens(tokens: Vec<u32>, sizes: &Sizes, seed: u32) -> Result<Self> {
        let count = sizes.steps * sizes.batch * sizes.embedding;
        let batch = Self { tokens, noise: OnceLock::new(), count, seed };
        batch.check(sizes)?;
        Ok(batch)
    }

    /// A batch of ids [T, B] and noise [T, B, E].
    pub fn with_noise(tokens: Vec<u32>, noise: Vec<f64>) -> Self {
        Self { tokens, count: noise.len(), noise: noise.into(), seed: 0 }
    }

    /// The first steps of the batch: its first `tokens` ids and first `noise` values.
    pub fn first(&self, tokens: usize, noise: usize) -> Self {
        let drawn = self.noise.get().map_or_else(OnceLock::new, |all| all[..noise].to_vec().into());
        Self { tokens: self.tokens[..tokens].to_vec(), noise: drawn, count: noise, seed: self.seed }
    }

    /// Standard normal noise, [T, B, E].
    pub fn noise(&self) -> &[f64] {
        self.noise.get_or_init(|| {
            let mut numpy = Numpy::from_seed(self.seed);
            (0..self.count).map(|_| numpy.normal()).collect()
        })
    }

    /// Checks the batch against the sizes.
    ///
    /// # Errors
    /// [`Error::Text`] with the step and sample of a token that is out of range, or what has the wrong length.
    pub fn check(&self, sizes: &Sizes) -> Result<()> {
        let wrong = |what, place: String, problem: String| Err(Error::Text { what, place, problem });
        let (tokens, noise) = (sizes.steps * sizes.batch, sizes.steps * sizes.batch * sizes.embedding);
        if self.tokens.len() != tokens || self.count != noise {
            let problem = format!(
                "{} ids and {} noise values; the sizes require {tokens} and {noise}",
                self.tokens.len(),
                self.count
            );
            return wrong("batch", "size".to_owned(), problem);
        }
        match self.tokens.iter().position(|&id| id as usize >= sizes.vocabulary) {
            Some(index) => {
                let place = format!("step {} sample {}", index / sizes.batch, index % sizes.batch);
                wrong(
                    "tokens",
                    place,
                    format!("id {} is outside a vocabulary of {}", self.tokens[index], sizes.vocabulary),
                )
            }
            None => Ok(()),
        }
    }

    /// The embedded input [T, B, E] of `embedding` [V, E].
    pub fn embedded(&self, embedding: &[f32], width: usize) -> Vec<f32> {
        let mut embedded = Vec::with_capacity(self.tokens.len() * width);
        self.tokens.iter().for_each(|&id| embedded.extend_from_slice(&embedding[id as usize * width..][..width]));
        embedded
    }
}

/// embedding + amplitude · variance · noise, all [T, B, E]; the variance is the population variance over the batch
/// axis, per step and feature. In f64, cast to f32 at the end, as published.
pub fn noised(embedded: &[f32], noise: &[f64], sizes: &Sizes, amplitude: f64) -> Vec<f32> {
    let step = sizes.batch * sizes.embedding;
    let mut out = Vec::with_capacity(embedded.len());
    for (embedded, noise) in embedded.chunks(step).zip(noise.chunks(step)) {
        let variance = variances(embedded, sizes.embedding);
        let add_noise = |((index, &value), &noise): ((usize, &f32), &f64)| {
            (f64::from(value) + amplitude * variance[index % variance.len()] * noise) as f32
        };
        out.extend(embedded.iter().enumerate().zip(noise).map(add_noise));
    }
    out
}

/// Population variance of each column, `[E]`, of `rows` [B, E].
fn variances(rows: &[f32], width: usize) -> Vec<f64> {
    let count = (rows.len() / width) as f64;
    let sum = |of: &dyn Fn(usize, f64) -> f64| -> Vec<f64> {
        let mut sums = vec![0.0; width];
        for (index, &value) in rows.iter().enumerate() {
            sums[index % width] += of(index % width, f64::from(value));
        }
        sums.into_iter().map(|sum| sum / count).collect()
    };
    let means = sum(&|_, value| value);
    sum(&|column, value| (value - means[column]).powi(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_steps_share_noise_drawn_before_or_after() {
        let sizes = Sizes { vocabulary: 2, embedding: 3, hidden: 2, layers: 1, batch: 2, steps: 4 };
        let batch = Batch::from_tokens(vec![0; 8], &sizes, 5).unwrap();
        let before = batch.first(2, 6);
        assert_eq!(before.noise(), &batch.noise()[..6]);
        assert_eq!(batch.first(2, 6).noise(), before.noise());
    }

    /// Column 0 holds 1 and 3: mean 2, variance 1. Column 1 holds 0 and 0: variance 0, so noise does nothing there.
    #[test]
    fn noise_is_scaled_by_the_variance_over_the_batch() {
        let sizes = Sizes { vocabulary: 2, embedding: 2, hidden: 2, layers: 1, batch: 2, steps: 1 };
        let out = noised(&[1.0, 0.0, 3.0, 0.0], &[0.5, 9.0, -0.5, 9.0], &sizes, 10.0);
        assert_eq!(out, [6.0, 0.0, -2.0, 0.0]);
    }
}
