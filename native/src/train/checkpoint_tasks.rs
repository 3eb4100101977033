//! Tasks of GLUE at checkpoints of the pre-training of a benchmark's encoders, as `nas_ablation.ipynb` of Serianni &
//! Kalita (2023) has them: after so many steps an encoder is fine-tuned on every task by itself, and then pre-trained
//! further from where it was.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use untrained_core::Error;
use untrained_core::device::Device;
use untrained_core::glue::GlueTask;
use untrained_core::training::encoder::{Pretraining, TaskExamples};

use super::encoder_folder::EncoderFolder;
use super::run::{End, Length, Pace, Run, Training};
use super::tasks::{TaskTrainee, Tasks};
use crate::interrupt::Interrupt;
use crate::many::Settings;
use crate::output;
use crate::progress::Progress;

/// What an encoder came to after so many steps, by task, and their mean where all eight are there.
pub type Judged = BTreeMap<String, Measured>;

/// What it came to on one task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// The measure of the task, in percent.
    pub value: Option<f64>,
    /// Why it has none.
    pub why: Option<String>,
    /// Of fine-tuning.
    pub seconds: f64,
}

/// A step of a run at which its network is judged.
pub struct Step<'a> {
    /// Name of the architecture.
    pub name: &'a str,
    /// Updates so far.
    pub updates: u64,
    /// Folder of the architecture.
    pub folder: PathBuf,
    /// Where gradients are computed.
    pub device: &'a Device,
    /// Signals.
    pub interrupt: &'a Interrupt,
    /// Of the whole benchmark.
    pub progress: &'a Progress,
}

impl Step<'_> {
    /// Where what the network came to at this step is kept.
    fn results(&self) -> PathBuf {
        results(&self.folder, self.updates)
    }
}

fn results(folder: &Path, updates: u64) -> PathBuf {
    folder.join(format!("tasks-after-{updates}")).join("results.json")
}

/// What was found before of a network at a step.
pub fn found(folder: &Path, updates: u64) -> Option<Judged> {
    serde_json::from_str(&std::fs::read_to_string(results(folder, updates)).ok()?).ok()
}

/// The tasks.
pub struct CheckpointTasks {
    tasks: Tasks,
    /// Whether the fine-tuned weights are kept.
    keep_weights: bool,
}

impl CheckpointTasks {
    /// Of these tasks.
    pub fn new(tasks: Tasks, keep_weights: bool) -> Self {
        Self { tasks, keep_weights }
    }

    /// What decides the values, by name.
    pub fn named(&self) -> Map<String, Value> {
        self.tasks.named()
    }

    /// The tasks' results at a step: those found before, or of the encoder as it is now. None where a signal came.
    ///
    /// # Errors
    /// That the device fails, or that a file cannot be written.
    pub fn judge(&self, encoder: Option<&Pretraining>, step: &Step) -> anyhow::Result<Option<Judged>> {
        if let Some(judged) = found(&step.folder, step.updates) {
            return Ok(Some(judged));
        }
        let Some(encoder) = encoder else {
            let why = format!("the run was past step {} when tasks were first evaluated", step.updates);
            let missing =
                |task: GlueTask| (task.id().to_owned(), Measured { value: None, why: Some(why.clone()), seconds: 0.0 });
            return Ok(Some(self.tasks.all.iter().map(|examples| missing(examples.task)).collect()));
        };
        let encoder = EncoderFolder::of(encoder, &self.tasks.sizes())?;
        let mut judged = Judged::new();
        for examples in &self.tasks.all {
            match self.task(&encoder, examples, step)? {
                Some(measured) => judged.insert(examples.task.id().to_owned(), measured),
                None => return Ok(None),
            };
        }
        judged.extend(mean(&judged));
        output::write(&step.results(), serde_json::to_string_pretty(&judged)?.into_bytes())?;
        Ok(Some(judged))
    }

    fn task(
        &self,
        encoder: &EncoderFolder,
        examples: &Arc<TaskExamples>,
        step: &Step,
    ) -> anyhow::Result<Option<Measured>> {
        let prepared = self.tasks.prepare(encoder, examples)?;
        let folder = step.results().with_file_name(examples.task.id());
        let settings = Settings::from_named(step.device.name(), prepared.named);
        let pace = Pace {
            length: Length::Updates(prepared.steps),
            validate_at: Vec::new(),
            validate_epochs: false,
            checkpoint_every: Duration::from_secs(120),
            checkpoint_updates: None,
        };
        let training = Training { trainee: prepared.trainee, settings, pace, device: step.device.clone() };
        let mut run = Run::open(&folder, training)?;
        let title = format!("{} after {} steps, {}", step.name, step.updates, examples.task.title());
        let describe = |loss: f64| step.progress.describe(format!("{title}: loss {loss:.3}"));
        let measured = match run.go(step.interrupt, &mut |line| describe(line.loss)) {
            Ok(End::Stopped) => return Ok(None),
            Ok(End::Done) => {
                let result = TaskTrainee::result(&run, step.device)?;
                Measured { value: Some(100.0 * result.measure), why: None, seconds: run.seconds() }
            }
            Err(error) => match error.downcast::<Error>()? {
                error @ Error::Diverged { .. } => {
                    Measured { value: None, why: Some(error.to_string()), seconds: run.seconds() }
                }
                error => return Err(error.into()),
            },
        };
        if !self.keep_weights {
            run.folder.remove_weights();
        }
        Ok(Some(measured))
    }
}

/// The mean of all eight tasks, which is the published score.
fn mean(judged: &Judged) -> Option<(String, Measured)> {
    let all = GlueTask::ALL.iter().map(|task| judged.get(task.id())).collect::<Option<Vec<_>>>()?;
    let values = all.iter().map(|measured| measured.value).collect::<Option<Vec<_>>>();
    let value = values.map(|values| values.iter().sum::<f64>() / values.len() as f64);
    let why = all.iter().find_map(|measured| measured.why.clone());
    let seconds = all.iter().map(|measured| measured.seconds).sum();
    Some(("glue".to_owned(), Measured { value, why, seconds }))
}
