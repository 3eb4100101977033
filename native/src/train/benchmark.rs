//! Trains many networks, each once, into records that are read like those of scores.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use serde_json::{Map, Value, json};
use untrained_core::Error;
use untrained_core::device::Device;
use untrained_core::network;
use untrained_core::network::{WeightSource, encoder, recurrent};
use untrained_core::origin::{Origin, Read};
use untrained_core::record::Record;
use untrained_core::space::encoder::Configuration;
use untrained_core::space::recurrent::Recipe;
use untrained_core::training::recurrent::operations;

use super::benchmark_options::{BothSettingsArgs, BothTextArgs};
use super::encoder::{PretrainingArgs, PretrainingTrainee};
use super::folder::Line;
use super::recurrent::{RecurrentTrainee, SettingsArgs};
use super::run::{End, Length, Pace, Run, Training};
use super::sentences::Sentences;
use super::table;
use super::text::Texts;
use super::trainee::Trainee;
use crate::architectures::{Architectures, List, Named};
use crate::device::Choice;
use crate::interrupt::Interrupt;
use crate::many::{Journal, PartArgs, Settings};
use crate::outcome::Outcome;
use crate::parse::{at_least_one, file};
use crate::progress::Progress;

/// All networks of a benchmark, each once: records and a table that 'correlate' and the explorer read
#[derive(Debug, Args)]
pub struct BenchmarkArgs {
    /// nas-bench-nlp, of recurrent cells; nas-bench-bert, of encoders; or a file of either: JSON Lines, as 'untrained
    /// space' prints
    #[arg(value_name = "NAME|FILE.jsonl")]
    name: String,
    #[command(flatten)]
    text: BothTextArgs,
    #[command(flatten)]
    how: BothSettingsArgs,
    /// Folder of the run; what is finished in it is kept and skipped
    #[arg(long, value_name = "DIR", value_parser = file())]
    out: PathBuf,
    /// Steps of each network: updates of the weights
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    steps: usize,
    /// Validate after so many steps, too; again for more. Each becomes a metric, validation_loss_after_steps_N. The
    /// learning rates of encoders fall towards the last step, so theirs are losses on the way to it
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

/// How the networks of a family are trained.
trait Trainer<T> {
    /// What is trained.
    type Trainee: Trainee;

    /// What decides the values, by name.
    fn named(&self) -> Map<String, Value>;

    /// A network before its first update.
    ///
    /// # Errors
    /// What of the sizes cannot be used.
    fn trainee(&self, architecture: &Named<T>) -> untrained_core::Result<Self::Trainee>;

    /// A network, for its records.
    ///
    /// # Errors
    /// As [`Self::trainee`].
    fn model(&self, architecture: &Named<T>) -> untrained_core::Result<network::Model>;

    /// Where its text comes from.
    fn read(&self) -> &Read;

    /// Floating-point operations of updates that read so many tokens, roughly.
    fn operations(&self, trainee: &Self::Trainee, tokens: usize) -> f64;
}

/// Training of cells.
struct OfCells {
    how: SettingsArgs,
    texts: Texts,
}

/// Pre-training of encoders.
struct OfEncoders {
    how: PretrainingArgs,
    text: Sentences,
}

impl Trainer<Recipe> for OfCells {
    type Trainee = RecurrentTrainee;

    fn named(&self) -> Map<String, Value> {
        self.how.named(&self.texts)
    }

    fn trainee(&self, cell: &Named<Recipe>) -> untrained_core::Result<RecurrentTrainee> {
        self.how.trainee(cell.architecture.clone(), &self.texts)
    }

    fn model(&self, cell: &Named<Recipe>) -> untrained_core::Result<network::Model> {
        let (recipe, sizes) = (cell.architecture.clone(), self.how.sizes(self.texts.words)?);
        let weights = WeightSource::Seed(self.how.seed);
        Ok(network::Model::Recurrent(recurrent::Model { recipe, sizes, weights }))
    }

    fn read(&self) -> &Read {
        &self.texts.read
    }

    fn operations(&self, trainee: &RecurrentTrainee, words: usize) -> f64 {
        let trainer = &trainee.trainer;
        operations(&trainer.recipe, &trainer.sizes, trainer.settings.objective.frozen, words)
    }
}

impl Trainer<Configuration> for OfEncoders {
    type Trainee = PretrainingTrainee;

    fn named(&self) -> Map<String, Value> {
        self.how.named(&self.text)
    }

    fn trainee(&self, encoder: &Named<Configuration>) -> untrained_core::Result<PretrainingTrainee> {
        Ok(self.how.trainee(self.how.shape(&encoder.architecture, &self.text)?, &self.text))
    }

    fn model(&self, encoder: &Named<Configuration>) -> untrained_core::Result<network::Model> {
        let shape = self.how.shape(&encoder.architecture, &self.text)?;
        let (configuration, sizes) = (shape.configuration.into(), shape.sizes);
        let weights = WeightSource::Seed(self.how.seed);
        Ok(network::Model::Encoder(encoder::Model { configuration, sizes, weights }))
    }

    fn read(&self) -> &Read {
        &self.text.read
    }

    fn operations(&self, trainee: &PretrainingTrainee, tokens: usize) -> f64 {
        trainee.0.operations(tokens)
    }
}

impl BenchmarkArgs {
    /// Trains what is missing.
    ///
    /// # Errors
    /// What of the input cannot be used, or that a file cannot be written.
    pub fn run(self) -> anyhow::Result<Outcome> {
        match Architectures::read(&self.name)? {
            Architectures::Cells(cells) => {
                let how = self.how.cells()?;
                let texts = how.texts(&self.text.cells()?)?;
                how.sizes(texts.words)?;
                self.train(&cells, &OfCells { how, texts })
            }
            Architectures::Encoders(encoders) => {
                let how = self.how.encoders()?;
                let text = how.sentences(&self.text.encoders()?)?;
                how.sizes(&text)?;
                self.train(&encoders, &OfEncoders { how, text })
            }
        }
    }

    fn train<T: std::fmt::Debug>(&self, list: &List<T>, trainer: &impl Trainer<T>) -> anyhow::Result<Outcome> {
        let device = self.device.open()?;
        let mut named = trainer.named();
        match list.digest() {
            Some(digest) => named.insert("recipes".to_owned(), json!(digest)),
            None => named.insert("benchmark".to_owned(), json!(list.benchmark)),
        };
        let settings = Settings::from_named(device.name(), named);
        std::fs::create_dir_all(&self.out).map_err(|error| crate::outcome::unusable("output", &self.out, &error))?;
        let records = self.out.join("records.jsonl");
        let journal = Journal::open(&records, &settings)?;
        let last = metric(self.steps as u64);
        let missing = self.part.of(&list.all).filter(|one| !journal.holds(&one.name, &last));
        let missing: Vec<&Named<T>> = missing.collect();
        note!("{} networks to train, {} records already there", missing.len(), journal.found());
        let interrupt = Interrupt::listen();
        let progress = Progress::new(missing.len() * self.steps);
        let many = Many { args: self, trainer, settings: &settings, benchmark: list.benchmark, device };
        let mut outcome = Outcome::Done;
        for architecture in missing {
            match many.one(architecture, &interrupt, &progress)? {
                Some(records) => journal.add(&records)?,
                None => {
                    outcome = Outcome::Interrupted;
                    break;
                }
            }
            if !self.keep_weights {
                many.remove_weights(&architecture.name);
            }
        }
        progress.finish();
        journal.finish()?;
        table::write(&self.out, list.all.iter().map(|one| one.name.as_str()))?;
        if outcome == Outcome::Interrupted {
            note!("stopped; {} keeps what is finished, and the same command goes on", self.out.display());
        }
        Ok(outcome)
    }
}

/// What all networks share.
struct Many<'a, R> {
    args: &'a BenchmarkArgs,
    trainer: &'a R,
    settings: &'a Settings,
    benchmark: Option<&'static str>,
    device: Device,
}

/// What the records of a network have in common.
struct Subject<'a> {
    name: &'a str,
    origin: Origin,
    /// Why training ended early.
    why: Option<String>,
}

impl<R> Many<'_, R> {
    /// Trains one network; none where a signal came.
    fn one<T>(
        &self,
        architecture: &Named<T>,
        interrupt: &Interrupt,
        progress: &Progress,
    ) -> anyhow::Result<Option<Vec<Record>>>
    where
        R: Trainer<T>,
    {
        let mut validated: Vec<u64> = self.args.validate_at.iter().map(|&at| at as u64).collect();
        validated.push(self.args.steps as u64);
        let pace = Pace {
            length: Length::Updates(self.args.steps as u64),
            validate_at: validated.clone(),
            validate_epochs: false,
            checkpoint_every: Duration::from_secs(120),
            checkpoint_updates: None,
        };
        let trainee = self.trainer.trainee(architecture)?;
        let settings = self.settings.clone();
        let folder = self.args.out.join(&architecture.name);
        let mut run = Run::open(&folder, Training { trainee, settings, pace, device: self.device.clone() })?;
        let end = run.go(interrupt, &mut |line| {
            progress.describe(format!("{}: loss {:.3}", architecture.name, line.loss));
            progress.advance();
        });
        let why = match end.map_err(anyhow::Error::downcast::<Error>) {
            Ok(End::Stopped) => return Ok(None),
            Ok(End::Done) => None,
            Err(Ok(error @ Error::Diverged { .. })) => Some(error.to_string()),
            Err(Ok(error)) => return Err(error.into()),
            Err(Err(error)) => return Err(error),
        };
        let origin = Origin {
            benchmark: self.benchmark.map(str::to_owned),
            as_published: Some(self.args.how.as_published),
            ..Origin::of(self.trainer.read().clone())
        };
        let origin = origin.with_model(&architecture.name, &self.trainer.model(architecture)?);
        let subject = Subject { name: &architecture.name, origin, why };
        let records = |at: u64| {
            let known: Vec<&Line> = run.folder.lines.iter().filter(|line| line.step <= at).collect();
            let tokens = known.iter().map(|line| line.tokens).sum();
            let operations = self.trainer.operations(&run.trainee, tokens).round();
            self.records(&subject, (at, validated.contains(&at)), &known, operations)
        };
        Ok(Some(moments(&validated).into_iter().flat_map(records).collect()))
    }

    /// The training loss of the last windows before so many updates, and the validation loss where it was computed.
    fn records(
        &self,
        subject: &Subject,
        (at, validated): (u64, bool),
        lines: &[&Line],
        operations: f64,
    ) -> Vec<Record> {
        let last = lines.last().filter(|line| line.step == at);
        let windows = &lines[lines.len().saturating_sub(WINDOWS)..];
        let sum: f64 = windows.iter().map(|line| line.loss).sum();
        let training = last.map(|_| sum / windows.len() as f64);
        let validation = last.and_then(|line| line.validation_loss());
        let record = |metric: String, value: Option<f64>| Record {
            architecture: subject.name.to_owned(),
            metric,
            value: value.unwrap_or(f64::NAN),
            why: if value.is_some() { None } else { subject.why.clone() },
            seconds: lines.last().map_or(0.0, |line| line.seconds),
            operations: Some(operations),
            seed: Some(self.args.how.seed.into()),
            device: self.device.name().to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            origin: Box::new(subject.origin.clone()),
            terms: Vec::new(),
        };
        let training = record(format!("training_loss_after_steps_{at}"), training);
        let validation = validated.then(|| record(metric(at), validation));
        std::iter::once(training).chain(validation).collect()
    }

    /// Removes the checkpoints of a network that is finished; its log stays.
    fn remove_weights(&self, name: &str) {
        let folder = self.args.out.join(name);
        let Ok(entries) = std::fs::read_dir(&folder) else { return };
        for entry in entries.flatten().filter(|entry| entry.path().extension().is_some_and(|end| end == "safetensors"))
        {
            // One that cannot be removed takes room, and nothing else.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}
