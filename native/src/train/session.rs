//! A run as typed, and from its start to its end: what is said before, during and after it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use serde_json::{Map, Value, json};
use untrained_core::device::Device;

use super::curve;
use super::folder::Line;
use super::run::{End, Length, Pace, Run, Training};
use super::trainee::Trainee;
use crate::device::Choice;
use crate::interrupt::Interrupt;
use crate::many;
use crate::outcome::Outcome;
use crate::parse::{at_least_one, file, hours};
use crate::progress::Progress;

/// Where it is saved, how often, and on which device it runs
#[derive(Debug, Args)]
pub struct SessionArgs {
    /// Folder of the run: checkpoints, log, curve and trained weights; a run that is there goes on
    #[arg(long, value_name = "DIR", value_parser = file())]
    pub out: PathBuf,
    /// Validate after every N steps, too; always after each epoch and at the end
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    validate_every: Option<usize>,
    /// Save a checkpoint after every N steps; without it every two minutes
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    checkpoint_every: Option<usize>,
    /// Where gradients are computed
    #[arg(long, value_enum, default_value_t = Choice::Cpu, help_heading = "Running")]
    pub device: Choice,
}

/// How long
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct LengthArgs {
    /// Steps: updates of the weights
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    steps: Option<usize>,
    /// As many steps as this machine makes in so many hours, which is measured before the first
    #[arg(long, value_name = "H", value_parser = hours)]
    hours: Option<f64>,
}

impl LengthArgs {
    /// As typed.
    pub fn length(&self) -> Length {
        self.hours.map_or(Length::Updates(self.steps.unwrap_or_default() as u64), Length::Hours)
    }
}

/// Runs on one device, which is opened once.
pub struct Session<'a> {
    args: &'a SessionArgs,
    /// Where gradients are computed.
    pub device: Device,
}

impl SessionArgs {
    /// Opens the device.
    ///
    /// # Errors
    /// That it cannot be used.
    pub fn open(&self) -> anyhow::Result<Session<'_>> {
        Ok(Session { args: self, device: self.device.open()? })
    }
}

impl Session<'_> {
    /// Trains a network called `name` in a folder: says how long it takes, shows its progress, and at the end its curve.
    /// None where a signal came.
    ///
    /// # Errors
    /// What of the folder or the device cannot be used, that the loss grew, or that a file cannot be written.
    pub fn train<T: Trainee>(
        &self,
        (name, out): (&str, &Path),
        trainee: T,
        length: Length,
        named: Map<String, Value>,
    ) -> anyhow::Result<Option<Run<T>>> {
        let device = self.device.clone();
        let settings = many::Settings::from_named(device.name(), named);
        let mut run = Run::open(out, Training { trainee, settings, pace: self.pace(length), device })?;
        if run.updates() >= run.planned {
            note!("{}: all {} steps are done", out.display(), run.planned);
            return finish(name, run).map(Some);
        }
        announce(&run)?;
        let interrupt = Interrupt::listen();
        let progress = Progress::resumed(run.planned as usize, run.updates() as usize);
        let mut before = run.seconds();
        let end = run.go(&interrupt, &mut |line| {
            show::<T>(&progress, line, line.seconds - before);
            before = line.seconds;
        });
        progress.finish();
        match end? {
            End::Done => finish(name, run).map(Some),
            End::Stopped => {
                note!("stopped after {} steps; the same command goes on", run.updates());
                Ok(None)
            }
        }
    }

    fn pace(&self, length: Length) -> Pace {
        let updates = if let Length::Updates(updates) = length { updates } else { 0 };
        let every = self.args.validate_every.map(|every| (1..).map(move |count| count * every as u64));
        Pace {
            length,
            validate_at: every.map_or_else(Vec::new, |all| all.take_while(|&at| at <= updates).collect()),
            validate_epochs: true,
            checkpoint_every: Duration::from_secs(120),
            checkpoint_updates: self.args.checkpoint_every.map(|updates| updates as u64),
        }
    }
}

/// What decides the values of a run, by name: this, and the version of the program.
pub fn named<const N: usize>(settings: [(&str, Value); N]) -> Map<String, Value> {
    let all = [("version", json!(env!("CARGO_PKG_VERSION")))].into_iter().chain(settings);
    all.map(|(name, value)| (name.to_owned(), value)).collect()
}

/// How a run that `train` ended counts.
pub fn outcome<T>(run: Option<&Run<T>>) -> Outcome {
    if run.is_some() { Outcome::Done } else { Outcome::Interrupted }
}

/// Says what is about to be done, and how long it takes.
fn announce<T: Trainee>(run: &Run<T>) -> anyhow::Result<()> {
    let left = run.planned - run.updates();
    let seconds = run.estimate()?;
    let time = match seconds {
        ..1.0 => "a second".to_owned(),
        _ => indicatif::HumanDuration(Duration::from_secs_f64(seconds)).to_string(),
    };
    let epoch = run.trainee.updates_of_epoch();
    note!(
        "{left} steps of {} to do on {}, about {time} as measured just now; an epoch has {epoch} steps",
        run.planned,
        run.device()
    );
    Ok(())
}

/// Shows an update, which took so long, beside the progress.
fn show<T: Trainee>(progress: &Progress, line: &Line, seconds: f64) {
    let rate = line.tokens as f64 / seconds.max(1e-3);
    progress.describe(format!("loss {:.3}, {rate:.0} {} a second", line.loss, T::TOKENS));
    if let Some(validation) = line.validation() {
        progress.say(&format!("step {}: {}", line.step, T::describe(&validation)));
    }
    progress.advance();
}

/// Writes the curve, shows it, and says how it went.
fn finish<T: Trainee>(name: &str, run: Run<T>) -> anyhow::Result<Run<T>> {
    let lines = &run.folder.lines;
    let last = run.validation().map_or_else(String::new, |validation| T::describe(&validation));
    let lead = format!("After {} steps: {last}", run.updates());
    run.folder.write("curve.svg", curve::picture((name, T::UNIT), lead, lines)?.as_bytes())?;
    curve::rows(lines).iter().for_each(|row| note!("{row}"));
    Ok(run)
}
