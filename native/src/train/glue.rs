//! An encoder on the tasks of GLUE, as typed: fine-tuned on each by itself, and judged on its development set.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use serde_json::json;
use untrained_core::Result;
use untrained_core::corpus::Example;
use untrained_core::device::Device;
use untrained_core::glue::{self, GlueExample, GlueTask, Label};
use untrained_core::network::encoder::Sizes;
use untrained_core::training::Checkpoint;
use untrained_core::training::encoder::{
    LabelledExamples, LayerDecay, TaskExamples, TaskResult, TaskSettings, TaskTraining,
};
use untrained_core::training::recurrent::Position;

use super::encoder_folder::EncoderFolder;
use super::glue_files;
use super::run::Length;
use super::session::{Session, SessionArgs, named};
use super::trainee::{Trainee, Update, Values};
use crate::attempt;
use crate::input::{self, read};
use crate::outcome::{Outcome, Usage};
use crate::output;
use crate::parse::at_least_one;
use crate::word_pieces::WordPieces;

/// A trained encoder on tasks of GLUE, each by itself: a head is trained with the encoder, and judged
#[derive(Debug, Args)]
pub struct GlueArgs {
    /// Tasks: cola, mnli, mrpc, qnli, qqp, rte, sst, sts; all where none is given
    #[arg(value_name = "TASK", value_parser = task)]
    tasks: Vec<GlueTask>,
    /// Folder of the encoder: one that 'train encoder' wrote, or one of Hugging Face with a BERT or an ELECTRA
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    /// Folder of the tasks: one folder each, as GLUE is distributed, or JSON Lines with the fields of Hugging Face
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// WordPiece list or tokenizer.json; without it, that of the encoder
    #[arg(long, value_name = "FILE")]
    vocabulary: Option<PathBuf>,
    /// Train as NAS-Bench-BERT did: learning rates fall from layer to layer as if there were twelve, whatever the
    /// encoder has
    #[arg(long, help_heading = "Training")]
    as_published: bool,
    /// Steps, instead of 3 epochs, or 10 of the small tasks rte and sts
    #[arg(long, value_name = "N", value_parser = at_least_one, help_heading = "Training")]
    steps: Option<usize>,
    /// Examples of a step
    #[arg(long, value_name = "B", value_parser = at_least_one, default_value_t = 32, help_heading = "Training")]
    batch: usize,
    /// Tokens of a sequence; longer texts are cut
    #[arg(long, value_name = "T", value_parser = at_least_one, default_value_t = 128, help_heading = "Training")]
    sequence: usize,
    /// Seed of the head, of the order of the examples and of dropout
    #[arg(long, default_value_t = 0, help_heading = "Training")]
    seed: u32,
    #[command(flatten)]
    session: SessionArgs,
}

fn task(name: &str) -> Result<GlueTask> {
    GlueTask::find(name)
}

/// What a task came to.
struct Judged {
    task: GlueTask,
    result: TaskResult,
    steps: u64,
    seconds: f64,
}

impl GlueArgs {
    /// Trains the encoder on every task.
    ///
    /// # Errors
    /// What of the input cannot be used, or that a file cannot be written.
    pub fn run(self) -> anyhow::Result<Outcome> {
        let sizes = Sizes { batch: self.batch, sequence: self.sequence, ..Sizes::default() };
        let encoder = EncoderFolder::read(&self.from, &sizes)?;
        let words = self.word_pieces(encoder.shape.sizes.vocabulary)?;
        let tasks = if self.tasks.is_empty() { GlueTask::ALL.to_vec() } else { self.tasks.clone() };
        // All files are read before the first step.
        let examples = tasks.iter().map(|&task| self.examples(task, &words)).collect::<anyhow::Result<Vec<_>>>()?;
        let name = input::architecture(&self.from);
        let session = self.session.open()?;
        let mut all = Vec::new();
        for examples in examples {
            match self.judge(&session, &name, &encoder, examples)? {
                Some(judged) => all.push(judged),
                None => return Ok(Outcome::Interrupted),
            }
        }
        self.report(&all)?;
        Ok(Outcome::Done)
    }

    fn judge(
        &self,
        session: &Session,
        name: &str,
        encoder: &EncoderFolder,
        examples: Arc<TaskExamples>,
    ) -> anyhow::Result<Option<Judged>> {
        let EncoderFolder { shape, weights, digest } = encoder;
        let task = examples.task;
        let published = TaskSettings::published(&examples, self.batch, self.seed);
        let layer_decay = if self.as_published { LayerDecay::PUBLISHED } else { LayerDecay::corrected(shape) };
        let steps = self.steps.map_or(published.steps, |steps| steps as u64);
        let settings = TaskSettings { steps, layer_decay, ..published };
        let named = named([
            ("weights", json!(digest)),
            ("task", json!(task.id())),
            ("examples", json!(digest_of(&examples))),
            ("batch", json!(self.batch)),
            ("sequence", json!(self.sequence)),
            ("layer_decay", json!(layer_decay)),
            ("seed", json!(self.seed)),
        ]);
        let trainee =
            TaskTrainee { training: TaskTraining::new(weights, shape.clone(), settings, examples)?, judged: None };
        let out = self.session.out.join(task.id());
        note!("{}: {} steps", task.title(), steps);
        let title = format!("{name} on {}", task.title());
        let Some(run) = session.train((&title, &out), trainee, Length::Updates(steps), named)? else {
            return Ok(None);
        };
        let result = match &run.trainee.judged {
            Some(result) => result.clone(),
            // All steps were done before.
            None => attempt::on(&session.device, |device| pollster::block_on(run.trainee.training.evaluate(device)))?,
        };
        run.folder.write("predictions.tsv", predictions(task, &result).as_bytes())?;
        Ok(Some(Judged { task, result, steps: run.updates(), seconds: run.seconds() }))
    }

    /// Shows the measures, with their mean where all eight tasks are there, and writes them to `results.csv`.
    fn report(&self, all: &[Judged]) -> anyhow::Result<()> {
        let (mut table, mut printed) = (csv::Writer::from_writer(Vec::new()), Vec::new());
        table.write_record(["task", "measure", "value", "loss", "steps", "seconds"])?;
        for Judged { task, result, steps, seconds } in all {
            let (measure, value) = (task.measure().id(), 100.0 * result.measure);
            printed.push(format!("{:6} {measure:9} {value:7.2}\n", task.title()));
            table.write_record([
                task.id(),
                measure,
                &value.to_string(),
                &result.loss.to_string(),
                &steps.to_string(),
                &seconds.to_string(),
            ])?;
        }
        if all.len() == GlueTask::ALL.len() {
            let mean = all.iter().map(|judged| 100.0 * judged.result.measure).sum::<f64>() / all.len() as f64;
            printed.push(format!("{:6} {:9} {mean:7.2}\n", "GLUE", "mean"));
            table.write_record(["glue", "mean", &mean.to_string(), "", "", ""])?;
        }
        output::write(&self.session.out.join("results.csv"), table.into_inner()?)?;
        output::print(printed.into_iter().map(Ok))?;
        Ok(())
    }

    fn word_pieces(&self, vocabulary: usize) -> anyhow::Result<WordPieces> {
        let own = || EncoderFolder::vocabulary(&self.from);
        let Some(path) = self.vocabulary.clone().or_else(own) else {
            let problem = format!("encoder {}: it has no vocabulary; give its --vocabulary", self.from.display());
            return Err(Usage(problem).into());
        };
        let words = WordPieces::open(&path)?;
        if words.count() > vocabulary {
            let problem = format!("it has {} tokens, and the encoder {vocabulary}", words.count());
            return Err(Usage(format!("vocabulary {}: {problem}", path.display())).into());
        }
        Ok(words)
    }

    /// The examples of a task, as ids.
    fn examples(&self, task: GlueTask, words: &WordPieces) -> anyhow::Result<Arc<TaskExamples>> {
        let [training, development] = glue_files::find(&self.data, task)?;
        let training = glue::with_swapped(task, file(task, &training)?);
        let development = file(task, &development)?;
        let sequence = self.sequence;
        let labelled = |examples: Vec<GlueExample>| labelled(words, &examples, sequence);
        let examples = TaskExamples { task, training: labelled(training)?, development: labelled(development)? };
        Ok(examples.into())
    }
}

/// The examples of a file; rows that are too short are said.
fn file(task: GlueTask, path: &Path) -> anyhow::Result<Vec<GlueExample>> {
    let name = input::named(path);
    let examples = glue::read(task, &name, &read(path, "examples")?)?;
    if let Some(problem) = examples.note(&name) {
        note!("{problem}");
    }
    Ok(examples.all)
}

fn labelled(words: &WordPieces, examples: &[GlueExample], sequence: usize) -> anyhow::Result<LabelledExamples> {
    let special = words.special()?;
    let first = words.plain(&examples.iter().map(|example| example.first.as_str()).collect::<Vec<_>>())?;
    let second = examples.iter().map(|example| example.second.as_deref().unwrap_or_default());
    let second = words.plain(&second.collect::<Vec<_>>())?;
    let rows = first.iter().zip(&second).zip(examples);
    let example = |((first, second), example): ((&Vec<u32>, &Vec<u32>), &GlueExample)| {
        let second = example.second.as_ref().map(|_| second.as_slice());
        Example::from_texts(first, second, sequence, special)
    };
    let labels = examples.iter().map(|example| example.label).collect();
    Ok(LabelledExamples { examples: rows.map(example).collect(), labels })
}

/// Tells sets of examples apart.
fn digest_of(examples: &TaskExamples) -> String {
    let parts = [&examples.training, &examples.development];
    let text = parts.map(|part| {
        let rows = part.examples.iter().zip(&part.labels);
        rows.map(|(example, label)| format!("{:?} {label:?}\n", example.ids)).collect::<String>()
    });
    untrained_core::digest::sha256(text.concat().as_bytes())
}

/// As GLUE takes predictions: a line each, with the name of the class.
fn predictions(task: GlueTask, result: &TaskResult) -> String {
    let label = |label: &Label| match label {
        Label::Class(class) => task.labels().get(*class as usize).copied().unwrap_or_default().to_owned(),
        Label::Score(score) => format!("{score:.4}"),
    };
    let rows = result.predictions.iter().enumerate().map(|(index, one)| format!("{index}\t{}\n", label(one)));
    std::iter::once("index\tprediction\n".to_owned()).chain(rows).collect()
}

/// An encoder in training on a task.
#[derive(Clone)]
pub struct TaskTrainee {
    training: TaskTraining,
    /// Of the last validation.
    judged: Option<TaskResult>,
}

impl Trainee for TaskTrainee {
    const LENGTH_COUNTS: bool = true;
    const UNIT: &'static str = "mean of an example";
    const TOKENS: &'static str = "tokens";

    fn updates(&self) -> u64 {
        self.training.network().state.optimizer.updates
    }

    fn updates_of_epoch(&self) -> u64 {
        self.training.updates_of_epoch()
    }

    fn plan(&mut self, updates: u64) {
        let schedule = &mut self.training.network_mut().state.settings.schedule;
        *schedule = schedule.over(updates);
    }

    fn step(&mut self, device: &Device) -> Result<Update> {
        let epoch = self.training.epoch();
        let (tokens, updated) = pollster::block_on(self.training.step(device))?;
        Ok(Update {
            epoch: epoch as usize,
            ends_epoch: self.training.epoch() > epoch,
            tokens,
            loss: updated.loss,
            parts: Values::new(),
            gradient_norm: updated.gradient_norm,
            rate: updated.rate,
        })
    }

    fn validate(&mut self, device: &Device) -> Result<Values> {
        let result = pollster::block_on(self.training.evaluate(device))?;
        let measure = self.training.examples().task.measure().id();
        let values = Values::from([("loss".to_owned(), result.loss), (measure.to_owned(), result.measure)]);
        self.judged = Some(result);
        Ok(values)
    }

    fn checkpoint(&self) -> (Checkpoint, Position) {
        (self.training.network().state.to_checkpoint(), Position::default())
    }

    fn restore(&mut self, checkpoint: &Checkpoint, _: Position) -> Result<()> {
        self.training.network_mut().state.restore(checkpoint)
    }

    fn describe(validation: &Values) -> String {
        let measures = validation.iter().filter(|(name, _)| *name != "loss");
        let loss = validation.get("loss").copied().unwrap_or(f64::NAN);
        measures.map(|(name, value)| format!("{name} {value:.4}, ")).collect::<String>() + &format!("loss {loss:.4}")
    }
}
