//! Trains many networks, each once, into records that are read like those of scores.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use serde_json::json;
use untrained_core::Error;
use untrained_core::device::Device;
use untrained_core::origin::Origin;
use untrained_core::record::Record;

use super::benchmark_options::{BothSettingsArgs, BothTextArgs, TaskArgs};
use super::checkpoint_tasks::{Judged, Measured, Step};
use super::folder::Line;
use super::run::{End, Length, Pace, Run, Training};
use super::table;
use super::trainers::{OfCells, OfEncoders, Trainer};
use crate::architectures::{Architectures, List, Named};
use crate::device::Choice;
use crate::interrupt::Interrupt;
use crate::many::{Journal, PartArgs, Settings};
use crate::outcome::{Outcome, Usage};
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
    tasks: TaskArgs,
    #[command(flatten)]
    part: PartArgs,
    /// Where gradients are computed
    #[arg(long, value_enum, default_value_t = Choice::Cpu, help_heading = "Running")]
    device: Choice,
}

/// Time between two checkpoints of a network.
const CHECKPOINT: Duration = Duration::from_secs(120);

/// Windows whose mean is the training loss.
const WINDOWS: usize = 5;

/// The identifier of the validation loss after so many updates.
fn metric(updates: u64) -> String {
    format!("validation_loss_after_steps_{updates}")
}

/// Updates after which losses are recorded: those of validation, and 1, 2, 5, 10, 20, .. up to the last.
fn moments(validated: &BTreeSet<u64>) -> BTreeSet<u64> {
    let last = validated.last().copied().unwrap_or_default();
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
        if let Some(late) = self.validate_at.iter().find(|&&at| at > self.steps) {
            let problem = format!("--validate-at {late} comes after the last step, which is --steps {}", self.steps);
            return Err(Usage(problem).into());
        }
        match Architectures::read(&self.name)? {
            Architectures::Cells(cells) => {
                self.tasks.refuse()?;
                let how = self.how.cells()?;
                let texts = how.texts(&self.text.cells()?)?;
                how.sizes(texts.words)?;
                self.train(&cells, &OfCells { how, texts })
            }
            Architectures::Encoders(encoders) => {
                let how = self.how.encoders()?;
                let text = how.sentences(&self.text.encoders()?)?;
                let sizes = how.sizes(&text)?;
                let tasks = self.tasks.read(&how, (&text, sizes.vocabulary), self.keep_weights)?;
                self.train(&encoders, &OfEncoders { how, text, tasks })
            }
            Architectures::Decoders(_) => {
                let problem =
                    format!("{} holds decoders, which 'untrained train decoder' trains one by one", self.name);
                Err(Usage(problem).into())
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
        let mut failed = 0;
        for architecture in missing {
            match many.one(architecture, &interrupt, &progress)? {
                Trained::Done(records) => journal.add(&records)?,
                Trained::Failed(error) => {
                    failed += 1;
                    progress.say(&format!("architecture {}: {error:#}", architecture.name));
                    continue;
                }
                Trained::Stopped => break,
            }
            if !self.keep_weights {
                many.remove_weights(&architecture.name);
            }
        }
        progress.finish();
        journal.finish()?;
        table::write(&self.out, list.all.iter().map(|one| one.name.as_str()))?;
        if interrupt.requested() {
            note!("stopped; {} keeps what is finished, and the same command goes on", self.out.display());
            return Ok(Outcome::Interrupted);
        }
        if failed > 0 {
            note!("{failed} architectures failed; the same command tries them again from their last checkpoints");
            return Ok(Outcome::Partly);
        }
        Ok(Outcome::Done)
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

/// How the training of a network ended.
enum Trained {
    /// It is done, also where its loss grew instead of falling.
    Done(Vec<Record>),
    /// A signal came.
    Stopped,
    /// It cannot be built, or the device failed.
    Failed(Error),
}

/// What the records of a network have in common.
struct Subject<'a> {
    name: &'a str,
    origin: Origin,
    /// Why training ended early.
    why: Option<String>,
}

impl<R> Many<'_, R> {
    /// Trains one network.
    fn one<T>(&self, architecture: &Named<T>, interrupt: &Interrupt, progress: &Progress) -> anyhow::Result<Trained>
    where
        R: Trainer<T>,
    {
        match self.records_of(architecture, interrupt, progress) {
            Ok(Some(records)) => Ok(Trained::Done(records)),
            Ok(None) => Ok(Trained::Stopped),
            Err(error) => error.downcast::<Error>().map(Trained::Failed),
        }
    }

    /// Trains one network, and judges it wherever it is validated; none where a signal came.
    fn records_of<T>(
        &self,
        architecture: &Named<T>,
        interrupt: &Interrupt,
        progress: &Progress,
    ) -> anyhow::Result<Option<Vec<Record>>>
    where
        R: Trainer<T>,
    {
        let name = &architecture.name;
        let (validated, mut run) = self.open(architecture)?;
        let mut judged = BTreeMap::new();
        let mut why = None;
        for &updates in &validated {
            let end = run.go_to(updates, interrupt, &mut |line| {
                progress.describe(format!("{name}: loss {:.3}", line.loss));
                progress.advance();
            });
            match end.map_err(anyhow::Error::downcast::<Error>) {
                Ok(End::Stopped) => return Ok(None),
                Ok(End::Done) => {}
                Err(Ok(error @ Error::Diverged { .. })) => {
                    why = Some(error.to_string());
                    break;
                }
                Err(Ok(error)) => return Err(error.into()),
                Err(Err(error)) => return Err(error),
            }
            let folder = self.args.out.join(name);
            let trainee = (run.updates() == updates).then_some(&run.trainee);
            let step = Step { name, updates, folder, device: &self.device, interrupt, progress };
            match self.trainer.judge(trainee, &step)? {
                Some(values) => judged.insert(updates, values),
                None => return Ok(None),
            };
        }
        let origin = Origin {
            benchmark: self.benchmark.map(str::to_owned),
            as_published: Some(self.args.how.as_published),
            ..Origin::of(self.trainer.read().clone())
        };
        let origin = origin.with_model(name, &self.trainer.model(architecture)?);
        let subject = Subject { name, origin, why };
        let records = |at: u64| {
            let known: Vec<&Line> = run.folder.lines.iter().filter(|line| line.step <= at).collect();
            let tokens = known.iter().map(|line| line.tokens).sum();
            let operations = self.trainer.operations(&run.trainee, tokens).round();
            let mut records = self.records(&subject, (at, validated.contains(&at)), &known, operations);
            records.extend(judged.get(&at).into_iter().flat_map(|judged| self.judged(&subject, at, &known, judged)));
            records
        };
        Ok(Some(moments(&validated).into_iter().flat_map(records).collect()))
    }

    /// Updates after which a network is validated, in order, and its run.
    fn open<T>(&self, architecture: &Named<T>) -> anyhow::Result<(BTreeSet<u64>, Run<R::Trainee>)>
    where
        R: Trainer<T>,
    {
        let steps = self.args.steps as u64;
        let validated: BTreeSet<u64> =
            self.args.validate_at.iter().map(|&at| at as u64).chain(std::iter::once(steps)).collect();
        let pace = Pace {
            length: Length::Updates(steps),
            validate_at: validated.iter().copied().collect(),
            validate_epochs: false,
            checkpoint_every: CHECKPOINT,
            checkpoint_updates: None,
        };
        let (trainee, settings) = (self.trainer.trainee(architecture)?, self.settings.clone());
        let training = Training { trainee, settings, pace, device: self.device.clone() };
        Ok((validated, Run::open(&self.args.out.join(&architecture.name), training)?))
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
            operations: Some(operations),
            ..self.record(subject, lines, metric, (value, subject.why.clone()))
        };
        let training = record(format!("training_loss_after_steps_{at}"), training);
        let validation = validated.then(|| record(metric(at), validation));
        std::iter::once(training).chain(validation).collect()
    }

    /// What the network came to on tasks after so many updates; the time is that of pre-training and fine-tuning.
    fn judged(&self, subject: &Subject, at: u64, lines: &[&Line], judged: &Judged) -> Vec<Record> {
        let record = |(task, measured): (&String, &Measured)| {
            let mut record =
                self.record(subject, lines, format!("{task}_after_steps_{at}"), (measured.value, measured.why.clone()));
            record.seconds += measured.seconds;
            record
        };
        judged.iter().map(record).collect()
    }

    /// A record of what is known after the last of `lines`.
    fn record(
        &self,
        subject: &Subject,
        lines: &[&Line],
        metric: String,
        (value, why): (Option<f64>, Option<String>),
    ) -> Record {
        Record {
            architecture: subject.name.to_owned(),
            metric,
            value: value.unwrap_or(f64::NAN),
            why: if value.is_some() { None } else { why },
            seconds: lines.last().map_or(0.0, |line| line.seconds),
            operations: None,
            seed: Some(self.args.how.seed.into()),
            device: self.device.name().to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            origin: Box::new(subject.origin.clone()),
            terms: Vec::new(),
        }
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
