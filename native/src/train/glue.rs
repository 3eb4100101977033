//! An encoder on the tasks of GLUE, as typed: fine-tuned on each by itself, and judged on its development set.

use std::path::PathBuf;

use clap::Args;
use untrained_core::glue::GlueTask;
use untrained_core::network::encoder::Sizes;
use untrained_core::training::encoder::TaskResult;

use super::encoder_folder::EncoderFolder;
use super::run::Length;
use super::session::{Session, SessionArgs};
use super::tasks::{FineTuningOptions, Prepared, TaskTrainee, Tasks, word_pieces};
use crate::input;
use crate::outcome::{Outcome, Usage};
use crate::output;
use crate::parse::{at_least_one, task};
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
        let Self { as_published, steps, batch, sequence, seed, .. } = self;
        // All files are read before the first step.
        let options = FineTuningOptions { as_published, steps, batch, sequence, seed };
        let tasks = Tasks::read(&self.data, &self.tasks, &words, options)?;
        let name = input::architecture(&self.from);
        let session = self.session.open()?;
        let mut all = Vec::new();
        for examples in &tasks.all {
            match self.judge(&session, &name, examples.task, tasks.prepare(&encoder, examples)?)? {
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
        task: GlueTask,
        Prepared { trainee, steps, named }: Prepared,
    ) -> anyhow::Result<Option<Judged>> {
        let out = self.session.out.join(task.id());
        note!("{}: {} steps", task.title(), steps);
        let title = format!("{name} on {}", task.title());
        let Some(run) = session.train((&title, &out), trainee, Length::Updates(steps), named)? else {
            return Ok(None);
        };
        let result = TaskTrainee::result(&run, &session.device)?;
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
        word_pieces(&path, vocabulary)
    }
}
