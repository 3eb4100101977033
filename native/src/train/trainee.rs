//! What a run needs of a network in training, whatever its family.

use std::collections::BTreeMap;

use untrained_core::Result;
use untrained_core::device::Device;
use untrained_core::training::Checkpoint;
use untrained_core::training::recurrent::Position;

/// Values by name.
pub type Values = BTreeMap<String, f64>;

/// A network in training, with the texts that it reads.
pub trait Trainee: Clone {
    /// Whether its learning rates fall towards the last update, so that the number of updates cannot change.
    const LENGTH_COUNTS: bool;

    /// What its loss is measured in.
    const UNIT: &'static str;

    /// What its tokens are called.
    const TOKENS: &'static str;

    /// Updates so far.
    fn updates(&self) -> u64;

    /// Updates in an epoch.
    fn updates_of_epoch(&self) -> u64;

    /// Tokens of an update of usual length, where updates differ in length.
    fn usual_tokens(&self) -> Option<usize> {
        None
    }

    /// Sets the number of updates in all.
    fn plan(&mut self, updates: u64);

    /// Reads the next part of the text and updates the weights.
    ///
    /// # Errors
    /// That the loss grew instead of falling, or that the device fails.
    fn step(&mut self, device: &Device) -> Result<Update>;

    /// The validation text, without dropout: its `loss`, and what else is known of it.
    ///
    /// # Errors
    /// That the device fails.
    fn validate(&mut self, device: &Device) -> Result<Values>;

    /// All that changes.
    fn checkpoint(&self) -> (Checkpoint, Position);

    /// Takes up the state of a checkpoint.
    ///
    /// # Errors
    /// That a tensor is missing in it or has another shape.
    fn restore(&mut self, checkpoint: &Checkpoint, position: Position) -> Result<()>;

    /// One sentence on values of [`Self::validate`].
    fn describe(validation: &Values) -> String;
}

/// What an update did.
#[derive(Debug, Clone, PartialEq)]
pub struct Update {
    /// Complete epochs before it.
    pub epoch: usize,
    /// Whether it was the last of its epoch.
    pub ends_epoch: bool,
    /// Tokens read.
    pub tokens: usize,
    /// The loss, with dropout.
    pub loss: f64,
    /// What else is known of it.
    pub parts: Values,
    /// Before clipping.
    pub gradient_norm: f64,
    /// Learning rate.
    pub rate: f64,
}
