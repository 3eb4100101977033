//! Masked language modelling: some tokens are hidden, and predicted from the last hidden states in their places.
//!
//! ```text
//! z = LayerNorm(gelu(h Wᵀ + b))          h [M, H], z [M, E]       in prediction_head.rs
//! l = z Eᵀ + c                           E [V, E]: the embeddings of the words; c [V]       in network/vocabulary.rs
//! loss = Σ w nll / (Σ w + 1e-6)          nll = ln Σ exp l − l[original]
//! ```
//!
//! over the M places that are masked, of all sequences together. A place that was drawn twice counts twice. Weights w
//! are 1: places of weight 0, with which the published code fills its arrays, are left out. Source: Devlin et al. 2019;
//! the published code of ELECTRA (`pretrain/pretrain_helpers.py`, `run_pretraining.py`).

use std::ops::Range;

use rayon::prelude::*;

use super::masked_batch::MaskedBatch;
use super::prediction_head::{PredictionHead, WORDS};
use super::shape::EncoderShape;
use super::state::{TrainingSettings, TrainingState, Updated};
#[cfg(feature = "burn")]
use super::unavailable;
use crate::Result;
use crate::device::Device;
use crate::network::encoder::kernel::trained::{Forward, TrainedEncoder};
use crate::network::transformer::kernel::builder::Builder;
use crate::network::transformer::kernel::dropout::Dropout;
use crate::network::transformer::kernel::gradients::add_gradients;
use crate::network::transformer::kernel::in_chunk;
use crate::network::transformer::kernel::linear::Tape;
use crate::network::transformer::{Listed, Scope, Weights};
use crate::network::vocabulary::Targets;
use crate::random::Placed;

/// Added to the sum of the weights of a mean.
pub(super) const EPSILON: f64 = 1e-6;

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

/// The names of the weights of the head begin so.
const HEAD: &str = "predictions";

impl MaskedLanguageModel {
    /// Names and shapes of its weights.
    pub fn weights(shape: &EncoderShape) -> Listed {
        let [embeddings, rest] = shape.weights();
        embeddings.into_iter().chain(rest).chain(PredictionHead::weights(HEAD, shape)).collect()
    }

    /// A model before its first update.
    pub fn new(shape: EncoderShape, weights: Weights, settings: TrainingSettings) -> Self {
        Self { shape, state: TrainingState::new(weights, settings) }
    }

    /// The weights of the encoder without its head.
    pub fn encoder(&self) -> Weights {
        let all = self.state.weights.iter().filter(|(name, _)| !name.starts_with(HEAD));
        let mut encoder: Weights = all.map(|(name, array)| (name.to_owned(), array.clone())).collect();
        encoder.epsilon = self.state.weights.epsilon;
        encoder
    }

    /// One update by a batch.
    ///
    /// # Errors
    /// [`crate::Error::Text`] where the batch does not fit the encoder, [`crate::Error::Weights`] where a weight is
    /// missing.
    pub async fn step(&mut self, batch: &MaskedBatch, device: &Device) -> Result<Updated<MaskedLoss>> {
        let Self { shape, state } = self;
        let dropout = Dropout::new(state.settings.dropout, state.source());
        let seen = run(shape, &state.weights, batch, dropout, Some(&mut state.gradients), device).await?;
        Ok(state.update(seen, |_| 1.0))
    }

    /// The loss of a batch, without dropout.
    ///
    /// # Errors
    /// As [`Self::step`].
    pub async fn evaluate(&self, batch: &MaskedBatch, device: &Device) -> Result<MaskedLoss> {
        run(&self.shape, &self.state.weights, batch, Dropout::none(), None, device).await
    }
}

/// The loss of a batch; adds its gradients.
async fn run(
    shape: &EncoderShape,
    weights: &Weights,
    batch: &MaskedBatch,
    dropout: Dropout,
    gradients: Option<&mut Weights>,
    device: &Device,
) -> Result<MaskedLoss> {
    batch.check(shape)?;
    match device {
        Device::Cpu => MaskedNetwork::new(shape, Scope::from(weights), HEAD)?.all(batch, dropout, gradients),
        #[cfg(feature = "burn")]
        Device::Burn { .. } => Err(unavailable()),
    }
}

/// An encoder with its head.
pub(super) struct MaskedNetwork<'a> {
    encoder: TrainedEncoder<'a>,
    head: PredictionHead<'a>,
    hidden: usize,
}

/// What is random while sequences are run, and what their losses are multiplied with.
#[derive(Clone, Copy)]
pub(super) struct Randomness {
    /// One for every sequence of the batch by its index.
    pub dropout: Dropout,
    /// Of the samples; none are drawn without.
    pub samples: Option<Placed>,
    /// 1 / (Σ w + 1e-6).
    pub scale: f64,
}

/// Sums over the places of some sequences.
#[derive(Default)]
pub(super) struct Predicted {
    /// Σ nll, nats.
    pub loss: f64,
    /// Places whose word is the most probable one.
    pub correct: usize,
    /// Per sequence and place a word drawn from the prediction.
    pub samples: Vec<Vec<u32>>,
}

impl<'a> MaskedNetwork<'a> {
    /// The network with these weights, and the head `name`.
    pub fn new(shape: &EncoderShape, weights: Scope<'a>, name: &str) -> Result<Self> {
        let encoder = TrainedEncoder::new(&shape.configuration, &mut Builder::new(weights), &shape.sizes)?;
        Ok(Self { encoder, head: PredictionHead::new(weights, name)?, hidden: shape.configuration.hidden })
    }

    /// The loss of a batch; adds the gradients of its mean.
    fn all(&self, batch: &MaskedBatch, dropout: Dropout, mut gradients: Option<&mut Weights>) -> Result<MaskedLoss> {
        let places = batch.predicted() as f64;
        let random = Randomness { dropout, samples: None, scale: 1.0 / (places + EPSILON) };
        let mut all = MaskedLoss::default();
        for sequences in chunks(batch) {
            let seen = self.run(batch, sequences, random, gradients.as_deref_mut())?;
            all.loss += random.scale * seen.loss;
            all.accuracy += seen.correct as f64 / places;
        }
        Ok(all)
    }

    /// Runs some sequences of a batch; adds the gradients of scale · Σ nll.
    pub fn run(
        &self,
        batch: &MaskedBatch,
        sequences: Range<usize>,
        random: Randomness,
        gradients: Option<&mut Weights>,
    ) -> Result<Predicted> {
        let trains = gradients.is_some();
        let forward = |index| self.encoder.forward(batch.masked(index), random.dropout.at(index), trains);
        let forwards: Vec<Forward> = sequences.clone().into_par_iter().map(forward).collect();
        let state = |(forward, index): (&Forward, usize)| -> Vec<f32> {
            let places = batch.places[index].iter();
            places.flat_map(|place| &forward.hidden[place * self.hidden..][..self.hidden]).copied().collect()
        };
        let states: Vec<f32> = forwards.iter().zip(sequences.clone()).flat_map(state).collect();
        if states.is_empty() {
            return Ok(Predicted { samples: vec![Vec::new(); sequences.len()], ..Predicted::default() });
        }
        let (z, back) = self.head.forward(states);
        let logits = self.head.words().logits(&z);
        let ids: Vec<u32> = sequences.clone().flat_map(|index| batch.targets(index)).collect();
        let (loss, correct) = logits.loss(&ids);
        let samples = random.samples.map_or_else(Vec::new, |source| {
            // A place that was drawn twice has one sample.
            let uniform = |index, place: &usize| source.at(index as u64).uniform(*place as u32);
            let mut rows = 0..ids.len();
            let of = |index: usize| {
                let places = batch.places[index].iter().zip(&mut rows);
                places.map(|(place, row)| logits.sample(row, uniform(index, place))).collect()
            };
            sequences.clone().map(of).collect()
        });
        if let Some(gradients) = gradients {
            let (of_z, of_logits) = logits.differentiate(Targets { ids: &ids, scale: random.scale });
            of_logits.add_to_table(&mut gradients.get_mut(WORDS)?.values);
            of_logits.add_to_bias(&mut gradients.get_mut(self.head.bias())?.values);
            let mut tape = Tape::trained();
            let of_states = back(of_z, &mut tape);
            add_gradients(gradients, &[self.head.linear()], &[tape]);
            let places = sequences.map(|index| batch.places[index].as_slice());
            self.backward(forwards, places, &of_states, gradients)?;
        }
        Ok(Predicted { loss, correct, samples })
    }

    /// The backward passes of sequences, from the gradients of their states in the given places, [M, H].
    fn backward<'b>(
        &self,
        forwards: Vec<Forward>,
        places: impl Iterator<Item = &'b [usize]>,
        of_states: &[f32],
        gradients: &mut Weights,
    ) -> Result<()> {
        let mut rows = of_states.chunks(self.hidden);
        let upstream = |(forward, places): (&Forward, &[usize])| {
            let mut upstream = vec![0.0; forward.hidden.len()];
            for (place, row) in places.iter().zip(&mut rows) {
                let target = &mut upstream[place * self.hidden..][..self.hidden];
                target.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
            }
            upstream
        };
        let upstream: Vec<Vec<f32>> = forwards.iter().zip(places).map(upstream).collect();
        let pairs = forwards.into_par_iter().zip(upstream);
        let traced = pairs.map(|(forward, upstream)| forward.backward(upstream, Tape::trained())).collect();
        self.encoder.accumulate(gradients, &[], traced)
    }
}

/// The sequences of a batch in parts that are in memory together.
pub(super) fn chunks(batch: &MaskedBatch) -> impl Iterator<Item = Range<usize>> {
    let (all, size) = (batch.original.sequences(), in_chunk(batch.original.length()));
    (0..all).step_by(size).map(move |first| first..all.min(first + size))
}
