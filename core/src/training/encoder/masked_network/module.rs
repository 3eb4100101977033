//! An encoder that predicts masked words, on any device.

mod sampler;

use std::ops::Range;

use burn::tensor::Tensor;
use burn::tensor::activation::{gelu, log_softmax};

use super::super::masked_batch::MaskedBatch;
use super::super::prediction_head::WORDS;
use super::super::shape::EncoderShape;
use super::{Predicted, Randomness, by_sequence, uniforms};
use crate::Result;
use crate::network::encoder::module::trained::{Forward, GradientSums, TrainedEncoder};
use crate::network::tensor::indices;
use crate::network::transformer::Scope;
use crate::network::transformer::module::parameters::Leaves;
use crate::network::transformer::module::parts::{Linear, Norm};
use crate::observation::Role;
use sampler::Sampler;

/// An encoder with its head.
pub struct MaskedNetwork<'a> {
    encoder: TrainedEncoder<'a>,
    leaves: &'a Leaves,
    dense: Linear,
    norm: Norm,
    /// [V, E].
    words: Tensor<2>,
    /// `[V]`.
    bias: Tensor<1>,
}

impl<'a> MaskedNetwork<'a> {
    /// The network with these weights, which are on a device, and the head `name`.
    ///
    /// # Errors
    /// [`crate::Error::Weights`] where a weight is missing.
    pub fn new(shape: &'a EncoderShape, weights: Scope<'a>, name: &str, leaves: &'a Leaves) -> Result<Self> {
        let encoder = TrainedEncoder::new(&shape.configuration, weights, leaves);
        let shared = encoder.parameters().shared();
        Ok(Self {
            leaves,
            dense: Linear::new(&shared, &format!("{name}.dense"), Role::Unread)?,
            norm: Norm::new(&shared, &format!("{name}.LayerNorm"))?,
            words: shared.matrix(WORDS)?,
            bias: shared.vector(&format!("{name}.bias"))?,
            encoder,
        })
    }

    /// Runs some sequences of a batch; adds the gradients of scale · Σ nll.
    ///
    /// # Errors
    /// [`crate::Error::Broken`] or [`crate::Error::Memory`] when the device fails, [`crate::Error::Weights`] where a
    /// weight is missing.
    pub async fn run(
        &self,
        batch: &MaskedBatch,
        sequences: Range<usize>,
        random: Randomness,
        sums: &mut GradientSums,
    ) -> Result<Predicted> {
        let ids: Vec<usize> = sequences.clone().flat_map(|index| batch.targets(index)).map(|id| id as usize).collect();
        if ids.is_empty() {
            return Ok(Predicted { samples: vec![Vec::new(); sequences.len()], ..Predicted::default() });
        }
        let padded: Vec<_> = sequences.clone().map(|index| batch.masked(index)).collect();
        let dropout = sequences.clone().map(|index| random.dropout.at(index)).collect();
        let forward = self.encoder.forward(&padded, dropout)?;
        let length = batch.original.length();
        let first = sequences.start;
        let rows = sequences.clone().flat_map(|index| batch.places[index].iter().map(move |at| (index, at)));
        let rows = rows.map(|(index, place)| (index - first) * length + place);
        let predictions = self.log_probabilities(&forward, rows);
        let targets = predictions.clone().gather(1, indices(ids, &self.leaves.device).unsqueeze_dim::<2>(1));
        let loss = targets.clone().sum() * -random.scale;
        let (targets, predictions) = (targets.without_autodiff(), predictions.without_autodiff());
        let correct = targets.clone().greater_equal(predictions.clone().max_dim(1)).float();
        let mut values = vec![targets.flatten(0, 1), correct.flatten(0, 1)];
        let drawn =
            random.samples.map(|source| (uniforms(batch, sequences.clone(), source), Sampler::new(predictions)));
        values.extend(drawn.iter().map(|(_, sampler)| sampler.sums()));
        let mut read = self.encoder.read(forward, &loss, values, sums).await?.into_iter();
        let mut sum = || -> f64 { read.next().unwrap_or_default().into_iter().map(f64::from).sum() };
        let (loss, correct) = (-sum(), sum() as usize);
        let samples = match drawn {
            Some((uniforms, sampler)) => {
                let samples = sampler.draw(self.leaves, &read.next().unwrap_or_default(), &uniforms).await?;
                by_sequence(batch, sequences, samples.into_iter())
            }
            None => Vec::new(),
        };
        Ok(Predicted { loss, correct, samples })
    }

    /// The logarithms of the probabilities of all words, [M, V], in the places of these rows among all tokens, [B · T].
    fn log_probabilities(&self, forward: &Forward, rows: impl Iterator<Item = usize>) -> Tensor<2> {
        let states = forward.hidden.clone().flatten::<2>(0, 1).select(0, indices(rows, &self.leaves.device));
        let z = self.norm.forward(gelu(self.dense.forward(states.unsqueeze())));
        let logits = z.flatten::<2>(0, 1).matmul(self.words.clone().transpose()) + self.bias.clone().unsqueeze();
        log_softmax(logits, 1)
    }
}
