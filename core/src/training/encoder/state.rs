//! What changes while a network is trained: its weights, and the state of the optimiser.

use serde::{Deserialize, Serialize};

use super::schedule::LinearSchedule;
use crate::Result;
use crate::network::transformer::Weights;
use crate::random::Placed;
use crate::training::Checkpoint;
use crate::training::optimizer::{Adam, Clip, Decay, Optimizer, Update};

impl Adam {
    /// ELECTRA's: no correction, decoupled decay.
    pub const ELECTRA: Self = Self {
        beta_1: 0.9,
        beta_2: 0.999,
        epsilon: 1e-6,
        decay: 0.01,
        decay_in: Decay::Weights,
        correction: false,
        trust: None,
    };
}

impl Clip {
    /// ELECTRA's: norm 1, nothing added.
    pub const ELECTRA: Self = Self { norm: 1.0, epsilon: 0.0 };
}

/// How an encoder is trained.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingSettings {
    /// The optimiser.
    pub adam: Adam,
    /// Clipping of the gradients.
    pub clip: Clip,
    /// Learning rates.
    pub schedule: LinearSchedule,
    /// Share of the hidden units and attention weights that are dropped; 0.1 as published.
    pub dropout: f64,
    /// Of dropout and samples, which follow from it and from the step.
    pub seed: u64,
}

impl TrainingSettings {
    /// As ELECTRA was trained, with these learning rates.
    pub fn electra(schedule: LinearSchedule, seed: u64) -> Self {
        Self { adam: Adam::ELECTRA, clip: Clip::ELECTRA, schedule, dropout: 0.1, seed }
    }
}

/// One update.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Updated<Loss> {
    /// Before the update.
    pub loss: Loss,
    /// Of all gradients together, before clipping.
    pub gradient_norm: f64,
    /// Of the update, before factors of single weights.
    pub rate: f64,
}

/// A network in training.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainingState {
    /// The weights, by their names in PyTorch.
    pub weights: Weights,
    /// How it is trained.
    pub settings: TrainingSettings,
    /// Updates so far, and the moments of the weights in the order of their names.
    pub optimizer: Optimizer,
    /// The gradient of every weight; zeros between updates.
    pub(super) gradients: Weights,
}

impl TrainingState {
    /// The state before the first update.
    pub fn new(weights: Weights, settings: TrainingSettings) -> Self {
        let mut gradients = weights.clone();
        gradients.iter_mut().for_each(|(_, array)| array.values.fill(0.0));
        let lengths = weights.iter().map(|(_, array)| array.values.len());
        let optimizer = Optimizer::new(settings.adam, settings.clip, 0).with_moments(lengths);
        Self { weights, settings, optimizer, gradients }
    }

    /// What is random in the next update.
    pub(super) fn source(&self) -> Placed {
        Placed::from_seed(self.settings.seed).at(self.optimizer.updates)
    }

    /// Changes the weights by their gradients, which become zeros; the rate of every weight has a factor by its name.
    pub(super) fn update<Loss>(&mut self, loss: Loss, factor: impl Fn(&str) -> f64) -> Updated<Loss> {
        let rate = self.settings.schedule.rate(self.optimizer.updates);
        let pairs = self.weights.iter_mut().zip(self.gradients.iter());
        let updates = pairs.map(|((name, array), (_, gradient))| Update {
            weights: &mut array.values,
            gradient: Some(&gradient.values),
            rate: rate * factor(name),
            decays: decays(name),
        });
        let gradient_norm = self.optimizer.update(updates.collect());
        self.gradients.iter_mut().for_each(|(_, array)| array.values.fill(0.0));
        Updated { loss, gradient_norm, rate }
    }

    /// All that changes, as the tensors of a checkpoint: the weights, their first moments `first.…` and their second
    /// moments `second.…`.
    pub fn to_checkpoint(&self) -> Checkpoint {
        Checkpoint::of(&self.weights, &self.optimizer)
    }

    /// Takes the values of a checkpoint.
    ///
    /// # Errors
    /// [`crate::Error::Weights`] with the tensor that is missing or has another shape.
    pub fn restore(&mut self, checkpoint: &Checkpoint) -> Result<()> {
        checkpoint.restore(&mut self.weights, &mut self.optimizer)
    }
}

/// Whether a weight decays: all but those of layer norms and biases. Embeddings do.
fn decays(name: &str) -> bool {
    !["LayerNorm", "bias"].iter().any(|part| name.contains(part))
}
