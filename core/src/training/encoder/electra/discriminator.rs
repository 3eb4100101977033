//! The discriminator: of every real token, [CLS] and [SEP] too, whether it was replaced.
//!
//! ```text
//! l = gelu(h Wᵀ + b) · u + c             h [T, H], W [H, H], u [H]
//! nll = ln(1 + eˡ) − label · l           label 1 of a replaced token, else 0
//! ```

#[cfg(feature = "burn")]
pub mod module;

use rayon::prelude::*;

use super::super::masked_batch::MaskedBatch;
use super::super::shape::EncoderShape;
use crate::Result;
use crate::network::encoder::kernel::trained::{Forward, Traced, TrainedEncoder};
use crate::network::transformer::kernel::builder::Builder;
use crate::network::transformer::kernel::dropout::Dropout;
use crate::network::transformer::kernel::gelu::gelu;
use crate::network::transformer::kernel::linear::{Linear, Tape};
use crate::network::transformer::{Listed, Scope, Weights};
use crate::observation::Role;

/// An encoder with its head.
pub struct Discriminator<'a> {
    encoder: TrainedEncoder<'a>,
    dense: Linear<'a>,
    prediction: Linear<'a>,
}

/// Names and shapes of the weights of the head.
pub fn head_weights(name: &str, hidden: usize) -> Listed {
    let list = [
        ("dense.weight", vec![hidden, hidden]),
        ("dense.bias", vec![hidden]),
        ("dense_prediction.weight", vec![1, hidden]),
        ("dense_prediction.bias", vec![1]),
    ];
    list.map(|(part, shape)| (format!("{name}.{part}"), shape)).into()
}

impl<'a> Discriminator<'a> {
    /// The discriminator with these weights, and the head `name`.
    ///
    /// # Errors
    /// [`crate::Error::Weights`] where a weight is missing.
    pub fn new(shape: &EncoderShape, weights: Scope<'a>, name: &str) -> Result<Self> {
        let mut builder = Builder::new(weights);
        let encoder = TrainedEncoder::new(&shape.configuration, &mut builder, &shape.sizes)?;
        // The head's maps are in the tapes of the encoder.
        let mut builder = Builder { weights: weights.shared(), ..builder };
        let mut linear = |part: &str| builder.linear(Role::Unread, &[format!("{name}.{part}")]);
        Ok(Self { encoder, dense: linear("dense")?, prediction: linear("dense_prediction")? })
    }

    /// Runs sequences of a batch from `first` on, with their corrupted ids: Σ nll, and how many tokens have the correct
    /// label. Adds the gradients of scale · Σ nll.
    pub fn run(
        &self,
        batch: &MaskedBatch,
        (first, corrupted): (usize, &[Vec<u32>]),
        (dropout, scale): (Dropout, f64),
        gradients: Option<&mut Weights>,
    ) -> Result<(f64, usize)> {
        let trains = gradients.is_some();
        let one = |offset: usize| {
            let (index, tokens) = (first + offset, &corrupted[offset]);
            let forward = self.encoder.forward(batch.original.with_tokens_of(index, tokens), dropout.at(index), trains);
            self.judge(forward, &labels(batch, index, tokens), trains.then_some(scale))
        };
        let seen: Vec<Judged> = (0..corrupted.len()).into_par_iter().map(one).collect();
        let sums = (seen.iter().map(|judged| judged.loss).sum(), seen.iter().map(|judged| judged.correct).sum());
        if let Some(gradients) = gradients {
            let traced = seen.into_iter().filter_map(|judged| judged.traced).collect();
            self.encoder.accumulate(gradients, &[&self.dense, &self.prediction], traced)?;
        }
        Ok(sums)
    }

    /// The loss of a sequence, and where its gradient has a factor the backward pass.
    fn judge<'b>(&self, forward: Forward<'_, 'b>, labels: &[bool], scale: Option<f64>) -> Judged<'b> {
        let real = forward.hidden[..labels.len() * self.dense.output()].to_vec();
        let mut slopes = self.dense.forward(&real);
        let inner = gelu(&mut slopes);
        let logits = self.prediction.forward(&inner);
        let (loss, correct) = loss(&logits, labels);
        let traced = scale.map(|scale| {
            let pairs = logits.iter().zip(labels);
            let of_logits: Vec<f32> =
                pairs.map(|(&logit, &label)| (scale * slope(logit.into(), label)) as f32).collect();
            let mut tape = Tape::trained();
            let mut upstream = self.prediction.backward(&of_logits);
            tape.save(&self.prediction, inner, of_logits);
            upstream.iter_mut().zip(slopes).for_each(|(upstream, slope)| *upstream *= slope);
            let mut back = self.dense.backward(&upstream);
            tape.save(&self.dense, real, upstream);
            // Padding has no label.
            back.resize(forward.hidden.len(), 0.0);
            forward.backward(back, tape)
        });
        Judged { loss, correct, traced }
    }
}

/// A sequence after its passes.
struct Judged<'b> {
    /// Σ nll.
    loss: f64,
    /// Tokens with the correct label.
    correct: usize,
    /// None where nothing is differentiated.
    traced: Option<Traced<'b>>,
}

/// Of every real token of a sequence, whether it differs from the original one.
fn labels(batch: &MaskedBatch, index: usize, tokens: &[u32]) -> Vec<bool> {
    let original = batch.original.sequence(index);
    let pairs = original.input.tokens.iter().zip(tokens).take(original.length);
    pairs.map(|(original, token)| original != token).collect()
}

/// Σ nll of the real tokens of a sequence, and how many have the correct label.
fn loss(logits: &[f32], labels: &[bool]) -> (f64, usize) {
    let pairs = || logits.iter().map(|&logit| f64::from(logit)).zip(labels.iter().copied());
    let loss = pairs().map(|(logit, label)| nll(logit, label)).sum();
    (loss, pairs().filter(|(logit, label)| (*logit > 0.0) == *label).count())
}

/// ln(1 + eˡ) − label · l, without an exponential that overflows.
fn nll(logit: f64, label: bool) -> f64 {
    logit.max(0.0) - if label { logit } else { 0.0 } + (-logit.abs()).exp().ln_1p()
}

/// Its derivative, 1 / (1 + e⁻ˡ) − label.
fn slope(logit: f64, label: bool) -> f64 {
    1.0 / (1.0 + (-logit).exp()) - f64::from(u8::from(label))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ln(1 + e^l) of 0 is ln 2; of 50 it is 50, and of −50 nearly 0.
    #[test]
    fn the_loss_of_a_label() {
        assert!((nll(0.0, true) - 2.0_f64.ln()).abs() < 1e-15 && (nll(0.0, false) - 2.0_f64.ln()).abs() < 1e-15);
        assert!((nll(50.0, false) - 50.0).abs() < 1e-15 && nll(50.0, true) < 1e-20);
        assert!((nll(-800.0, true) - 800.0).abs() < 1e-12 && nll(-800.0, false) == 0.0);
        assert_eq!([slope(0.0, true), slope(0.0, false), slope(-800.0, true)], [-0.5, 0.5, -1.0]);
    }
}
