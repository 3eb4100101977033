//! What changes while a network is trained: its weights, and the state of the optimiser.

use serde::{Deserialize, Serialize};

use super::schedule::LinearSchedule;
use crate::network::transformer::Weights;
use crate::random::Placed;
use crate::training::optimizer::{Adam, Clip, Decay, Optimizer, TensorState, Update};

impl Adam {
    /// ELECTRA's: no correction, decoupled decay.
    pub const ELECTRA: Self =
        Self { beta_1: 0.9, beta_2: 0.999, epsilon: 1e-6, decay: 0.01, decay_in: Decay::Weights, correction: false };
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
        let mut optimizer = Optimizer::new(settings.adam, settings.clip, weights.iter().count());
        for (state, (_, array)) in optimizer.states.iter_mut().zip(weights.iter()) {
            let zeros = vec![0.0; array.values.len()];
            *state = TensorState { first: zeros.clone(), second: zeros };
        }
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

    /// Everything that a checkpoint needs beside [`Optimizer::updates`], with names and shapes, always in the same
    /// order: the weights, then their first moments `first/…` and second moments `second/…`.
    pub fn tensors(&self) -> Vec<(String, Vec<usize>, &[f32])> {
        let Self { weights, optimizer, .. } = self;
        let moments = |prefix: &'static str, of: fn(&TensorState) -> &Vec<f32>| {
            let pairs = weights.iter().zip(&optimizer.states);
            pairs.map(move |((name, array), state)| {
                (format!("{prefix}/{name}"), array.shape.clone(), of(state).as_slice())
            })
        };
        let weights =
            weights.iter().map(|(name, array)| (name.to_owned(), array.shape.clone(), array.values.as_slice()));
        weights.chain(moments("first", |state| &state.first)).chain(moments("second", |state| &state.second)).collect()
    }

    /// As [`Self::tensors`], to be overwritten.
    pub fn tensors_mut(&mut self) -> Vec<(String, Vec<usize>, &mut [f32])> {
        let Self { weights, optimizer, .. } = self;
        let mut all = [Vec::new(), Vec::new(), Vec::new()];
        for ((name, array), TensorState { first, second }) in weights.iter_mut().zip(&mut optimizer.states) {
            let shape = || array.shape.clone();
            all[1].push((format!("first/{name}"), shape(), first.as_mut_slice()));
            all[2].push((format!("second/{name}"), shape(), second.as_mut_slice()));
            all[0].push((name.to_owned(), shape(), array.values.as_mut_slice()));
        }
        all.into_iter().flatten().collect()
    }
}

/// Whether a weight decays: all but those of layer norms and biases. Embeddings do.
fn decays(name: &str) -> bool {
    !["LayerNorm", "bias"].iter().any(|part| name.contains(part))
}
