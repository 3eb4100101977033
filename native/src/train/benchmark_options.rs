//! How the networks of a benchmark are trained, as typed: options that cells and encoders share, and those that only one
//! of them has.

use std::path::PathBuf;

use clap::Args;
use untrained_core::glue::GlueTask;
use untrained_core::network::{encoder, recurrent};
use untrained_core::training::recurrent::Settings;

use super::checkpoint_tasks::CheckpointTasks;
use super::encoder::{Objective, PretrainingArgs, RATE};
use super::recurrent::SettingsArgs;
use super::sentences::{SEQUENCES, Sentences, SentencesArgs};
use super::tasks::{FineTuningOptions, Tasks, word_pieces};
use super::text::TextArgs;
use crate::outcome::Usage;
use crate::parse::{at_least_one, task};

/// What they read
#[derive(Debug, Args)]
#[command(next_help_heading = "Text")]
pub struct BothTextArgs {
    /// Text to train on, one sentence a line; for encoders also JSON Lines or a JSON array of objects with a field
    /// 'text'. Without it, text made up from the seed that has structure to learn
    #[arg(long, value_name = "FILE")]
    corpus: Option<PathBuf>,
    /// Text to validate on; without it the last tenth of the corpus, which is then not trained on
    #[arg(long, value_name = "FILE", requires = "corpus")]
    validation: Option<PathBuf>,
    /// For cells a word list, one word a line, or, again for more, texts whose words are numbered by first appearance;
    /// for encoders a WordPiece list or a tokenizer.json
    #[arg(long, value_name = "FILE", requires = "corpus")]
    vocabulary: Vec<PathBuf>,
    /// Cells: only the first N words of the validation text
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    validation_words: Option<usize>,
    /// Encoders: largest number of sequences that are validated on; by default 256
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    validation_sequences: Option<usize>,
}

/// How they are trained
#[derive(Debug, Args)]
#[command(next_help_heading = "Training")]
pub struct BothSettingsArgs {
    /// Train as published: of cells, matrices that read a state or another node keep their initial values; encoders have
    /// attention in every layer
    #[arg(long)]
    pub as_published: bool,
    /// Width of the embedding, of cells also of the last layer; by default 400 for cells, 128 for encoders
    #[arg(long, value_name = "E")]
    embedding: Option<usize>,
    /// Size of the vocabulary
    #[arg(long, value_name = "V")]
    vocabulary_size: Option<usize>,
    /// Streams or sequences of a step; by default 20 for cells, 16 for encoders
    #[arg(long, value_name = "B", value_parser = at_least_one)]
    batch: Option<usize>,
    /// Seed of the weights, and of everything else that is random
    #[arg(long, default_value_t = 0)]
    pub seed: u32,
    /// Width of the layers but the last; by default 600
    #[arg(long, value_name = "H", help_heading = "Training of cells")]
    hidden: Option<usize>,
    /// Layers; by default 3
    #[arg(long, value_name = "L", help_heading = "Training of cells")]
    layers: Option<usize>,
    /// Words of a window, in the mean of those of full length; by default 70
    #[arg(long, value_name = "T", value_parser = at_least_one, help_heading = "Training of cells")]
    window: Option<usize>,
    /// What is minimised; by default electra
    #[arg(long, value_enum, help_heading = "Training of encoders")]
    objective: Option<Objective>,
    /// Positions that have an embedding; by default 512
    #[arg(long, value_name = "P", help_heading = "Training of encoders")]
    positions: Option<usize>,
    /// Tokens of a sequence; by default 128
    #[arg(long, value_name = "T", value_parser = at_least_one, help_heading = "Training of encoders")]
    sequence: Option<usize>,
    /// Highest learning rate; by default 0.0005
    #[arg(long, value_name = "R", help_heading = "Training of encoders")]
    rate: Option<f64>,
}

/// Tasks that encoders are fine-tuned on, after the last step and wherever they are validated
#[derive(Debug, Args)]
#[command(next_help_heading = "Tasks of encoders")]
pub struct TaskArgs {
    /// Folder of tasks of GLUE: one folder each, as GLUE is distributed, or JSON Lines with the fields of Hugging Face.
    /// What every encoder comes to after N steps becomes a metric, such as rte_after_steps_N, with all eight tasks also
    /// glue_after_steps_N
    #[arg(long, value_name = "DIR", requires = "corpus")]
    data: Option<PathBuf>,
    /// Task: cola, mnli, mrpc, qnli, qqp, rte, sst, sts; again for more, all where none is given
    #[arg(long, value_name = "TASK", value_parser = task, requires = "data")]
    task: Vec<GlueTask>,
    /// Steps of fine-tuning, instead of 3 epochs, or 10 of the small tasks rte and sts
    #[arg(long, value_name = "N", value_parser = at_least_one, requires = "data")]
    task_steps: Option<usize>,
}

/// Examples of a step of fine-tuning, as published.
const TASK_BATCH: usize = 32;

impl TaskArgs {
    /// Reads the tasks for encoders that are trained as `how` says, with a vocabulary of so many tokens.
    ///
    /// # Errors
    /// One sentence with the file at fault.
    pub fn read(
        &self,
        how: &PretrainingArgs,
        (text, vocabulary): (&Sentences, usize),
        keep_weights: bool,
    ) -> anyhow::Result<Option<CheckpointTasks>> {
        let (Some(data), Some(words)) = (&self.data, &text.vocabulary) else { return Ok(None) };
        let PretrainingArgs { as_published, sequence, seed, .. } = *how;
        let options = FineTuningOptions { as_published, steps: self.task_steps, batch: TASK_BATCH, sequence, seed };
        let tasks = Tasks::read(data, &self.task, &word_pieces(words, vocabulary)?, options)?;
        Ok(Some(CheckpointTasks::new(tasks, keep_weights)))
    }

    /// Refuses them for cells.
    ///
    /// # Errors
    /// One sentence with the option.
    pub fn refuse(&self) -> Result<(), Usage> {
        refuse([("--data", self.data.is_some())], "encoders")
    }
}

impl BothTextArgs {
    /// What cells read.
    ///
    /// # Errors
    /// An option that only encoders have.
    pub fn cells(&self) -> Result<TextArgs, Usage> {
        refuse([("--validation-sequences", self.validation_sequences.is_some())], "encoders")?;
        let Self { corpus, validation, vocabulary, validation_words, .. } = self;
        let (corpus, validation, vocabulary) = (corpus.clone(), validation.clone(), vocabulary.clone());
        Ok(TextArgs { corpus, validation, validation_words: *validation_words, vocabulary })
    }

    /// What encoders read.
    ///
    /// # Errors
    /// An option that only cells have, or a second vocabulary.
    pub fn encoders(&self) -> Result<SentencesArgs, Usage> {
        refuse([("--validation-words", self.validation_words.is_some())], "cells")?;
        if self.vocabulary.len() > 1 {
            return Err(Usage("encoders read one list of word pieces; give --vocabulary once".to_owned()));
        }
        let Self { corpus, validation, vocabulary, validation_sequences, .. } = self;
        Ok(SentencesArgs {
            corpus: corpus.clone(),
            validation: validation.clone(),
            validation_sequences: validation_sequences.unwrap_or(SEQUENCES),
            vocabulary: vocabulary.first().cloned(),
        })
    }
}

impl BothSettingsArgs {
    /// How cells are trained.
    ///
    /// # Errors
    /// An option that only encoders have.
    pub fn cells(&self) -> Result<SettingsArgs, Usage> {
        let Self { objective, positions, sequence, rate, .. } = self;
        let others = [
            ("--objective", objective.is_some()),
            ("--positions", positions.is_some()),
            ("--sequence", sequence.is_some()),
            ("--rate", rate.is_some()),
        ];
        refuse(others, "encoders")?;
        let usual = recurrent::Sizes::PUBLISHED;
        Ok(SettingsArgs {
            as_published: self.as_published,
            embedding: self.embedding.unwrap_or(usual.embedding),
            hidden: self.hidden.unwrap_or(usual.hidden),
            layers: self.layers.unwrap_or(usual.layers),
            vocabulary_size: self.vocabulary_size,
            batch: self.batch.unwrap_or(Settings::PUBLISHED.batch),
            window: self.window.unwrap_or(Settings::PUBLISHED.steps),
            seed: self.seed,
        })
    }

    /// How encoders are trained.
    ///
    /// # Errors
    /// An option that only cells have.
    pub fn encoders(&self) -> Result<PretrainingArgs, Usage> {
        let Self { hidden, layers, window, .. } = self;
        let others = [("--hidden", hidden.is_some()), ("--layers", layers.is_some()), ("--window", window.is_some())];
        refuse(others, "cells")?;
        let usual = encoder::Sizes::default();
        Ok(PretrainingArgs {
            objective: self.objective.unwrap_or(Objective::Electra),
            as_published: self.as_published,
            vocabulary_size: self.vocabulary_size,
            embedding: self.embedding.unwrap_or(usual.embedding),
            positions: self.positions.unwrap_or(usual.positions),
            batch: self.batch.unwrap_or(usual.batch),
            sequence: self.sequence.unwrap_or(usual.sequence),
            rate: self.rate.unwrap_or(RATE),
            seed: self.seed,
        })
    }
}

/// Refuses options that only networks of another kind have.
fn refuse<const N: usize>(options: [(&str, bool); N], kind: &str) -> Result<(), Usage> {
    match options.into_iter().find(|(_, given)| *given) {
        Some((option, _)) => Err(Usage(format!("{option} is an option for {kind}"))),
        None => Ok(()),
    }
}
