//! Masked language modelling: some tokens are hidden, and predicted from the last hidden states in their places.
//!
//! ```text
//! z = LayerNorm(gelu(h Wᵀ + b))          h [M, H], z [M, E]       in the encoder's kernel
//! l = z Eᵀ + c                           E [V, E]: the embeddings of the words; c [V]       in network/vocabulary.rs
//! loss = Σ w nll / (Σ w + 1e-6)          nll = ln Σ exp l − l[original]
//! ```
//!
//! over the M places that are masked, of all sequences together. A place that was drawn twice counts twice. Weights w
//! are 1: places of weight 0, with which the published code fills its arrays, are left out. Source: Devlin et al. 2019;
//! the published code of ELECTRA (`pretrain/pretrain_helpers.py`, `run_pretraining.py`).

use super::masked_batch::MaskedBatch;
#[cfg(feature = "burn")]
use super::masked_network::module;
use super::masked_network::{MaskedNetwork, Predicted, Randomness, chunks, mean_factor};
#[cfg(feature = "burn")]
use super::on_device::in_parts;
use super::shape::EncoderShape;
use super::state::{TrainingSettings, TrainingState, Updated};
use crate::Result;
use crate::device::Device;
#[cfg(feature = "burn")]
use crate::network::encoder::kernel::prediction_head::is_read;
use crate::network::encoder::kernel::prediction_head::{HEAD, PredictionHead};
use crate::network::transformer::kernel::dropout::Dropout;
#[cfg(feature = "burn")]
use crate::network::transformer::module::parameters::Leaves;
use crate::network::transformer::{Listed, Scope, Weights};

/// What the predictions of a batch are worth.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct MaskedLoss {
    /// Nats a place.
    pub loss: f64,
    /// Share of the places whose word is the most probable one.
    pub accuracy: f64,
}

/// An encoder trained as a masked language model.
#[derive(Debug, Clone, PartialEq)]
pub struct MaskedLanguageModel {
    /// The encoder.
    pub shape: EncoderShape,
    /// Weights and optimiser.
    pub state: TrainingState,
}

impl MaskedLanguageModel {
    /// Names and shapes of its weights.
    pub fn weights(shape: &EncoderShape) -> Listed {
        let [embeddings, rest] = shape.weights();
        embeddings
            .into_iter()
            .chain(rest)
            .chain(PredictionHead::weights(HEAD, shape.configuration.hidden, &shape.sizes))
            .collect()
    }

    /// A model before its first update.
    pub fn new(shape: EncoderShape, weights: Weights, settings: TrainingSettings) -> Self {
        Self { shape, state: TrainingState::new(weights, settings) }
    }

    /// One update by a batch.
    ///
    /// # Errors
    /// [`crate::Error::Text`] where the batch does not fit the encoder, [`crate::Error::Weights`] where a weight is
    /// missing; [`crate::Error::Broken`] or [`crate::Error::Memory`] when the device fails.
    pub async fn step(&mut self, batch: &MaskedBatch, device: &Device) -> Result<Updated<MaskedLoss>> {
        let Self { shape, state } = self;
        let dropout = Dropout::new(state.settings.dropout, state.source());
        let seen = run((shape, &state.weights), batch, dropout, Some(&mut state.gradients), device).await?;
        Ok(state.update(seen, |_| 1.0))
    }

    /// The loss of a batch, without dropout.
    ///
    /// # Errors
    /// As [`Self::step`].
    pub async fn evaluate(&self, batch: &MaskedBatch, device: &Device) -> Result<MaskedLoss> {
        run((&self.shape, &self.state.weights), batch, Dropout::none(), None, device).await
    }
}

/// The loss of a batch; adds its gradients.
async fn run(
    (shape, weights): (&EncoderShape, &Weights),
    batch: &MaskedBatch,
    dropout: Dropout,
    gradients: Option<&mut Weights>,
    device: &Device,
) -> Result<MaskedLoss> {
    batch.check(shape)?;
    let random = Randomness { dropout, samples: None, scale: mean_factor(batch.predicted()) };
    match device {
        Device::Cpu => on_cpu(shape, weights, batch, random, gradients),
        #[cfg(feature = "burn")]
        Device::Burn { device, name, .. } => {
            let leaves = Leaves::new(weights, is_read, (device, name), gradients.is_some());
            let network = module::MaskedNetwork::new(shape, Scope::from(weights), HEAD, &leaves);
            let run = async |sequences, loss: &mut MaskedLoss, sums: &mut _| {
                loss.add(&network.run(batch, sequences, random, sums).await?, batch);
                Ok(())
            };
            in_parts(&leaves, batch.original.sequences(), gradients, run).await
        }
    }
}

/// [`run`] by the kernel of the CPU.
fn on_cpu(
    shape: &EncoderShape,
    weights: &Weights,
    batch: &MaskedBatch,
    random: Randomness,
    mut gradients: Option<&mut Weights>,
) -> Result<MaskedLoss> {
    let network = MaskedNetwork::new(shape, Scope::from(weights), HEAD)?;
    let mut loss = MaskedLoss::default();
    for sequences in chunks(batch) {
        loss.add(&network.run(batch, sequences, random, gradients.as_deref_mut())?, batch);
    }
    Ok(loss)
}

impl MaskedLoss {
    /// Adds what was predicted of a part of a batch.
    fn add(&mut self, predicted: &Predicted, batch: &MaskedBatch) {
        let places = batch.predicted();
        self.loss += mean_factor(places) * predicted.loss;
        self.accuracy += predicted.correct as f64 / places as f64;
    }
}
