//! ELECTRA: a small generator fills masked places, a discriminator says of every token whether it is the original one.
//!
//! ```text
//! loss = generator + 50 · discriminator
//! generator = Σ over masked places of nll / (M + 1e-6)                        in masked_language_model.rs
//! discriminator = Σ over real tokens of nll(label) / (real tokens + 1e-6)     in discriminator.rs
//! ```
//!
//! Both networks share the embeddings of words, positions and types with their layer norm, which both losses train; the
//! words are the generator's output matrix, too. The discriminator reads the original text with a sample of the
//! generator's prediction at every masked place; no gradient passes through samples. A token is *replaced* where its
//! sample differs from the original.
//!
//! Where this differs from the published code: samples are quantiles of the softmax, which have the same distribution as
//! its largest sum of logit and Gumbel noise; and a place that was drawn twice gets one sample, where the published code
//! puts the mean of the ids of two, an unrelated word. On its TPU, gradients were clipped on each of eight cores and
//! added; here a batch is clipped as one.
//!
//! Source: Clark et al. 2020; the published code of ELECTRA (`run_pretraining.py`) as changed for NAS-Bench-BERT.

mod discriminator;

use rayon::prelude::*;

use super::masked_batch::MaskedBatch;
use super::masked_language_model::{EPSILON, MaskedNetwork, Randomness, chunks};
use super::prediction_head::PredictionHead;
use super::shape::EncoderShape;
use super::state::{TrainingSettings, TrainingState, Updated};
#[cfg(feature = "burn")]
use super::unavailable;
use crate::Result;
use crate::device::Device;
use crate::network::transformer::kernel::dropout::Dropout;
use crate::network::transformer::{Listed, Scope, Weights};
use crate::random::Placed;
use discriminator::Discriminator;

/// What the discriminator's loss is multiplied with.
pub const DISCRIMINATOR_WEIGHT: f64 = 50.0;

/// What the names of the heads' weights begin with.
const HEADS: [&str; 2] = ["generator_predictions", "discriminator_predictions"];

/// Both networks, in training.
#[derive(Debug, Clone, PartialEq)]
pub struct Electra {
    /// The discriminator; the generator follows from it.
    pub shape: EncoderShape,
    /// Weights and optimiser.
    pub state: TrainingState,
}

/// The losses of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ElectraLoss {
    /// Nats a masked place.
    pub generator: f64,
    /// Nats a real token.
    pub discriminator: f64,
    /// generator + 50 · discriminator.
    pub total: f64,
    /// Share of the masked places whose word is the generator's most probable one.
    pub generator_accuracy: f64,
    /// Share of the real tokens that the discriminator labels correctly.
    pub discriminator_accuracy: f64,
}

/// Where the samples come from.
#[derive(Clone, Copy)]
enum Samples<'b> {
    /// Drawn from the generator's predictions.
    Drawn(Placed),
    /// Per sequence and place, given.
    Given(&'b [Vec<u32>]),
}

impl Electra {
    /// Names and shapes of all weights.
    pub fn weights(shape: &EncoderShape) -> Listed {
        let generator = shape.generator();
        let [embeddings, of_discriminator] = shape.weights();
        let [_, of_generator] = generator.weights();
        let named = |prefix: &'static str, list: Listed| {
            list.into_iter().map(move |(name, shape)| (format!("{prefix}.{name}"), shape))
        };
        let networks = named("generator", of_generator).chain(named("discriminator", of_discriminator));
        let heads = PredictionHead::weights(HEADS[0], &generator).into_iter();
        let heads = heads.chain(discriminator::head_weights(HEADS[1], shape.configuration.hidden));
        embeddings.into_iter().chain(networks).chain(heads).collect()
    }

    /// Both networks before their first update.
    pub fn new(shape: EncoderShape, weights: Weights, settings: TrainingSettings) -> Self {
        Self { shape, state: TrainingState::new(weights, settings) }
    }

    /// One update by a batch.
    ///
    /// # Errors
    /// [`crate::Error::Text`] where the batch does not fit the networks, [`crate::Error::Weights`] where a weight is
    /// missing.
    pub async fn step(&mut self, batch: &MaskedBatch, device: &Device) -> Result<Updated<ElectraLoss>> {
        let samples = Samples::Drawn(self.state.source().at(2));
        self.update(batch, samples, device).await
    }

    /// One update by a batch with a given sample for each of its places.
    ///
    /// # Errors
    /// As [`Self::step`].
    pub async fn step_with(
        &mut self,
        batch: &MaskedBatch,
        samples: &[Vec<u32>],
        device: &Device,
    ) -> Result<Updated<ElectraLoss>> {
        self.update(batch, Samples::Given(samples), device).await
    }

    /// The losses of a batch, without dropout; samples are drawn by `source`.
    ///
    /// # Errors
    /// As [`Self::step`].
    pub async fn evaluate(&self, batch: &MaskedBatch, source: Placed, device: &Device) -> Result<ElectraLoss> {
        let random = (Samples::Drawn(source), [Dropout::none(); 2]);
        run(&self.shape, &self.state.weights, batch, random, None, device).await
    }

    /// The weights of the discriminator without its head, with the names of an encoder of its own.
    pub fn encoder(&self) -> Weights {
        let all = self.state.weights.iter();
        let own = all.filter_map(|(name, array)| {
            let shared = name.starts_with("embeddings.").then_some(name);
            Some((shared.or_else(|| name.strip_prefix("discriminator."))?.to_owned(), array.clone()))
        });
        let mut encoder: Weights = own.collect();
        encoder.epsilon = self.state.weights.epsilon;
        encoder
    }

    /// As [`Self::encoder`], with the discriminator's head.
    pub fn with_head(&self) -> Weights {
        let encoder = self.encoder();
        let head = self.state.weights.iter().filter(|(name, _)| name.starts_with(HEADS[1]));
        let mut all: Weights =
            encoder.iter().chain(head).map(|(name, array)| (name.to_owned(), array.clone())).collect();
        all.epsilon = encoder.epsilon;
        all
    }

    async fn update(
        &mut self,
        batch: &MaskedBatch,
        samples: Samples<'_>,
        device: &Device,
    ) -> Result<Updated<ElectraLoss>> {
        let Self { shape, state } = self;
        let source = state.source();
        let dropout = [0, 1].map(|network| Dropout::new(state.settings.dropout, source.at(network)));
        let gradients = Some(&mut state.gradients);
        let loss = run(shape, &state.weights, batch, (samples, dropout), gradients, device).await?;
        Ok(state.update(loss, |_| 1.0))
    }
}

/// The losses of a batch; adds their gradients. Dropout is that of the generator and of the discriminator.
async fn run(
    shape: &EncoderShape,
    weights: &Weights,
    batch: &MaskedBatch,
    random: (Samples<'_>, [Dropout; 2]),
    gradients: Option<&mut Weights>,
    device: &Device,
) -> Result<ElectraLoss> {
    batch.check(shape)?;
    match device {
        Device::Cpu => on_cpu(shape, weights, batch, random, gradients),
        #[cfg(feature = "burn")]
        Device::Burn { .. } => Err(unavailable()),
    }
}

/// [`run`] by the kernel of the CPU.
fn on_cpu(
    shape: &EncoderShape,
    weights: &Weights,
    batch: &MaskedBatch,
    (samples, dropout): (Samples, [Dropout; 2]),
    mut gradients: Option<&mut Weights>,
) -> Result<ElectraLoss> {
    let scope = |prefix| Scope { weights, prefix };
    let generator = MaskedNetwork::new(&shape.generator(), scope("generator."), HEADS[0])?;
    let discriminator = Discriminator::new(shape, scope("discriminator."), HEADS[1])?;
    let (places, tokens) = (batch.predicted() as f64, batch.original.real_tokens() as f64);
    let drawn = if let Samples::Drawn(source) = samples { Some(source) } else { None };
    let random = Randomness { dropout: dropout[0], samples: drawn, scale: 1.0 / (places + EPSILON) };
    let mut loss = ElectraLoss::default();
    for sequences in chunks(batch) {
        let seen = generator.run(batch, sequences.clone(), random, gradients.as_deref_mut())?;
        loss.generator += random.scale * seen.loss;
        loss.generator_accuracy += seen.correct as f64 / places;
        let samples = match samples {
            Samples::Drawn(_) => &seen.samples,
            Samples::Given(samples) => &samples[sequences.clone()],
        };
        let scale = 1.0 / (tokens + EPSILON);
        let corrupted =
            sequences.clone().into_par_iter().zip(samples).map(|(index, samples)| corrupt(batch, index, samples));
        let corrupted: Vec<Vec<u32>> = corrupted.collect();
        let (sum, correct) = discriminator.run(
            batch,
            (sequences.start, &corrupted),
            (dropout[1], DISCRIMINATOR_WEIGHT * scale),
            gradients.as_deref_mut(),
        )?;
        loss.discriminator += scale * sum;
        loss.discriminator_accuracy += correct as f64 / tokens;
    }
    loss.total = loss.generator + DISCRIMINATOR_WEIGHT * loss.discriminator;
    Ok(loss)
}

/// The original ids of a sequence, `[T]`, with samples in the masked places.
fn corrupt(batch: &MaskedBatch, index: usize, samples: &[u32]) -> Vec<u32> {
    let mut tokens = batch.original.sequence(index).input.tokens.to_vec();
    batch.places[index].iter().zip(samples).for_each(|(&place, &sample)| tokens[place] = sample);
    tokens
}
