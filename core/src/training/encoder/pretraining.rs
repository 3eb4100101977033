//! Pre-training on a text: which examples an update reads, how they are masked, and how the network is validated.
//!
//! Everything random follows from the seed and the number of the update, so a run that continues is the run in one go.
//! The examples of an epoch are read in an order of its own; the published order is not known.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::electra::{Electra, ElectraLoss};
use super::initialisation::initial_weights;
use super::masked_batch::MaskedBatch;
use super::masked_language_model::{MaskedLanguageModel, MaskedLoss};
use super::padded::PaddedBatch;
use super::pretraining_text::PretrainingText;
use super::shape::EncoderShape;
use super::state::{TrainingSettings, TrainingState};
use crate::corpus::Example;
use crate::corpus::masking::Masking;
use crate::device::Device;
use crate::network::encoder::{Exported, HeadKind};
use crate::random::{At, Placed};
use crate::training::order::Order;
use crate::{Error, Result};

/// What is minimised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PretrainingObjective {
    /// Generator and discriminator.
    Electra,
    /// Words in masked places.
    MaskedLanguageModel,
}

/// How an encoder is pre-trained.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PretrainingSettings {
    /// What is minimised.
    pub objective: PretrainingObjective,
    /// The optimiser, and dropout.
    pub training: TrainingSettings,
    /// How sequences are masked.
    pub masking: Masking,
    /// Of the weights, the order of the examples and the masks.
    pub seed: u32,
}

/// The networks of an objective.
#[derive(Debug, Clone, PartialEq)]
enum Networks {
    Electra(Electra),
    MaskedLanguageModel(MaskedLanguageModel),
}

/// An encoder in pre-training.
#[derive(Debug, Clone)]
pub struct Pretraining {
    networks: Networks,
    masking: Masking,
    batch: usize,
    seed: u32,
    text: Arc<PretrainingText>,
    order: Order,
}

/// The losses of a batch, or their means over the validation text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PretrainingLoss {
    /// Of both networks.
    Electra(ElectraLoss),
    /// Of masked places.
    MaskedLanguageModel(MaskedLoss),
}

/// What one update did.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PretrainingStep {
    /// Real tokens read.
    pub tokens: usize,
    /// Of the batch, with dropout.
    pub loss: PretrainingLoss,
    /// Of all gradients together, before clipping.
    pub gradient_norm: f64,
    /// The learning rate.
    pub rate: f64,
}

impl PretrainingLoss {
    /// What is minimised.
    pub fn total(&self) -> f64 {
        match self {
            Self::Electra(loss) => loss.total,
            Self::MaskedLanguageModel(loss) => loss.loss,
        }
    }

    /// The loss of the words in masked places, in nats a place.
    pub fn of_words(&self) -> f64 {
        match self {
            Self::Electra(loss) => loss.generator,
            Self::MaskedLanguageModel(loss) => loss.loss,
        }
    }

    /// What else is known, by name.
    pub fn parts(&self) -> Vec<(&'static str, f64)> {
        match self {
            Self::Electra(loss) => vec![
                ("generator_loss", loss.generator),
                ("generator_accuracy", loss.generator_accuracy),
                ("discriminator_loss", loss.discriminator),
                ("discriminator_accuracy", loss.discriminator_accuracy),
            ],
            Self::MaskedLanguageModel(loss) => vec![("accuracy", loss.accuracy)],
        }
    }

    /// The same plus `share` times another.
    fn plus(self, other: Self, share: f64) -> Self {
        match (self, other) {
            (Self::Electra(sum), Self::Electra(one)) => Self::Electra(ElectraLoss {
                generator: sum.generator + share * one.generator,
                discriminator: sum.discriminator + share * one.discriminator,
                total: sum.total + share * one.total,
                generator_accuracy: sum.generator_accuracy + share * one.generator_accuracy,
                discriminator_accuracy: sum.discriminator_accuracy + share * one.discriminator_accuracy,
            }),
            (Self::MaskedLanguageModel(sum), Self::MaskedLanguageModel(one)) => Self::MaskedLanguageModel(MaskedLoss {
                loss: sum.loss + share * one.loss,
                accuracy: sum.accuracy + share * one.accuracy,
            }),
            (sum, _) => sum,
        }
    }
}

impl Pretraining {
    /// An encoder before its first update, with weights drawn from the seed. Batches have `shape.sizes.batch` sequences.
    pub fn new(settings: PretrainingSettings, shape: EncoderShape, text: Arc<PretrainingText>) -> Self {
        let PretrainingSettings { objective, training: settings, masking, seed } = settings;
        let batch = shape.sizes.batch;
        let networks = match objective {
            PretrainingObjective::Electra => {
                let weights = initial_weights(Electra::weights(&shape), seed);
                Networks::Electra(Electra::new(shape, weights, settings))
            }
            PretrainingObjective::MaskedLanguageModel => {
                let weights = initial_weights(MaskedLanguageModel::weights(&shape), seed);
                Networks::MaskedLanguageModel(MaskedLanguageModel::new(shape, weights, settings))
            }
        };
        let order = Order::new(text.training.len(), seed);
        Self { networks, masking, batch, seed, text, order }
    }

    /// The encoder.
    pub fn shape(&self) -> &EncoderShape {
        match &self.networks {
            Networks::Electra(electra) => &electra.shape,
            Networks::MaskedLanguageModel(model) => &model.shape,
        }
    }

    /// Weights and optimiser.
    pub fn state(&self) -> &TrainingState {
        match &self.networks {
            Networks::Electra(electra) => &electra.state,
            Networks::MaskedLanguageModel(model) => &model.state,
        }
    }

    /// As [`Self::state`], to be changed.
    pub fn state_mut(&mut self) -> &mut TrainingState {
        match &mut self.networks {
            Networks::Electra(electra) => &mut electra.state,
            Networks::MaskedLanguageModel(model) => &mut model.state,
        }
    }

    /// Updates in which every example is read once.
    pub fn updates_of_epoch(&self) -> u64 {
        self.text.training.len().div_ceil(self.batch) as u64
    }

    /// Epochs that are complete.
    pub fn epoch(&self) -> u64 {
        self.state().optimizer.updates * self.batch as u64 / self.text.training.len() as u64
    }

    /// Reads the next examples and updates the weights.
    ///
    /// # Errors
    /// [`Error::Diverged`] where the loss is not finite, or that of the words more than one nat above that of equal
    /// probabilities; [`Error::Broken`] or [`Error::Memory`] when the device fails.
    pub async fn step(&mut self, device: &Device) -> Result<PretrainingStep> {
        let batch = self.next();
        let tokens = batch.original.real_tokens();
        let (loss, gradient_norm, rate) = match &mut self.networks {
            Networks::Electra(electra) => {
                let updated = electra.step(&batch, device).await?;
                (PretrainingLoss::Electra(updated.loss), updated.gradient_norm, updated.rate)
            }
            Networks::MaskedLanguageModel(model) => {
                let updated = model.step(&batch, device).await?;
                (PretrainingLoss::MaskedLanguageModel(updated.loss), updated.gradient_norm, updated.rate)
            }
        };
        let most = (self.shape().sizes.vocabulary as f64).ln() + 1.0;
        if !(loss.total().is_finite() && loss.of_words() <= most) {
            return Err(Error::Diverged { update: self.state().optimizer.updates, loss: loss.of_words(), most });
        }
        Ok(PretrainingStep { tokens, loss, gradient_norm, rate })
    }

    /// The mean losses of the validation text, without dropout and always masked alike.
    ///
    /// # Errors
    /// As [`Self::step`].
    pub async fn validate(&self, device: &Device) -> Result<PretrainingLoss> {
        let all = &self.text.validation;
        let zero = match self.networks {
            Networks::Electra(_) => PretrainingLoss::Electra(ElectraLoss::default()),
            Networks::MaskedLanguageModel(_) => PretrainingLoss::MaskedLanguageModel(MaskedLoss::default()),
        };
        let mut mean = zero;
        for (index, part) in all.chunks(self.batch).enumerate() {
            // As no update does: there are fewer than 2³² of them.
            let at = At { seed: self.seed, step: u32::MAX - index as u32, sequence: 0 };
            let batch = self.masked(&part.iter().collect::<Vec<_>>(), at);
            let loss = match &self.networks {
                Networks::Electra(electra) => {
                    let source = Placed::from_seed(self.seed.into()).at(at.step.into());
                    PretrainingLoss::Electra(electra.evaluate(&batch, source, device).await?)
                }
                Networks::MaskedLanguageModel(model) => {
                    PretrainingLoss::MaskedLanguageModel(model.evaluate(&batch, device).await?)
                }
            };
            mean = mean.plus(loss, part.len() as f64 / all.len() as f64);
        }
        Ok(mean)
    }

    /// Floating-point operations of updates that read so many tokens, roughly: 6 a token for every entry of a matrix, and
    /// for every entry of the attention scores twice the hidden size; of the words, 6 for each that is predicted.
    pub fn operations(&self, tokens: usize) -> f64 {
        let EncoderShape { configuration, sizes, .. } = self.shape();
        let entries = |name: &str, shape: &[usize]| match shape {
            [_] => 0.0,
            _ if name.starts_with("embeddings.word") => self.masking.share * shape.iter().product::<usize>() as f64,
            _ if name.starts_with("embeddings.") => 0.0,
            _ => shape.iter().product::<usize>() as f64,
        };
        let matrices: f64 = self.state().weights.iter().map(|(name, array)| entries(name, &array.shape)).sum();
        let hidden = match self.networks {
            // The generator has a quarter of the hidden size.
            Networks::Electra(_) => 1.25 * configuration.hidden as f64,
            Networks::MaskedLanguageModel(_) => configuration.hidden as f64,
        };
        let attention = 2.0 * hidden * (sizes.sequence * configuration.layers.len()) as f64;
        6.0 * (matrices + attention) * tokens as f64
    }

    /// The files of the encoder with its head.
    ///
    /// # Errors
    /// [`Error::Weights`] where a weight cannot be written.
    pub fn export(&self) -> Result<Exported> {
        let (weights, head) = match &self.networks {
            Networks::Electra(electra) => (electra.encoder(), HeadKind::Discriminator),
            Networks::MaskedLanguageModel(model) => (model.state.weights.clone(), HeadKind::Words),
        };
        let shape = self.shape();
        Exported::new(&shape.configuration, shape.first(), &shape.sizes, &weights, head)
    }

    /// The batch of the next update.
    fn next(&mut self) -> MaskedBatch {
        let updates = self.state().optimizer.updates;
        let examples = self.order.examples(updates * self.batch as u64, self.batch);
        let examples: Vec<&Example> = examples.into_iter().map(|index| &self.text.training[index]).collect();
        self.masked(&examples, At { seed: self.seed, step: updates as u32, sequence: 0 })
    }

    fn masked(&self, examples: &[&Example], at: At) -> MaskedBatch {
        let mut batch = MaskedBatch { original: PaddedBatch::of(examples), ..MaskedBatch::default() };
        for (sequence, example) in (0..).zip(examples) {
            let masked = self.masking.mask(example, self.text.special, At { sequence, ..at });
            batch.masked_tokens.extend(masked.ids);
            batch.places.push(masked.places);
        }
        batch
    }
}

#[cfg(test)]
mod tests {
    use pollster::block_on;

    use super::super::schedule::LinearSchedule;
    use super::super::small::shape;
    use super::*;
    use crate::corpus::SpecialTokens;
    use crate::space::encoder::{Operation, Similarity};

    const SPECIAL: SpecialTokens = SpecialTokens { cls: 1, sep: 2, mask: 3, pad: 0 };

    /// Texts in which each word follows from the word before.
    fn examples(count: u32, shape: &EncoderShape) -> Vec<Example> {
        let words = shape.sizes.vocabulary as u32 - 4;
        let text = |start: u32| (0..4 + start % 3).map(|place| 4 + (start + place) % words).collect::<Vec<u32>>();
        (0..count).map(|start| Example::from_texts(&text(start), None, shape.sizes.sequence, SPECIAL)).collect()
    }

    fn pretraining(objective: PretrainingObjective, rate: f64) -> Pretraining {
        let shape = shape(Operation::Attention(Similarity::ScaledDotProduct), 16);
        let text = PretrainingText { training: examples(7, &shape), validation: examples(4, &shape), special: SPECIAL };
        let schedule = LinearSchedule { rate, warm_up: 0, steps: 400 };
        let training = TrainingSettings { dropout: 0.0, ..TrainingSettings::electra(schedule, 0) };
        let settings = PretrainingSettings { objective, training, masking: Masking::default(), seed: 5 };
        Pretraining::new(settings, shape, text.into())
    }

    /// Seven examples in batches of three: each is read three times in seven updates, three epochs.
    #[test]
    fn every_example_is_read_once_in_an_epoch() {
        let mut pretraining = pretraining(PretrainingObjective::Electra, 0.0);
        pretraining.batch = 3;
        let mut read = Vec::new();
        for update in 0..7 {
            assert_eq!(pretraining.epoch(), update * 3 / 7);
            let batch = pretraining.next();
            read.extend(batch.original.tokens.chunks(batch.original.length()).map(<[u32]>::to_vec));
            pretraining.state_mut().optimizer.updates += 1;
        }
        let mut epochs: Vec<Vec<Vec<u32>>> = read.chunks(7).map(<[_]>::to_vec).collect();
        assert_ne!(epochs[0], epochs[1]);
        epochs.iter_mut().for_each(|epoch| epoch.sort());
        assert!(epochs.len() == 3 && epochs[0] == epochs[1] && epochs[1] == epochs[2]);
        assert_eq!(pretraining.updates_of_epoch(), 3);
    }

    /// The losses fall, and the same validation gives the same value.
    #[test]
    fn both_objectives_learn() {
        for objective in [PretrainingObjective::Electra, PretrainingObjective::MaskedLanguageModel] {
            let mut pretraining = pretraining(objective, 0.004);
            let before = block_on(pretraining.validate(&Device::Cpu)).unwrap();
            assert_eq!(before, block_on(pretraining.validate(&Device::Cpu)).unwrap());
            for _ in 0..300 {
                block_on(pretraining.step(&Device::Cpu)).unwrap();
            }
            let after = block_on(pretraining.validate(&Device::Cpu)).unwrap();
            assert!(after.of_words() < before.of_words() - 0.15, "{objective:?}: {before:?} to {after:?}");
            assert!(after.total() < before.total());
        }
    }

    #[test]
    fn a_loss_that_is_not_finite_ends_the_run() {
        let mut pretraining = pretraining(PretrainingObjective::MaskedLanguageModel, 0.01);
        pretraining.state_mut().weights.iter_mut().for_each(|(_, array)| array.values.fill(f32::NAN));
        let message = block_on(pretraining.step(&Device::Cpu)).unwrap_err().to_string();
        assert!(message.starts_with("training diverged: in step 1 the loss is NaN"), "{message}");
    }
}
