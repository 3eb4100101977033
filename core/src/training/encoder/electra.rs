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
//! its largest sum of logit and Gumbel noise. On its TPU, gradients were clipped on each of eight cores and added; here a
//! batch is clipped as one. As published, a place that was drawn twice counts twice, and gets the mean of the ids of both
//! samples, an unrelated word; [`crate::corpus::masking::Placement::WithoutReplacement`] avoids it.
//!
//! Source: Clark et al. 2020; the published code of ELECTRA (`run_pretraining.py`) as changed for NAS-Bench-BERT.

pub(super) mod discriminator;
mod objective;

#[cfg(feature = "burn")]
use std::ops::Range;

use super::masked_batch::MaskedBatch;
#[cfg(feature = "burn")]
use super::masked_network;
use super::masked_network::{MaskedNetwork, chunks};
#[cfg(feature = "burn")]
use super::on_device::in_parts;
use super::shape::EncoderShape;
use super::state::{TrainingSettings, TrainingState, Updated};
use crate::Result;
use crate::device::Device;
use crate::network::encoder::kernel::prediction_head::PredictionHead;
#[cfg(feature = "burn")]
use crate::network::encoder::kernel::prediction_head::is_read;
#[cfg(feature = "burn")]
use crate::network::encoder::module::trained::GradientSums;
use crate::network::transformer::kernel::dropout::Dropout;
#[cfg(feature = "burn")]
use crate::network::transformer::module::parameters::Leaves;
use crate::network::transformer::{Listed, Scope, Weights};
use crate::random::Placed;
use discriminator::Discriminator;
pub use objective::{DISCRIMINATOR_WEIGHT, ElectraLoss};
use objective::{Samples, Scales, corrupt};

/// What the names of the networks' own weights begin with.
const PREFIXES: [&str; 2] = ["generator.", "discriminator."];

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
        let heads = PredictionHead::weights(HEADS[0], generator.configuration.hidden, &generator.sizes).into_iter();
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
    /// missing; [`crate::Error::Broken`] or [`crate::Error::Memory`] when the device fails.
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
        run((&self.shape, &self.state.weights), batch, random, None, device).await
    }

    /// The weights of the discriminator with its head, with the names of an encoder of its own.
    pub fn encoder(&self) -> Weights {
        self.state.weights.renamed(|name| {
            let own = name.starts_with("embeddings.") || name.starts_with(HEADS[1]);
            if own { Some(name) } else { name.strip_prefix("discriminator.") }
        })
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
        let loss = run((shape, &state.weights), batch, (samples, dropout), gradients, device).await?;
        Ok(state.update(loss, |_| 1.0))
    }
}

/// The losses of a batch; adds their gradients. Dropout is that of the generator and of the discriminator.
async fn run(
    (shape, weights): (&EncoderShape, &Weights),
    batch: &MaskedBatch,
    random: (Samples<'_>, [Dropout; 2]),
    gradients: Option<&mut Weights>,
    device: &Device,
) -> Result<ElectraLoss> {
    batch.check(shape)?;
    match device {
        Device::Cpu => on_cpu(shape, weights, batch, random, gradients),
        #[cfg(feature = "burn")]
        Device::Burn { device, name, .. } => {
            let leaves = Leaves::new(weights, is_read, (device, name), gradients.is_some());
            on_device(shape, weights, batch, random, (&leaves, gradients)).await
        }
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
    let generator = MaskedNetwork::new(&shape.generator(), scope(PREFIXES[0]), HEADS[0])?;
    let discriminator = Discriminator::new(shape, scope(PREFIXES[1]), HEADS[1])?;
    let scales = Scales::of(batch);
    let random = samples.random(dropout[0], scales);
    let mut loss = ElectraLoss::default();
    for sequences in chunks(batch) {
        let seen = generator.run(batch, sequences.clone(), random, gradients.as_deref_mut())?;
        let corrupted = corrupt(batch, sequences.clone(), samples.of(&sequences, &seen));
        let scaled = (dropout[1], scales.discriminator);
        let judged = discriminator.run(batch, (sequences.start, &corrupted), scaled, gradients.as_deref_mut())?;
        loss.add(batch, &seen, judged);
    }
    Ok(loss)
}

/// [`run`] on a device that has the weights.
#[cfg(feature = "burn")]
async fn on_device(
    shape: &EncoderShape,
    weights: &Weights,
    batch: &MaskedBatch,
    (samples, dropout): (Samples<'_>, [Dropout; 2]),
    (leaves, gradients): (&Leaves, Option<&mut Weights>),
) -> Result<ElectraLoss> {
    let scope = |prefix| Scope { weights, prefix };
    let of_generator = shape.generator();
    let generator = masked_network::module::MaskedNetwork::new(&of_generator, scope(PREFIXES[0]), HEADS[0], leaves);
    let discriminator = discriminator::module::Discriminator::new(shape, scope(PREFIXES[1]), HEADS[1], leaves);
    let scales = Scales::of(batch);
    let random = samples.random(dropout[0], scales);
    let run = async |sequences: Range<usize>, loss: &mut ElectraLoss, sums: &mut GradientSums| {
        let seen = generator.run(batch, sequences.clone(), random, sums).await?;
        let corrupted = corrupt(batch, sequences.clone(), samples.of(&sequences, &seen));
        let scaled = (dropout[1], scales.discriminator);
        let judged = discriminator.run(batch, (sequences.start, &corrupted), scaled, sums).await?;
        loss.add(batch, &seen, judged);
        Ok(())
    };
    in_parts(leaves, batch.original.sequences(), gradients, run).await
}
