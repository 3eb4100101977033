//! One network in training: from its first update or its last checkpoint to the end.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use untrained_core::device::Device;
use untrained_core::training::recurrent::{State, Step, Text, Trainer};

use super::folder::{Folder, Line, Metadata};
use crate::attempt;
use crate::interrupt::Interrupt;
use crate::many::Settings;

/// A network to be trained.
pub struct Training {
    /// Before its first update.
    pub trainer: Trainer,
    /// What is validated on.
    pub validation: Arc<Text>,
    /// What decides the values.
    pub settings: Settings,
    /// How often what happens.
    pub pace: Pace,
    /// Where gradients are computed.
    pub device: Device,
}

/// How long, and how often what happens.
#[derive(Debug, Clone)]
pub struct Pace {
    /// When it ends.
    pub length: Length,
    /// Updates after which to validate; always after the last.
    pub validate_at: Vec<u64>,
    /// Whether to validate after each epoch.
    pub validate_epochs: bool,
    /// Time between checkpoints.
    pub checkpoint_every: Duration,
    /// Updates between checkpoints, where they are counted.
    pub checkpoint_updates: Option<u64>,
}

/// When a run ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Length {
    /// After so many updates.
    Updates(u64),
    /// After as many updates as this machine makes in so many hours, measured before the first.
    Hours(f64),
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// All updates are done.
    Done,
    /// A signal came; the last checkpoint has everything.
    Stopped,
}

/// A run that goes on.
pub struct Run {
    /// The network.
    pub trainer: Trainer,
    /// Where it is saved.
    pub folder: Folder,
    /// Updates after which it ends.
    pub planned: u64,
    validation: Arc<Text>,
    settings: Settings,
    pace: Pace,
    device: Device,
    /// Of all updates so far, without validation.
    seconds: f64,
}

impl Run {
    /// Opens the folder and takes up the last checkpoint.
    ///
    /// # Errors
    /// What of the folder cannot be used.
    pub fn open(path: &Path, training: Training) -> anyhow::Result<Self> {
        let Training { mut trainer, validation, settings, pace, device } = training;
        let (folder, last) = Folder::open(path, &settings)?;
        let (mut known, mut seconds) = (None, 0.0);
        if let Some((checkpoint, metadata)) = last {
            let Trainer { recipe, sizes, state, .. } = &trainer;
            let mut state = State::from_checkpoint(&checkpoint, state.clone(), recipe, sizes)?;
            state.position = metadata.position;
            trainer = trainer.at(state);
            (known, seconds) = (Some(metadata.planned), metadata.seconds);
        }
        let planned = match (pace.length, known) {
            (Length::Updates(updates), _) => updates,
            (Length::Hours(_), Some(planned)) => planned,
            (Length::Hours(hours), None) => ((hours * 3_600.0 / seconds_a_step(&trainer, &device)?) as u64).max(1),
        };
        Ok(Self { trainer, folder, planned, validation, settings, pace, device, seconds })
    }

    /// Seconds that the updates to come take, from one that is measured.
    ///
    /// # Errors
    /// As [`Self::go`].
    pub fn estimate(&self) -> anyhow::Result<f64> {
        Ok(self.planned.saturating_sub(self.updates()) as f64 * seconds_a_step(&self.trainer, &self.device)?)
    }

    /// Updates so far.
    pub fn updates(&self) -> u64 {
        self.trainer.state.optimizer.updates
    }

    /// Seconds of all updates so far, without validation.
    pub fn seconds(&self) -> f64 {
        self.seconds
    }

    /// Name of the device.
    pub fn device(&self) -> &str {
        self.device.name()
    }

    /// Trains to the end, or until a signal comes. `each` is called after every update.
    ///
    /// # Errors
    /// That the loss grew instead of falling, or that a file cannot be written.
    pub fn go(&mut self, interrupt: &Interrupt, each: &mut dyn FnMut(&Line)) -> anyhow::Result<End> {
        let mut saved = (self.updates(), Instant::now());
        while self.updates() < self.planned {
            if interrupt.requested() {
                self.save(saved.0)?;
                return Ok(End::Stopped);
            }
            let epoch = self.trainer.state.position.epoch;
            let begun = Instant::now();
            let step = step(&mut self.trainer, &self.device)?;
            self.seconds += begun.elapsed().as_secs_f64();
            let line = self.line(epoch, &step);
            each(&line);
            self.folder.add(vec![line])?;
            let count = self.updates() - saved.0;
            if saved.1.elapsed() >= self.pace.checkpoint_every
                || self.pace.checkpoint_updates.is_some_and(|updates| count >= updates)
            {
                self.save(saved.0)?;
                saved = (self.updates(), Instant::now());
            }
        }
        self.save(saved.0)?;
        Ok(End::Done)
    }

    /// Saves a checkpoint, unless the last one has all updates.
    fn save(&self, last: u64) -> anyhow::Result<()> {
        if last == self.updates() {
            return Ok(());
        }
        let Trainer { recipe, sizes, state, .. } = &self.trainer;
        let metadata = Metadata {
            settings: self.settings.clone(),
            position: state.position,
            planned: self.planned,
            seconds: self.seconds,
        };
        self.folder.save(&state.to_checkpoint(recipe, sizes), &metadata)
    }

    fn line(&self, epoch: usize, step: &Step) -> Line {
        let updates = self.updates();
        let ended = self.trainer.state.position.epoch > epoch;
        let validate =
            updates == self.planned || self.pace.validate_at.contains(&updates) || (ended && self.pace.validate_epochs);
        Line {
            step: updates,
            epoch,
            words: step.words,
            loss: step.loss.total,
            cross_entropy: step.loss.cross_entropy,
            gradient_norm: step.gradient_norm,
            rate: step.rate,
            seconds: (self.seconds * 1e3).round() / 1e3,
            validation: validate.then(|| self.trainer.evaluate(&self.validation)),
        }
    }
}

/// One update; a panic in a library becomes an error.
fn step(trainer: &mut Trainer, device: &Device) -> untrained_core::Result<Step> {
    attempt::on(device, |device| pollster::block_on(trainer.step(device)))
}

/// Seconds of an update, of a copy of the network; the first one warms up.
fn seconds_a_step(trainer: &Trainer, device: &Device) -> untrained_core::Result<f64> {
    let mut copy = trainer.clone();
    step(&mut copy, device)?;
    let begun = Instant::now();
    let words = step(&mut copy, device)?.words;
    // Windows differ in length.
    let usual = copy.settings.batch * copy.settings.steps;
    Ok(begun.elapsed().as_secs_f64() * usual as f64 / words as f64)
}
