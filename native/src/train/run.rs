//! One network in training: from its first update or its last checkpoint to the end.

use std::path::Path;
use std::time::{Duration, Instant};

use untrained_core::device::Device;

use super::folder::{Folder, Line, Metadata, VALIDATION};
use super::trainee::{Trainee, Update, Values};
use crate::attempt;
use crate::interrupt::Interrupt;
use crate::many::Settings;
use crate::outcome::Usage;

/// A network to be trained.
pub struct Training<T> {
    /// Before its first update.
    pub trainee: T,
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
pub struct Run<T> {
    /// The network.
    pub trainee: T,
    /// Where it is saved.
    pub folder: Folder,
    /// Updates after which it ends.
    pub planned: u64,
    settings: Settings,
    pace: Pace,
    device: Device,
    /// Of all updates so far, without validation.
    seconds: f64,
}

impl<T: Trainee> Run<T> {
    /// Opens the folder and takes up the last checkpoint.
    ///
    /// # Errors
    /// What of the folder cannot be used.
    pub fn open(path: &Path, training: Training<T>) -> anyhow::Result<Self> {
        let Training { mut trainee, settings, pace, device } = training;
        let (folder, last) = Folder::open(path, &settings)?;
        let (mut known, mut seconds) = (None, 0.0);
        if let Some((checkpoint, metadata)) = last {
            trainee.restore(&checkpoint, metadata.position)?;
            (known, seconds) = (Some(metadata.planned), metadata.seconds);
        }
        let planned = match (pace.length, known) {
            (Length::Updates(updates), Some(known)) if T::LENGTH_COUNTS && known != updates => {
                let problem = format!("was begun with --steps {known}, and learning rates fall towards the last step");
                return Err(Usage(format!("output {}: {problem}; choose another folder", path.display())).into());
            }
            (Length::Updates(updates), _) => updates,
            (Length::Hours(_), Some(planned)) => planned,
            (Length::Hours(hours), None) => ((hours * 3_600.0 / seconds_a_step(&trainee, &device)?) as u64).max(1),
        };
        trainee.plan(planned);
        Ok(Self { trainee, folder, planned, settings, pace, device, seconds })
    }

    /// Seconds that the updates to come take, from one that is measured.
    ///
    /// # Errors
    /// As [`Self::go`].
    pub fn estimate(&self) -> anyhow::Result<f64> {
        Ok(self.planned.saturating_sub(self.updates()) as f64 * seconds_a_step(&self.trainee, &self.device)?)
    }

    /// Updates so far.
    pub fn updates(&self) -> u64 {
        self.trainee.updates()
    }

    /// Seconds of all updates so far, without validation.
    pub fn seconds(&self) -> f64 {
        self.seconds
    }

    /// Name of the device.
    pub fn device(&self) -> &str {
        self.device.name()
    }

    /// The last validation.
    pub fn validation(&self) -> Option<Values> {
        self.folder.lines.iter().rev().find_map(Line::validation)
    }

    /// Trains to the end, or until a signal comes. `each` is called after every update.
    ///
    /// # Errors
    /// That the loss grew instead of falling, or that a file cannot be written.
    pub fn go(&mut self, interrupt: &Interrupt, each: &mut dyn FnMut(&Line)) -> anyhow::Result<End> {
        self.go_to(self.planned, interrupt, each)
    }

    /// As [`Self::go`], up to so many updates in all, after which there is a checkpoint.
    ///
    /// # Errors
    /// As [`Self::go`].
    pub fn go_to(&mut self, updates: u64, interrupt: &Interrupt, each: &mut dyn FnMut(&Line)) -> anyhow::Result<End> {
        let mut saved = (self.updates(), Instant::now());
        while self.updates() < updates {
            if interrupt.requested() {
                self.save(saved.0)?;
                return Ok(End::Stopped);
            }
            let begun = Instant::now();
            let update = attempt::on(&self.device, |device| self.trainee.step(device))?;
            self.seconds += begun.elapsed().as_secs_f64();
            let line = self.line(update)?;
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
        let (checkpoint, position) = self.trainee.checkpoint();
        let metadata =
            Metadata { settings: self.settings.clone(), position, planned: self.planned, seconds: self.seconds };
        self.folder.save(&checkpoint, &metadata)
    }

    fn line(&mut self, update: Update) -> untrained_core::Result<Line> {
        let updates = self.updates();
        let Update { epoch, ends_epoch, tokens, loss, mut parts, gradient_norm, rate } = update;
        let validates = updates == self.planned
            || self.pace.validate_at.contains(&updates)
            || (ends_epoch && self.pace.validate_epochs);
        if validates {
            let validation = attempt::on(&self.device, |device| self.trainee.validate(device))?;
            parts.extend(validation.into_iter().map(|(name, value)| (format!("{VALIDATION}{name}"), value)));
        }
        let seconds = (self.seconds * 1e3).round() / 1e3;
        Ok(Line { step: updates, epoch, tokens, loss, gradient_norm, rate, seconds, parts })
    }
}

/// Seconds of an update, of a copy of the network; the first one warms up.
fn seconds_a_step<T: Trainee>(trainee: &T, device: &Device) -> untrained_core::Result<f64> {
    let mut copy = trainee.clone();
    let mut step = || attempt::on(device, |device| copy.step(device));
    step()?;
    let begun = Instant::now();
    let tokens = step()?.tokens;
    let share = trainee.usual_tokens().map_or(1.0, |usual| usual as f64 / tokens as f64);
    Ok(begun.elapsed().as_secs_f64() * share)
}

#[cfg(test)]
mod tests {
    use serde_json::Map;
    use tempfile::TempDir;
    use untrained_core::training::Checkpoint;
    use untrained_core::training::recurrent::Position;

    use super::*;

    /// One weight, which every update halves. The device is lost in update `lost`, as Burn reports it: in a panic.
    #[derive(Clone)]
    struct Halved {
        updates: u64,
        weight: f32,
        lost: Option<u64>,
    }

    impl Trainee for Halved {
        const LENGTH_COUNTS: bool = false;
        const UNIT: &'static str = "nats";
        const TOKENS: &'static str = "words";

        fn updates(&self) -> u64 {
            self.updates
        }

        fn updates_of_epoch(&self) -> u64 {
            100
        }

        fn plan(&mut self, _: u64) {}

        fn step(&mut self, _: &Device) -> untrained_core::Result<Update> {
            assert!(self.lost != Some(self.updates + 1), "Parent device is lost");
            self.updates += 1;
            self.weight /= 2.0;
            let loss = self.weight.into();
            let (parts, rate) = (Values::new(), 1.0);
            Ok(Update { epoch: 0, ends_epoch: false, tokens: 1, loss, parts, gradient_norm: 1.0, rate })
        }

        fn validate(&mut self, _: &Device) -> untrained_core::Result<Values> {
            Ok(Values::from([("loss".to_owned(), self.weight.into())]))
        }

        fn checkpoint(&self) -> (Checkpoint, Position) {
            let mut checkpoint = Checkpoint::after(self.updates);
            checkpoint.add("weight", &[1], &[self.weight]);
            (checkpoint, Position::default())
        }

        fn restore(&mut self, checkpoint: &Checkpoint, _: Position) -> untrained_core::Result<()> {
            self.updates = checkpoint.updates;
            self.weight = checkpoint.get("weight")?[0];
            Ok(())
        }

        fn describe(_: &Values) -> String {
            String::new()
        }
    }

    fn opened(folder: &Path, lost: Option<u64>) -> Run<Halved> {
        let pace = Pace {
            length: Length::Updates(20),
            validate_at: vec![10],
            validate_epochs: false,
            checkpoint_every: Duration::from_secs(3_600),
            checkpoint_updates: Some(4),
        };
        let settings = Settings::from_named("a device", Map::new());
        let trainee = Halved { updates: 0, weight: 1.0, lost };
        Run::open(folder, Training { trainee, settings, pace, device: Device::Cpu }).unwrap()
    }

    fn losses(run: &Run<Halved>) -> Vec<(u64, f64, Option<f64>)> {
        run.folder.lines.iter().map(|line| (line.step, line.loss, line.validation_loss())).collect()
    }

    /// The error names the device and the cause; the same run goes on from the last checkpoint, with the same losses.
    #[test]
    fn a_lost_device_loses_nothing() {
        let folder = TempDir::new().unwrap();
        let (whole, broken) = (folder.path().join("whole"), folder.path().join("broken"));
        let interrupt = Interrupt::listen();
        let mut all = opened(&whole, None);
        assert_eq!(all.go(&interrupt, &mut |_| {}).unwrap(), End::Done);
        for (lost, saved) in [(7, 4), (11, 8), (20, 16)] {
            let mut run = opened(&broken, Some(lost));
            let error = run.go(&interrupt, &mut |_| {}).unwrap_err().to_string();
            assert!(
                error.starts_with("device cpu failed: a library stopped: Parent device is lost (run.rs"),
                "{error}"
            );
            assert_eq!((run.updates(), run.folder.lines.len() as u64), (lost - 1, lost - 1));
            drop(run);
            let run = opened(&broken, None);
            assert_eq!((run.updates(), run.folder.lines.len() as u64), (saved, saved));
        }
        let mut run = opened(&broken, None);
        assert_eq!(run.go_to(18, &interrupt, &mut |_| {}).unwrap(), End::Done);
        assert_eq!(run.updates(), 18);
        assert_eq!(run.go(&interrupt, &mut |_| {}).unwrap(), End::Done);
        assert_eq!(losses(&run), losses(&all));
    }
}
