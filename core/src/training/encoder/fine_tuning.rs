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

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::initialisation::initial_weights;
use super::padded::PaddedBatch;
use super::schedule::layer_factor;
use super::shape::EncoderShape;
use super::state::{TrainingSettings, TrainingState, Updated};
#[cfg(feature = "burn")]
use super::unavailable;
use crate::device::Device;
use crate::network::encoder::kernel::trained::{Traced, TrainedEncoder};
use crate::network::transformer::kernel::builder::Builder;
use crate::network::transformer::kernel::dropout::Dropout;
use crate::network::transformer::kernel::in_chunk;
use crate::network::transformer::kernel::linear::Tape;
use crate::network::transformer::{Listed, Weights};
use crate::observation::Role;
use crate::{Error, Result};

/// What the names of the head's weights begin with.
const HEAD: &str = "head";

/// The largest score, which becomes 1.
pub(super) const LARGEST_SCORE: f64 = 5.0;

/// The place of the dropout of the head, which is the index of no linear map, and not that of the embeddings.
const PLACE: usize = usize::MAX - 1;

/// What a sequence is labelled with.
#[derive(Debug, Clone, PartialEq)]
pub enum Labels {
    /// Class numbers, `[B]`.
    Classes(Vec<u32>),
    /// Scores from 0 to 5, `[B]`.
    Scores(Vec<f32>),
}

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

/// The outputs of the head for a batch, and their loss.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TaskOutput {
    /// Σ over the batch.
    pub loss: f64,
    /// [B, classes]; of a score one a sequence, score / 5.
    pub outputs: Vec<f32>,
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
    /// [`Error::Text`] where batch or labels do not fit, [`Error::Weights`] where a weight is missing.
    pub async fn step(&mut self, batch: &PaddedBatch, labels: &Labels, device: &Device) -> Result<Updated<TaskOutput>> {
        let Self { shape, layer_decay, state } = self;
        let dropout = Dropout::new(state.settings.dropout, state.source());
        let gradients = Some(&mut state.gradients);
        let output = run(shape, &state.weights, (batch, Some(labels)), dropout, gradients, device).await?;
        Ok(state.update(output, |name| layer_factor(name, layer_decay.factor, layer_decay.layers)))
    }

    /// The outputs for a batch, without dropout, and their loss; 0 without labels.
    ///
    /// # Errors
    /// As [`Self::step`].
    pub async fn evaluate(&self, batch: &PaddedBatch, labels: Option<&Labels>, device: &Device) -> Result<TaskOutput> {
        run(&self.shape, &self.state.weights, (batch, labels), Dropout::none(), None, device).await
    }
}

/// Names and shapes of the weights of a head of so many outputs.
fn head_weights(shape: &EncoderShape, outputs: usize) -> Listed {
    let weight = (format!("{HEAD}.weight"), vec![outputs, shape.configuration.hidden]);
    vec![weight, (format!("{HEAD}.bias"), vec![outputs])]
}

/// The outputs for a batch, and their loss; adds its gradients.
async fn run(
    shape: &EncoderShape,
    weights: &Weights,
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
    match device {
        Device::Cpu => on_cpu(shape, weights, (batch, labels), dropout, gradients),
        #[cfg(feature = "burn")]
        Device::Burn { .. } => Err(unavailable()),
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
    labels.map_or(Ok(()), |labels| labels.check(batch.sequences(), head.output()))?;
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
            all.loss += loss;
            all.outputs.extend(outputs);
            passed.extend(traced);
        }
        if let Some(gradients) = gradients.as_deref_mut() {
            encoder.accumulate(gradients, &[&head], passed)?;
        }
    }
    Ok(all)
}

impl Labels {
    fn check(&self, sequences: usize, outputs: usize) -> Result<()> {
        let wrong = |place, problem| Err(Error::Text { what: "labels", place, problem });
        let (count, fits) = match self {
            Self::Classes(classes) => (classes.len(), classes.iter().all(|&class| (class as usize) < outputs)),
            Self::Scores(scores) => (scores.len(), outputs == 1 && scores.iter().all(|score| score.is_finite())),
        };
        if count != sequences {
            return wrong("all sequences".to_owned(), format!("{count} of them for {sequences} sequences"));
        }
        if !fits {
            return wrong("all sequences".to_owned(), format!("one of them does not fit {outputs} outputs"));
        }
        Ok(())
    }

    /// The loss of a sequence with these outputs, and its gradient.
    fn loss(&self, index: usize, outputs: &[f32]) -> (f64, Vec<f32>) {
        let outputs: Vec<f64> = outputs.iter().map(|&output| output.into()).collect();
        match self {
            Self::Classes(classes) => {
                let class = classes[index] as usize;
                let top = outputs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let log_sum = top + outputs.iter().map(|output| (output - top).exp()).sum::<f64>().ln();
                let slope = |(at, output): (usize, &f64)| (output - log_sum).exp() - f64::from(u8::from(at == class));
                let slopes = outputs.iter().enumerate().map(|at| slope(at) as f32);
                (log_sum - outputs[class], slopes.collect())
            }
            Self::Scores(scores) => {
                let error = outputs[0] - f64::from(scores[index]) / LARGEST_SCORE;
                (error * error, vec![(2.0 * error) as f32])
            }
        }
    }
}
