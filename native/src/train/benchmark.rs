//! Trains many networks, each once, into records that are read like those of scores.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use serde_json::json;
use untrained_core::Error;
use untrained_core::device::Device;
use untrained_core::network;
use untrained_core::network::WeightSource;
use untrained_core::network::recurrent::Model;
use untrained_core::origin::Origin;
use untrained_core::record::Record;

use super::folder::Line;
use super::recurrent::{RecurrentTrainee, SettingsArgs};
use super::run::{End, Length, Pace, Run, Training};
use super::table;
use super::text::{TextArgs, Texts};
use crate::cells::{Cell, Cells};
use crate::device::Choice;
use crate::interrupt::Interrupt;
use crate::many::{Journal, PartArgs, Settings};
use crate::outcome::Outcome;
use crate::parse::{at_least_one, file};
use crate::progress::Progress;

/// All networks of a benchmark, each once: records and a table that 'correlate' and the explorer read
#[derive(Debug, Args)]
pub struct BenchmarkArgs {
    /// nas-bench-nlp, or a file of recipes: JSON Lines, as 'untrained space recurrent' prints
    #[arg(value_name = "NAME|FILE.jsonl")]
    name: String,
    #[command(flatten)]
    text: TextArgs,
    #[command(flatten)]
    how: SettingsArgs,
    /// Folder of the run; what is finished in it is kept and skipped
    #[arg(long, value_name = "DIR", value_parser = file())]
    out: PathBuf,
    /// Steps of each network: updates of the weights, one a window of text
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    steps: usize,
    /// Validate after so many steps, too; again for more. Each becomes a metric, validation_loss_after_steps_N
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    validate_at: Vec<usize>,
    /// Keep the trained weights of every network
    #[arg(long)]
    keep_weights: bool,
    #[command(flatten)]
    part: PartArgs,
    /// Where gradients are computed
    #[arg(long, value_enum, default_value_t = Choice::Cpu, help_heading = "Running")]
    device: Choice,
}

/// Windows whose mean is the training loss.
const WINDOWS: usize = 5;

/// The identifier of the validation loss after so many updates.
fn metric(updates: u64) -> String {
    format!("validation_loss_after_steps_{updates}")
}

/// Updates after which losses are recorded: those of validation, and 1, 2, 5, 10, 20, .. up to the last.
fn moments(validated: &[u64]) -> BTreeSet<u64> {
    let last = validated.iter().copied().max().unwrap_or_default();
    let tens = std::iter::successors(Some(1_u64), |ten| ten.checked_mul(10)).take_while(|ten| *ten <= last);
    let usual = tens.flat_map(|ten| [ten, 2 * ten, 5 * ten]).filter(|at| *at <= last);
    usual.chain(validated.iter().copied()).collect()
}

impl BenchmarkArgs {
    /// Trains what is missing.
    ///
    /// # Errors
    /// What of the input cannot be used, or that a file cannot be written.
    pub fn run(self) -> anyhow::Result<Outcome> {
        let cells = Cells::read(&self.name)?;
        let texts = self.how.texts(&self.text)?;
        self.how.sizes(texts.words)?;
        let device = self.device.open()?;
        let mut named = self.how.named(&texts);
        match cells.digest() {
            Some(digest) => named.insert("recipes".to_owned(), json!(digest)),
            None => named.insert("benchmark".to_owned(), json!(cells.benchmark)),
        };
        let settings = Settings::from_named(device.name(), named);
        std::fs::create_dir_all(&self.out).map_err(|error| crate::outcome::unusable("output", &self.out, &error))?;
        let records = self.out.join("records.jsonl");
        let journal = Journal::open(&records, &settings)?;
        let last = metric(self.steps as u64);
        let missing = self.part.of(&cells.all).filter(|cell| !journal.holds(&cell.name, &last));
        let missing: Vec<&Cell> = missing.collect();
        note!("{} networks to train, {} records already there", missing.len(), journal.found());
        let interrupt = Interrupt::listen();
        let progress = Progress::new(missing.len() * self.steps);
        let many = Many { args: &self, texts: &texts, settings: &settings, benchmark: cells.benchmark, device };
        let mut outcome = Outcome::Done;
        for cell in missing {
            match many.one(cell, &interrupt, &progress)? {
                Some(records) => journal.add(&records)?,
                None => {
                    outcome = Outcome::Interrupted;
                    break;
                }
            }
            if !self.keep_weights {
                many.remove_weights(cell);
            }
        }
        progress.finish();
        journal.finish()?;
        table::write(&self.out, &cells.all)?;
        if outcome == Outcome::Interrupted {
            note!("stopped; {} keeps what is finished, and the same command goes on", self.out.display());
        }
        Ok(outcome)
    }
}

/// What all networks share.
struct Many<'a> {
    args: &'a BenchmarkArgs,
    texts: &'a Texts,
    settings: &'a Settings,
    benchmark: Option<&'static str>,
    device: Device,
}

impl Many<'_> {
    /// Trains one network; none where a signal came.
    fn one(&self, cell: &Cell, interrupt: &Interrupt, progress: &Progress) -> anyhow::Result<Option<Vec<Record>>> {
        let mut validated: Vec<u64> = self.args.validate_at.iter().map(|&at| at as u64).collect();
        validated.push(self.args.steps as u64);
        let pace = Pace {
            length: Length::Updates(self.args.steps as u64),
            validate_at: validated.clone(),
            validate_epochs: false,
            checkpoint_every: Duration::from_secs(120),
            checkpoint_updates: None,
        };
        let trainee = self.args.how.trainee(cell.recipe.clone(), self.texts)?;
        let settings = self.settings.clone();
        let folder = self.args.out.join(&cell.name);
        let mut run = Run::open(&folder, Training { trainee, settings, pace, device: self.device.clone() })?;
        let end = run.go(interrupt, &mut |line| {
            progress.describe(format!("{}: loss {:.3}", cell.name, line.loss));
            progress.advance();
        });
        let why = match end.map_err(anyhow::Error::downcast::<Error>) {
            Ok(End::Stopped) => return Ok(None),
            Ok(End::Done) => None,
            Err(Ok(error @ Error::Diverged { .. })) => Some(error.to_string()),
            Err(Ok(error)) => return Err(error.into()),
            Err(Err(error)) => return Err(error),
        };
        let lines = &run.folder.lines;
        let records = |at: u64| {
            let known: Vec<&Line> = lines.iter().filter(|line| line.step <= at).collect();
            self.records(cell, &run, (at, validated.contains(&at)), (&known, why.as_deref()))
        };
        Ok(Some(moments(&validated).into_iter().flat_map(records).collect()))
    }

    /// The training loss of the last windows before so many updates, and the validation loss where it was computed.
    fn records(
        &self,
        cell: &Cell,
        run: &Run<RecurrentTrainee>,
        (at, validated): (u64, bool),
        (lines, why): (&[&Line], Option<&str>),
    ) -> Vec<Record> {
        let last = lines.last().filter(|line| line.step == at);
        let windows = &lines[lines.len().saturating_sub(WINDOWS)..];
        let sum: f64 = windows.iter().map(|line| line.loss).sum();
        let training = last.map(|_| sum / windows.len() as f64);
        let validation = last.and_then(|line| line.validation_loss());
        let words: usize = lines.iter().map(|line| line.tokens).sum();
        let record = |metric: String, value: Option<f64>| Record {
            architecture: cell.name.clone(),
            metric,
            value: value.unwrap_or(f64::NAN),
            why: if value.is_some() { None } else { why.map(str::to_owned) },
            seconds: lines.last().map_or(0.0, |line| line.seconds),
            operations: Some(run.trainee.trainer.operations(words).round()),
            seed: Some(self.args.how.seed.into()),
            device: self.device.name().to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            origin: Box::new(self.origin(cell, run)),
            terms: Vec::new(),
        };
        let training = record(format!("training_loss_after_steps_{at}"), training);
        let validation = validated.then(|| record(metric(at), validation));
        std::iter::once(training).chain(validation).collect()
    }

    fn origin(&self, cell: &Cell, run: &Run<RecurrentTrainee>) -> Origin {
        let (recipe, sizes) = (cell.recipe.clone(), run.trainee.trainer.sizes);
        let model = Model { recipe, sizes, weights: WeightSource::Seed(self.args.how.seed) };
        let origin = Origin {
            benchmark: self.benchmark.map(str::to_owned),
            as_published: Some(self.args.how.as_published),
            ..Origin::of(self.texts.read.clone())
        };
        origin.with_model(&cell.name, &network::Model::Recurrent(model))
    }

    /// Removes the checkpoints of a network that is finished; its log stays.
    fn remove_weights(&self, cell: &Cell) {
        let folder = self.args.out.join(&cell.name);
        let Ok(entries) = std::fs::read_dir(&folder) else { return };
        for entry in entries.flatten().filter(|entry| entry.path().extension().is_some_and(|end| end == "safetensors"))
        {
            // One that cannot be removed takes room, and nothing else.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}
