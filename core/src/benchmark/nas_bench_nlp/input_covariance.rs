//! What the published column `jacobian_covariance` holds: S(corr(X)), X = the embedded words, rows = steps, columns =
//! (sample, feature). S is the score that `metric::spectrum` tells of.
//!
//! No gradient is in it, and of the network, with text and seed fixed, no more than how many weights are drawn before
//! the embedding: the 2,956 cells have 92 such numbers, and 92 values, near −71.1 for the 70 steps. (A further row, of
//! run 13782, has a value of its own that does not follow.) The ablation files of the same authors hold the score of
//! the gradient with samples as rows, the metric of that name. All this follows from the published numbers, which come
//! out to 1e-10; the released code has no such line.

use crate::metric::spectrum;
use crate::network::Batch;
use crate::network::recurrent::Sizes;
use crate::observation::Moments;
use crate::undefined::Undefined;

/// The metric whose published column is another one's.
pub const MISTAKEN: &str = "jacobian_covariance";

/// S(corr(X)) of a batch and an embedding [V, E].
///
/// # Errors
/// [`Undefined`] where all words of a step are one word.
pub fn input_covariance(batch: &Batch, embedding: &[f32], sizes: &Sizes) -> Result<f64, Undefined> {
    let words = batch.embedded(embedding, sizes.embedding);
    let columns = sizes.batch * sizes.embedding;
    spectrum::score(
        &Moments::from_fn(sizes.steps, columns, |step, column| words[step * columns + column]).correlation()?,
    )
}

#[cfg(test)]
mod tests {
    use super::{Batch, Sizes, input_covariance};

    /// Steps that read (1, 2, 3) and (1, 0, 1) are uncorrelated: S ≈ −2, as of [`crate::metric::hidden_covariance`].
    #[test]
    fn two_uncorrelated_steps_by_hand() {
        let sizes = Sizes { vocabulary: 4, embedding: 1, hidden: 1, layers: 1, batch: 3, steps: 2 };
        let batch = Batch::from_tokens(vec![1, 2, 3, 1, 0, 1], &sizes, 0).unwrap();
        let expected = -2.0 * (1.00001f64.ln() + 1.0 / 1.00001);
        assert!((input_covariance(&batch, &[0.0, 1.0, 2.0, 3.0], &sizes).unwrap() - expected).abs() < 1e-12);
    }
}
