//! An encoder that predicts masked words, on any device.

mod sampler;

use std::ops::Range;

use burn::tensor::Tensor;
use burn::tensor::activation::log_softmax;

use super::super::masked_batch::MaskedBatch;
use super::super::shape::EncoderShape;
use super::{Predicted, Randomness, by_sequence, uniforms};
use crate::Result;
use crate::network::encoder::kernel::prediction_head::WORDS;
use crate::network::encoder::module::trained::{Forward, GradientSums, TrainedEncoder};
use crate::network::tensor::indices;
use crate::network::transformer::Scope;
use crate::network::transformer::module::gelu::gelu;
use crate::network::transformer::module::parameters::Leaves;
use crate::network::transformer::module::parts::{Linear, Norm};
use crate::observation::Role;
use sampler::Sampler;

/// An encoder with its head.
pub struct MaskedNetwork<'a> {
    encoder: TrainedEncoder<'a>,
    /// What the names of the head's weights begin with.
    head: &'a str,
}

impl<'a> MaskedNetwork<'a> {
    /// The network with these weights, which are on a device, and the head `name`.
    pub fn new(shape: &'a EncoderShape, weights: Scope<'a>, name: &'a str, leaves: &'a Leaves) -> Self {
        Self { encoder: TrainedEncoder::new(&shape.configuration, weights, leaves), head: name }
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
        let predictions = self.log_probabilities(&forward, rows)?;
        let targets = predictions.clone().gather(1, indices(ids, &self.encoder.leaves.device).unsqueeze_dim::<2>(1));
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
                let samples = sampler.draw(self.encoder.leaves, &read.next().unwrap_or_default(), &uniforms).await?;
                by_sequence(batch, sequences, samples.into_iter())
            }
            None => Vec::new(),
        };
        Ok(Predicted { loss, correct, samples })
    }

    /// The logarithms of the probabilities of all words, [M, V], in the places of these rows among all tokens, [B · T].
    fn log_probabilities(&self, forward: &Forward, rows: impl Iterator<Item = usize>) -> Result<Tensor<2>> {
        let (parameters, name) = (self.encoder.parameters().shared(), self.head);
        let dense = Linear::new(&parameters, &format!("{name}.dense"), Role::Unread)?;
        let norm = Norm::new(&parameters, &format!("{name}.LayerNorm"))?;
        let (words, bias) = (parameters.matrix(WORDS)?, parameters.vector(&format!("{name}.bias"))?);
        let states = forward.hidden.clone().flatten::<2>(0, 1).select(0, indices(rows, &self.encoder.leaves.device));
        let z = norm.forward(gelu(dense.forward(states.unsqueeze()))).flatten::<2>(0, 1);
        Ok(log_softmax(z.matmul(words.transpose()) + bias.unsqueeze(), 1))
    }
}
