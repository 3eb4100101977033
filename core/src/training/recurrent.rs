//! Training of a recurrent language network, as NAS-Bench-NLP did it or in full.

mod comparison;
mod dropout;
mod settings;
mod state;
mod text;

use std::sync::Arc;

pub use comparison::{Comparison, ComparisonSettings, Trained};
pub use dropout::Dropout;
pub use settings::Settings;
pub use state::{Position, State};
pub use text::{Span, Text};

use super::Update;
use crate::device::Device;
#[cfg(feature = "burn")]
use crate::device::broken;
use crate::network::recurrent::kernel;
#[cfg(feature = "burn")]
use crate::network::recurrent::module;
use crate::network::recurrent::tensors::{TensorInfo, tensors};
use crate::network::recurrent::training::{CarriedStates, Masks, Reading, Window, WindowLoss};
use crate::network::recurrent::{Sizes, Weights};
use crate::space::recurrent::Recipe;
use crate::{Error, Result};

/// A network in training.
#[derive(Debug, Clone)]
pub struct Trainer {
    /// The cell.
    pub recipe: Arc<Recipe>,
    /// Sizes of the network.
    pub sizes: Sizes,
    /// How it is trained.
    pub settings: Settings,
    /// All that changes.
    pub state: State,
    text: Arc<Text>,
    /// The windows of the current epoch.
    spans: Vec<Span>,
}

/// What one update did.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// Windows read so far in this epoch, with this one.
    pub window: usize,
    /// Words predicted.
    pub words: usize,
    /// Of the window, with dropout.
    pub loss: WindowLoss,
    /// Of all gradients together, before clipping.
    pub gradient_norm: f64,
    /// The learning rate.
    pub rate: f64,
}

impl Trainer {
    /// A network with these weights before its first update.
    pub fn new(recipe: Arc<Recipe>, sizes: Sizes, settings: Settings, weights: Weights, text: Arc<Text>) -> Self {
        let state = State::new(&recipe, &sizes, &settings, weights);
        Self::resume(recipe, sizes, settings, state, text)
    }

    /// A network in the state that a checkpoint holds.
    pub fn resume(recipe: Arc<Recipe>, sizes: Sizes, settings: Settings, state: State, text: Arc<Text>) -> Self {
        let spans = settings.spans(text.rows(), state.position.epoch);
        Self { recipe, sizes, settings, state, text, spans }
    }

    /// The same network in another state.
    #[must_use]
    pub fn at(self, state: State) -> Self {
        let Self { recipe, sizes, settings, text, .. } = self;
        Self::resume(recipe, sizes, settings, state, text)
    }

    /// Windows of the current epoch.
    pub fn windows(&self) -> usize {
        self.spans.len()
    }

    /// Reads the next window and updates the weights. After the last window of an epoch the next epoch begins.
    ///
    /// # Errors
    /// [`Error::Diverged`] where the loss is not finite, or more than one nat above that of equal probabilities;
    /// [`Error::Broken`] or [`Error::Memory`] when the device fails.
    pub async fn step(&mut self, device: &Device) -> Result<Step> {
        let span = self.spans[self.state.position.window];
        let masks = self.settings.dropout.draw(&self.recipe, &self.sizes, self.settings.batch, self.seeds());
        let rate = self.settings.rate * span.drawn as f64 / self.settings.steps as f64;
        let text = self.text.clone();
        let (loss, gradient_norm) = self.update(&text.window(&span), &masks, rate, device).await?;
        self.check(&loss)?;
        let window = self.state.position.window + 1;
        self.advance();
        Ok(Step { window, words: span.length * self.settings.batch, loss, gradient_norm, rate })
    }

    /// One update with given dropout; returns the loss, and the norm of the gradients before clipping. The optimiser
    /// runs on the host, whatever the device: a checkpoint then continues on any device.
    ///
    /// # Errors
    /// [`Error::Broken`] or [`Error::Memory`] when the device fails.
    #[cfg_attr(not(feature = "burn"), expect(clippy::unused_async, reason = "only a device is awaited"))]
    pub async fn update(
        &mut self,
        window: &Window<'_>,
        masks: &Masks,
        rate: f64,
        device: &Device,
    ) -> Result<(WindowLoss, f64)> {
        let State { weights, optimizer, states, .. } = &mut self.state;
        let reading = Reading { window: *window, masks, states, objective: self.settings.objective };
        let (loss, gradient, left) = match device {
            Device::Cpu => kernel::gradient(&self.recipe, weights, reading),
            #[cfg(feature = "burn")]
            Device::Burn { device, name, .. } => {
                let computed = module::gradient(&self.recipe, weights, reading, device).await;
                computed.map_err(|error| broken(name, &error))?
            }
        };
        *states = left;
        let tensors = weights.values_mut().into_iter().zip(gradient.values());
        let updates = tensors.map(|(weights, gradient)| {
            let gradient = Some(gradient).filter(|gradient| !gradient.is_empty());
            Update { weights, gradient, rate, decays: true }
        });
        Ok((loss, optimizer.update(updates.collect())))
    }

    /// The mean cross-entropy of a text without dropout, in nats a word.
    pub fn evaluate(&self, text: &Text) -> f64 {
        kernel::evaluate(&self.recipe, &self.state.weights, text.all(), self.settings.steps)
    }

    /// Floating-point operations of updates that read so many words, roughly.
    pub fn operations(&self, words: usize) -> f64 {
        operations(&self.recipe, &self.sizes, self.settings.objective.frozen, words)
    }

    fn seeds(&self) -> [u32; 3] {
        let updates = self.state.optimizer.updates;
        [self.settings.seed, updates as u32, (updates >> 32) as u32]
    }

    fn advance(&mut self) {
        let Position { epoch, window } = &mut self.state.position;
        *window += 1;
        if *window == self.spans.len() {
            (*epoch, *window) = (*epoch + 1, 0);
            self.spans = self.settings.spans(self.text.rows(), *epoch);
            self.state.states = CarriedStates::zeros(&self.recipe, &self.sizes, self.settings.batch);
        }
    }

    fn check(&self, loss: &WindowLoss) -> Result<()> {
        let most = (self.sizes.vocabulary as f64).ln() + 1.0;
        if loss.total.is_finite() && loss.cross_entropy <= most {
            return Ok(());
        }
        Err(Error::Diverged { update: self.state.optimizer.updates, loss: loss.cross_entropy, most })
    }
}

/// Floating-point operations of updates that read so many words, roughly: 2 a word for every entry of a matrix forward,
/// and as many again for each of the gradients of its input and of its entries; frozen matrices have only the first.
pub fn operations(recipe: &Recipe, sizes: &Sizes, frozen: bool, words: usize) -> f64 {
    let entry = |tensor: &TensorInfo| match (tensor.shape.len(), tensor.recurrent && frozen) {
        (1, _) => 0.0,
        (_, true) => 4.0,
        (_, false) => 6.0,
    };
    // The embedding counts once, as the decoder: looking words up multiplies nothing.
    let tensors = tensors(recipe, sizes);
    let sum: f64 = tensors.iter().map(|tensor| entry(tensor) * tensor.shape.iter().product::<usize>() as f64).sum();
    sum * words as f64
}

#[cfg(test)]
mod tests;
