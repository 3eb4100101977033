//! What a recurrent network makes of its batch.

use super::Sizes;
use crate::network::{Batch, FurtherCounts};
use crate::{Error, Result};

impl Batch {
    /// A batch from ids [T, B] of a recurrent network, with the published noise.
    ///
    /// # Errors
    /// [`Error::Text`] as [`Batch::check`].
    pub fn from_tokens(tokens: Vec<u32>, sizes: &Sizes, seed: u32) -> Result<Self> {
        let batch = Self::with_seeded_noise(tokens, sizes.steps * sizes.batch * sizes.embedding, seed);
        batch.check(sizes)?;
        Ok(batch)
    }

    /// Checks the batch against the sizes.
    ///
    /// # Errors
    /// [`Error::Text`] with the step and sample of a token that is out of range, or what has the wrong length.
    pub fn check(&self, sizes: &Sizes) -> Result<()> {
        let wrong = |what, place: String, problem: String| Err(Error::Text { what, place, problem });
        let (tokens, noise) = (sizes.steps * sizes.batch, sizes.steps * sizes.batch * sizes.embedding);
        if self.tokens.len() != tokens || self.noise_count() != noise {
            let problem = format!(
                "{} ids and {} noise values; the sizes require {tokens} and {noise}",
                self.tokens.len(),
                self.noise_count()
            );
            return wrong("batch", "size".to_owned(), problem);
        }
        for (what, ids) in [("tokens", Some(&self.tokens)), ("targets", self.targets.as_ref())] {
            let ids = ids.map_or(&[][..], Vec::as_slice);
            if let Some(index) = ids.iter().position(|&id| id as usize >= sizes.vocabulary) {
                let place = format!("step {} sample {}", index / sizes.batch, index % sizes.batch);
                let problem = format!("id {} is outside a vocabulary of {}", ids[index], sizes.vocabulary);
                return wrong(what, place, problem);
            }
        }
        let of_layer = |layer| sizes.batch * sizes.steps * sizes.widths(layer).1;
        self.further.check(&FurtherCounts {
            tokens,
            vocabulary: sizes.vocabulary,
            embedded: noise,
            blocks: (1..sizes.layers).map(of_layer).collect(),
        })
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
