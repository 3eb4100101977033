//! All of a run that changes, and so all that a checkpoint must hold.

use serde::{Deserialize, Serialize};

use super::Settings;
use crate::Result;
use crate::network::recurrent::tensors::{TensorInfo, tensors};
use crate::network::recurrent::training::CarriedStates;
use crate::network::recurrent::{Sizes, Weights};
use crate::space::recurrent::Recipe;
use crate::training::{Checkpoint, Optimizer};

/// Where in the text a run is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Epochs that are complete.
    pub epoch: usize,
    /// Windows of this epoch that were read.
    pub window: usize,
}

/// Weights, optimiser and place in the text.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// Of the network.
    pub weights: Weights,
    /// With its moments.
    pub optimizer: Optimizer,
    /// Left by the last window.
    pub states: CarriedStates,
    /// The next window.
    pub position: Position,
}

impl State {
    /// Before the first update.
    pub fn new(recipe: &Recipe, sizes: &Sizes, settings: &Settings, weights: Weights) -> Self {
        let tensors = weights.values().len();
        Self {
            weights,
            optimizer: Optimizer::new(settings.adam, settings.clip, tensors),
            states: CarriedStates::zeros(recipe, sizes, settings.batch),
            position: Position::default(),
        }
    }

    /// As the tensors of a checkpoint.
    pub fn to_checkpoint(&self, recipe: &Recipe, sizes: &Sizes) -> Checkpoint {
        let mut checkpoint = Checkpoint::after(self.optimizer.updates);
        let tensors = tensors(recipe, sizes);
        for ((TensorInfo { name, shape, .. }, values), moments) in
            tensors.iter().zip(self.weights.values()).zip(&self.optimizer.states)
        {
            checkpoint.add(name, shape, values);
            checkpoint.add(&format!("first.{name}"), &[moments.first.len()], &moments.first);
            checkpoint.add(&format!("second.{name}"), &[moments.second.len()], &moments.second);
        }
        for (layer, states) in self.states.0.iter().enumerate() {
            for (state, values) in states.iter().enumerate() {
                checkpoint.add(&format!("state.{layer}.{state}"), &[values.len()], values);
            }
        }
        checkpoint
    }

    /// From the tensors of a checkpoint.
    ///
    /// # Errors
    /// [`crate::Error::Weights`] with the tensor that is missing or has another shape.
    pub fn from_checkpoint(checkpoint: &Checkpoint, mut start: Self, recipe: &Recipe, sizes: &Sizes) -> Result<Self> {
        start.optimizer.updates = checkpoint.updates;
        let values = start.weights.values_mut().into_iter().zip(&mut start.optimizer.states);
        for (TensorInfo { name, shape, .. }, (values, moments)) in tensors(recipe, sizes).iter().zip(values) {
            checkpoint.read(name, shape, values)?;
            moments.first = checkpoint.get(&format!("first.{name}"))?.to_vec();
            moments.second = checkpoint.get(&format!("second.{name}"))?.to_vec();
        }
        for (layer, states) in start.states.0.iter_mut().enumerate() {
            for (state, values) in states.iter_mut().enumerate() {
                checkpoint.read(&format!("state.{layer}.{state}"), &[values.len()], values)?;
            }
        }
        Ok(start)
    }
}
