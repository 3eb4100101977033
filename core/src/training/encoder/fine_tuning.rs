//! Fine-tuning on one task of GLUE: a dense map of the last hidden state of [CLS], and all weights below it.
//!
//! ```text
//! y = dropout(h₀) Wᵀ + b                  h₀ [H], W [classes, H]; one class for a score
//! loss = Σ over the batch of ln Σ exp y − y[class]            a class
//! loss = Σ over the batch of (y − score / 5)²                 a score from 0 to 5
//! ```
//!
//! The loss is the sum over the batch, not the mean, as published, so that clipping is active in nearly every update.
//! There is no pooler. Rates have a factor by depth ([`layer_factor`]).
//!
//! Source: Clark et al. 2020; the published code of ELECTRA (`finetune/classification/classification_tasks.py`,
//! `model/optimization.py`) as changed for NAS-Bench-BERT.

#[cfg(feature = "burn")]
pub(super) mod module;
mod task;

#[cfg(feature = "burn")]
use std::ops::Range;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::initialisation::initial_weights;
#[cfg(feature = "burn")]
use super::on_device::in_parts;
use super::padded::PaddedBatch;
use super::schedule::layer_factor;
use super::shape::EncoderShape;
use super::state::{TrainingSettings, TrainingState, Updated};
use crate::device::Device;
use crate::network::encoder::kernel::trained::{Traced, TrainedEncoder};
#[cfg(feature = "burn")]
use crate::network::encoder::module::trained::GradientSums;
use crate::network::transformer::kernel::builder::Builder;
use crate::network::transformer::kernel::dropout::Dropout;
use crate::network::transformer::kernel::in_chunk;
use crate::network::transformer::kernel::linear::Tape;
#[cfg(feature = "burn")]
use crate::network::transformer::module::parameters::Leaves;
use crate::network::transformer::{Listed, Weights};
use crate::observation::Role;
use crate::{Error, Result};
pub(super) use task::LARGEST_SCORE;
use task::{HEAD, PLACE, head_weights};
pub use task::{Labels, TaskOutput};

/// Factors of the rates by depth.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayerDecay {
    /// d: the factor from a layer to the one below; 0.8 as published, 1 for none.
    pub factor: f64,
    /// n: 12 as published, whatever the network has; corrected, its number of layers.
    pub layers: usize,
}

impl LayerDecay {
    /// As published.
    pub const PUBLISHED: Self = Self { factor: 0.8, layers: 12 };

    /// With the number of layers of this encoder.
    pub fn corrected(shape: &EncoderShape) -> Self {
        Self { layers: shape.configuration.layers.len(), ..Self::PUBLISHED }
    }
}

/// An encoder with a head for one task, in training.
#[derive(Debug, Clone, PartialEq)]
pub struct FineTuning {
    /// The encoder.
    pub shape: EncoderShape,
    /// Of its rates.
    pub layer_decay: LayerDecay,
    /// Weights and optimiser.
    pub state: TrainingState,
}

impl FineTuning {
    /// Names and shapes of the weights of an encoder with a head of so many outputs: classes, or 1 for a score.
    pub fn weights(shape: &EncoderShape, outputs: usize) -> Listed {
        let [embeddings, rest] = shape.weights();
        embeddings.into_iter().chain(rest).chain(head_weights(shape, outputs)).collect()
    }

    /// The weights of a trained encoder, with those of a head drawn from a seed.
    ///
    /// # Errors
    /// [`Error::Weights`] where one of the encoder's is missing or has another shape.
    pub fn weights_from(encoder: &Weights, shape: &EncoderShape, outputs: usize, seed: u32) -> Result<Weights> {
        let head = initial_weights(head_weights(shape, outputs), seed);
        let own = |name: &str| encoder.get(name).or_else(|_| head.get(name));
        let take = |(name, shape): (String, Vec<usize>)| {
            let array = own(&name)?.clone();
            if array.shape == shape {
                return Ok((name, array));
            }
            let problem = format!("its shape is {:?}; the encoder requires {shape:?}", array.shape);
            Err(Error::Weights { name, problem })
        };
        let mut weights: Weights = Self::weights(shape, outputs).into_iter().map(take).collect::<Result<_>>()?;
        weights.epsilon = encoder.epsilon;
        Ok(weights)
    }

    /// An encoder with its head before the first update.
    pub fn new(shape: EncoderShape, weights: Weights, settings: TrainingSettings, layer_decay: LayerDecay) -> Self {
        Self { shape, layer_decay, state: TrainingState::new(weights, settings) }
    }

    /// One update by a batch.
    ///
    /// # Errors
    /// [`Error::Text`] where batch or labels do not fit, [`Error::Weights`] where a weight is missing;
    /// [`Error::Broken`] or [`Error::Memory`] when the device fails.
    pub async fn step(&mut self, batch: &PaddedBatch, labels: &Labels, device: &Device) -> Result<Updated<TaskOutput>> {
        let Self { shape, layer_decay, state } = self;
        let dropout = Dropout::new(state.settings.dropout, state.source());
        let gradients = Some(&mut state.gradients);
        let output = run((shape, &state.weights), (batch, Some(labels)), dropout, gradients, device).await?;
        Ok(state.update(output, |name| layer_factor(name, layer_decay.factor, layer_decay.layers)))
    }

    /// The outputs for a batch, without dropout, and their loss; 0 without labels.
    ///
    /// # Errors
    /// As [`Self::step`].
    pub async fn evaluate(&self, batch: &PaddedBatch, labels: Option<&Labels>, device: &Device) -> Result<TaskOutput> {
        run((&self.shape, &self.state.weights), (batch, labels), Dropout::none(), None, device).await
    }
}

/// The outputs for a batch, and their loss; adds its gradients.
async fn run(
    (shape, weights): (&EncoderShape, &Weights),
    (batch, labels): (&PaddedBatch, Option<&Labels>),
    dropout: Dropout,
    gradients: Option<&mut Weights>,
    device: &Device,
) -> Result<TaskOutput> {
    if batch.sequences() == 0 {
        // A batch of padding alone has loss 0.
        return Ok(TaskOutput::default());
    }
    batch.check(&shape.sizes)?;
    let outputs = weights.get(&format!("{HEAD}.weight"))?.shape[0];
    labels.map_or(Ok(()), |labels| labels.check(batch.sequences(), outputs))?;
    match device {
        Device::Cpu => on_cpu(shape, weights, (batch, labels), dropout, gradients),
        #[cfg(feature = "burn")]
        Device::Burn { device, name, .. } => {
            let leaves = Leaves::new(weights, module::is_read, (device, name), gradients.is_some());
            let tuned = module::TunedNetwork::new(shape, weights.into(), &leaves);
            let run = async |sequences: Range<usize>, all: &mut TaskOutput, sums: &mut GradientSums| {
                all.add(tuned.run((batch, labels), sequences, dropout, sums).await?);
                Ok(())
            };
            in_parts(&leaves, batch.sequences(), gradients, run).await
        }
    }
}

/// [`run`] by the kernel of the CPU.
fn on_cpu(
    shape: &EncoderShape,
    weights: &Weights,
    (batch, labels): (&PaddedBatch, Option<&Labels>),
    dropout: Dropout,
    mut gradients: Option<&mut Weights>,
) -> Result<TaskOutput> {
    let mut builder = Builder::new(weights.into());
    let encoder = TrainedEncoder::new(&shape.configuration, &mut builder, &shape.sizes)?;
    let head = builder.linear(Role::Unread, &[HEAD.to_owned()])?;
    let mut all = TaskOutput::default();
    let sequences: Vec<usize> = (0..batch.sequences()).collect();
    for chunk in sequences.chunks(in_chunk(batch.length())) {
        let trains = gradients.is_some();
        let one = |&index: &usize| {
            let dropout = dropout.at(index);
            let forward = encoder.forward(batch.sequence(index), dropout, trains);
            let mut first = forward.hidden[..shape.configuration.hidden].to_vec();
            dropout.at(PLACE).apply(&mut first);
            let outputs = head.forward(&first);
            let (loss, upstream) = labels.map_or_else(Default::default, |labels| labels.loss(index, &outputs));
            let traced = trains.then(|| {
                let mut back = head.backward(&upstream);
                dropout.at(PLACE).apply(&mut back);
                back.resize(forward.hidden.len(), 0.0);
                let mut tape = Tape::trained();
                tape.save(&head, first, upstream);
                forward.backward(back, tape)
            });
            (loss, outputs, traced)
        };
        let seen: Vec<(f64, Vec<f32>, Option<Traced>)> = chunk.par_iter().map(one).collect();
        let mut passed = Vec::new();
        for (loss, outputs, traced) in seen {
            all.add(TaskOutput { loss, outputs });
            passed.extend(traced);
        }
        if let Some(gradients) = gradients.as_deref_mut() {
            encoder.accumulate(gradients, &[&head], passed)?;
        }
    }
    Ok(all)
}
