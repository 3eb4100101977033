//! Training of a decoder on the next token, on the CPU.

mod memory;
mod schedule;
mod settings;
mod text;

#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use memory::check_memory;
pub use schedule::CosineSchedule;
pub use settings::Settings;
pub use text::Text;

use super::order::Order;
use super::{Checkpoint, Optimizer, Update};
use crate::device::Device;
use crate::network::decoder::kernel::Sequence;
use crate::network::decoder::training::{Dropouts, gradients, loss};
use crate::network::transformer::Weights;
use crate::random::Placed;
use crate::space::decoder::{Decoder, Words};
use crate::{Error, Result};

/// A decoder in training.
#[derive(Debug, Clone)]
pub struct Trainer {
    /// Its architecture.
    pub decoder: Arc<Decoder>,
    /// How it is trained.
    pub settings: Settings,
    /// The weights, by their names in the original.
    pub weights: Weights,
    /// Updates so far, and the moments of the weights in the order of their names.
    pub optimizer: Optimizer,
    text: Arc<Text>,
    order: Order,
}

/// What one update did.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// Tokens predicted.
    pub tokens: usize,
    /// Of the batch, with dropout, in nats a token.
    pub loss: f64,
    /// Of all gradients together, before clipping.
    pub gradient_norm: f64,
    /// The learning rate.
    pub rate: f64,
}

impl Trainer {
    /// A decoder with these weights before its first update.
    pub fn new(decoder: Arc<Decoder>, settings: Settings, weights: Weights, text: Arc<Text>) -> Self {
        let lengths = weights.iter().map(|(_, array)| array.values.len());
        let optimizer = Optimizer::new(settings.adam, settings.clip, 0).with_moments(lengths);
        let order = Order::new(text.count(), settings.seed);
        Self { decoder, settings, weights, optimizer, text, order }
    }

    /// Updates in which every sequence is read once.
    pub fn updates_of_epoch(&self) -> u64 {
        self.text.count().div_ceil(self.settings.batch) as u64
    }

    /// Epochs that are complete.
    pub fn epoch(&self) -> u64 {
        self.optimizer.updates * self.settings.batch as u64 / self.text.count() as u64
    }

    /// Reads the next sequences and updates the weights.
    ///
    /// # Errors
    /// [`Error::Diverged`] where the loss is not finite, or more than one nat above that of equal probabilities;
    /// [`Error::Device`] on a device other than the CPU.
    pub fn step(&mut self, device: &Device) -> Result<Step> {
        on_the_cpu(device)?;
        let (text, batch) = (self.text.clone(), self.settings.batch);
        let examples = self.order.examples(self.optimizer.updates * batch as u64, batch);
        let sequences: Vec<Sequence> = examples.into_iter().map(|index| text.sequence(index)).collect();
        let step = self.update(&sequences)?;
        let most = equal_probabilities(&self.decoder) + 1.0;
        if step.loss.is_finite() && step.loss <= most {
            return Ok(step);
        }
        Err(Error::Diverged { update: self.optimizer.updates, loss: step.loss, most })
    }

    /// One update by these sequences.
    ///
    /// # Errors
    /// [`Error::Weights`] where a weight is missing.
    pub fn update(&mut self, sequences: &[Sequence]) -> Result<Step> {
        let Settings { schedule, dropout, seed, .. } = self.settings;
        let source = Placed::from_seed(seed.into()).at(self.optimizer.updates);
        let (loss, gradients) = gradients(&self.decoder, &self.weights, sequences, Dropouts::new(dropout, source))?;
        let rate = schedule.rate(self.optimizer.updates);
        let updates = self.weights.iter_mut().zip(gradients.iter()).map(|((name, array), (_, gradient))| Update {
            decays: decays(name, &array.shape),
            weights: &mut array.values,
            gradient: Some(&gradient.values),
            rate,
        });
        let gradient_norm = self.optimizer.update(updates.collect());
        let tokens = sequences.iter().map(|sequence| sequence.targets.len()).sum();
        Ok(Step { tokens, loss, gradient_norm, rate })
    }

    /// The loss of a text without dropout, in nats a token: of sequences that know nothing of those before them.
    ///
    /// # Errors
    /// As [`Self::update`]; [`Error::Device`] on a device other than the CPU.
    pub fn evaluate(&self, text: &Text, device: &Device) -> Result<f64> {
        on_the_cpu(device)?;
        loss(&self.decoder, &self.weights, &text.all())
    }

    /// All that changes.
    pub fn to_checkpoint(&self) -> Checkpoint {
        Checkpoint::of(&self.weights, &self.optimizer)
    }

    /// Takes the values of a checkpoint.
    ///
    /// # Errors
    /// [`Error::Weights`] with the tensor that is missing or has another shape.
    pub fn restore(&mut self, checkpoint: &Checkpoint) -> Result<()> {
        checkpoint.restore(&mut self.weights, &mut self.optimizer)
    }
}

/// Checks that decoders are trained on this device.
///
/// # Errors
/// [`Error::Device`] with its name where it is not the CPU.
pub fn on_the_cpu(device: &Device) -> Result<()> {
    match device {
        Device::Cpu => Ok(()),
        #[cfg(feature = "burn")]
        Device::Burn { name, .. } => {
            let problem = "decoders are trained on the CPU alone so far".to_owned();
            Err(Error::Device { name: name.clone(), problem })
        }
    }
}

/// Whether a weight decays, as in GPT-2's training: matrices and tables do, biases and norms do not.
fn decays(name: &str, shape: &[usize]) -> bool {
    shape.len() > 1 && !name.contains("bias")
}

/// The largest loss of a token where all entries of a cluster are equally probable, in nats: ln V without clusters.
fn equal_probabilities(decoder: &Decoder) -> f64 {
    let Words::Adaptive(adaptive) = &decoder.words else { return (decoder.vocabulary as f64).ln() };
    let mut clusters = adaptive.ranges(decoder.vocabulary).into_iter().map(|words| words.len() as f64);
    let first = clusters.next().unwrap_or_default() + (adaptive.clusters() - 1) as f64;
    first.ln() + clusters.fold(1.0, f64::max).ln()
}
