//! Tasks of GLUE that encoders are fine-tuned on: their examples, and how an encoder is trained on one.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value, json};
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
use super::run::Run;
use super::session::named;
use super::trainee::{Trainee, Update, Values};
use crate::attempt;
use crate::input::{self, read};
use crate::outcome::Usage;
use crate::word_pieces::WordPieces;

/// How an encoder is trained on every task.
#[derive(Debug, Clone, Copy)]
pub struct FineTuningOptions {
    /// Whether learning rates fall from layer to layer as if there were twelve, whatever the encoder has.
    pub as_published: bool,
    /// Steps, where they are not the published number of epochs.
    pub steps: Option<usize>,
    /// B.
    pub batch: usize,
    /// T.
    pub sequence: usize,
    /// Of the head, the order of the examples and dropout.
    pub seed: u32,
}

/// Tasks with their examples, and how encoders are trained on each.
pub struct Tasks {
    /// The examples of each.
    pub all: Vec<Arc<TaskExamples>>,
    options: FineTuningOptions,
}

/// An encoder before its first update on a task.
pub struct Prepared {
    /// The encoder with a new head.
    pub trainee: TaskTrainee,
    /// Steps.
    pub steps: u64,
    /// What decides the values, by name.
    pub named: Map<String, Value>,
}

impl Tasks {
    /// Reads the files of all `tasks` in the folder `data`, or of all eight where none is given.
    ///
    /// # Errors
    /// One sentence with the file at fault.
    pub fn read(
        data: &Path,
        tasks: &[GlueTask],
        words: &WordPieces,
        options: FineTuningOptions,
    ) -> anyhow::Result<Self> {
        let tasks = if tasks.is_empty() { &GlueTask::ALL } else { tasks };
        let examples = |&task: &GlueTask| {
            let [training, development] = glue_files::find(data, task)?;
            let training = glue::with_swapped(task, file(task, &training)?);
            let development = file(task, &development)?;
            let labelled = |examples: Vec<GlueExample>| labelled(words, &examples, options.sequence);
            let (training, development) = (labelled(training)?, labelled(development)?);
            Ok(Arc::new(TaskExamples { task, training, development }))
        };
        Ok(Self { all: tasks.iter().map(examples).collect::<anyhow::Result<_>>()?, options })
    }

    /// What decides the values of every task, by name.
    pub fn named(&self) -> Map<String, Value> {
        let examples: Map<String, Value> =
            self.all.iter().map(|one| (one.task.id().to_owned(), json!(digest_of(one)))).collect();
        let FineTuningOptions { as_published, steps, batch, sequence, seed } = self.options;
        named([("tasks", json!([examples, as_published, steps, batch, sequence, seed]))])
    }

    /// Batch and sequence of fine-tuning; the other sizes are those of the encoder.
    pub fn sizes(&self) -> Sizes {
        let FineTuningOptions { batch, sequence, .. } = self.options;
        Sizes { batch, sequence, ..Sizes::default() }
    }

    /// An encoder with a new head for a task.
    ///
    /// # Errors
    /// That a weight is missing.
    pub fn prepare(&self, encoder: &EncoderFolder, examples: &Arc<TaskExamples>) -> Result<Prepared> {
        let EncoderFolder { shape, weights, digest } = encoder;
        let FineTuningOptions { as_published, steps, batch, sequence, seed } = self.options;
        let published = TaskSettings::published(examples, batch, seed);
        let layer_decay = if as_published { LayerDecay::PUBLISHED } else { LayerDecay::corrected(shape) };
        let steps = steps.map_or(published.steps, |steps| steps as u64);
        let settings = TaskSettings { steps, layer_decay, ..published };
        let named = named([
            ("weights", json!(digest)),
            ("task", json!(examples.task.id())),
            ("examples", json!(digest_of(examples))),
            ("batch", json!(batch)),
            ("sequence", json!(sequence)),
            ("layer_decay", json!(layer_decay)),
            ("seed", json!(seed)),
        ]);
        let training = TaskTraining::new(weights, shape.clone(), settings, examples.clone())?;
        Ok(Prepared { trainee: TaskTrainee { training, judged: None }, steps, named })
    }
}

/// A vocabulary whose ids an encoder with so many tokens has.
///
/// # Errors
/// One sentence with the file.
pub fn word_pieces(path: &Path, vocabulary: usize) -> anyhow::Result<WordPieces> {
    let words = WordPieces::open(path)?;
    if words.count() > vocabulary {
        let problem = format!("it has {} tokens, and the encoder {vocabulary}", words.count());
        return Err(Usage(format!("vocabulary {}: {problem}", path.display())).into());
    }
    Ok(words)
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

impl TaskTrainee {
    /// What a run that is done came to; its predictions are written beside it.
    ///
    /// # Errors
    /// That the device fails, or that the file cannot be written.
    pub fn result(run: &Run<Self>, device: &Device) -> anyhow::Result<TaskResult> {
        let training = &run.trainee.training;
        let result = match &run.trainee.judged {
            Some(result) => result.clone(),
            // All steps were done before.
            None => attempt::on(device, |device| pollster::block_on(training.evaluate(device)))?,
        };
        run.folder.write("predictions.tsv", predictions(training.examples().task, &result).as_bytes())?;
        Ok(result)
    }
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
