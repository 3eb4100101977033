//! The discriminator on any device.

use burn::tensor::Tensor;
use burn::tensor::activation::log_sigmoid;

use super::super::super::masked_batch::MaskedBatch;
use super::super::super::shape::EncoderShape;
use super::{labels, loss};
use crate::Result;
use crate::network::encoder::module::trained::{GradientSums, TrainedEncoder};
use crate::network::tensor::tensor;
use crate::network::transformer::Scope;
use crate::network::transformer::kernel::dropout::Dropout;
use crate::network::transformer::module::gelu::gelu;
use crate::network::transformer::module::parameters::Leaves;
use crate::network::transformer::module::parts::Linear;
use crate::observation::Role;

/// An encoder with its head.
pub struct Discriminator<'a> {
    encoder: TrainedEncoder<'a>,
    /// What the names of the head's weights begin with.
    head: &'a str,
}

impl<'a> Discriminator<'a> {
    /// The discriminator with these weights, which are on a device, and the head `name`.
    pub fn new(shape: &'a EncoderShape, weights: Scope<'a>, name: &'a str, leaves: &'a Leaves) -> Self {
        Self { encoder: TrainedEncoder::new(&shape.configuration, weights, leaves), head: name }
    }

    /// Runs sequences of a batch from `first` on, with their corrupted ids: Σ nll, and how many tokens have the correct
    /// label. Adds the gradients of scale · Σ nll.
    ///
    /// # Errors
    /// [`crate::Error::Broken`] or [`crate::Error::Memory`] when the device fails, [`crate::Error::Weights`] where a
    /// weight is missing.
    pub async fn run(
        &self,
        batch: &MaskedBatch,
        (first, corrupted): (usize, &[Vec<u32>]),
        (dropout, scale): (Dropout, f64),
        sums: &mut GradientSums,
    ) -> Result<(f64, usize)> {
        let sequences = || (first..).zip(corrupted);
        let padded: Vec<_> = sequences().map(|(index, tokens)| batch.original.with_tokens_of(index, tokens)).collect();
        let dropout = sequences().map(|(index, _)| dropout.at(index)).collect();
        let forward = self.encoder.forward(&padded, dropout)?;
        let logits = self.logits(forward.hidden.clone())?;
        let [batch_size, length, _] = logits.dims();
        let labels: Vec<Vec<bool>> = sequences().map(|(index, tokens)| labels(batch, index, tokens)).collect();
        // Per token the sign that its logit should have, and 0 for padding, which has no label.
        let sign =
            |labels: &[bool], place: usize| labels.get(place).map_or(0.0, |&label| if label { 1.0 } else { -1.0 });
        let signs = labels.iter().flat_map(|labels| (0..length).map(|place| sign(labels, place)));
        let signs: Tensor<3> = tensor(signs.collect(), [batch_size, length, 1], &self.encoder.leaves.device);
        // nll = ln(1 + eˡ) − label · l = −ln σ(sign · l).
        let total = (log_sigmoid(logits.clone() * signs.clone()) * signs.abs()).sum() * -scale;
        let values = vec![logits.without_autodiff().flatten(0, 2)];
        let read = self.encoder.read(forward, &total, values, sums).await?;
        let logits = read.iter().flat_map(|logits| logits.chunks(length));
        let judged = logits.zip(&labels).map(|(logits, labels)| loss(logits, labels));
        Ok(judged.fold((0.0, 0), |sums, (nll, correct)| (sums.0 + nll, sums.1 + correct)))
    }

    /// The logits of hidden states [B, T, H], [B, T, 1].
    fn logits(&self, hidden: Tensor<3>) -> Result<Tensor<3>> {
        let parameters = self.encoder.parameters().shared();
        let linear = |part: &str| Linear::new(&parameters, &format!("{}.{part}", self.head), Role::Unread);
        Ok(linear("dense_prediction")?.forward(gelu(linear("dense")?.forward(hidden))))
    }
}
