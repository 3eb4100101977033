//! The texts of a training run, as typed.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use untrained_core::corpus::Vocabulary;
use untrained_core::corpus::source::Source;
use untrained_core::digest::tokens;
use untrained_core::origin::Read;
use untrained_core::training::recurrent::{Settings, Text};

use crate::input::{named, read};
use crate::score::recurrent::vocabulary;

/// What it reads
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Text")]
pub struct TextArgs {
    /// Text to train on, one sentence a line; without it, text made up from the seed that has structure to learn
    #[arg(long, value_name = "FILE")]
    pub corpus: Option<PathBuf>,
    /// Text to validate on; without it the last tenth of the corpus, which is then not trained on
    #[arg(long, value_name = "FILE", requires = "corpus")]
    pub validation: Option<PathBuf>,
    /// Only the first N words of the validation text
    #[arg(long, value_name = "N", value_parser = crate::parse::at_least_one)]
    pub validation_words: Option<usize>,
    /// Word list, one word a line; or, again for more, texts whose words are numbered by first appearance
    #[arg(long, value_name = "FILE", requires = "corpus")]
    pub vocabulary: Vec<PathBuf>,
}

/// Words of made-up text to train on.
const MADE_UP: usize = 400_000;

/// Words of made-up text to validate on.
const MADE_UP_VALIDATION: usize = 20_000;

/// The texts of a run as ids, before they are cut into what a family reads.
pub struct Ids {
    /// Trained on.
    pub training: Vec<u32>,
    /// Validated on.
    pub validation: Vec<u32>,
    /// V: words.
    pub words: usize,
    /// Where they come from.
    pub read: Read,
    /// SHA-256 of both.
    pub digest: String,
    /// The best loss that can be reached on the validation text, in nats a word, where it is known.
    pub best_loss: Option<f64>,
}

/// The texts of a run as streams.
#[derive(Clone)]
pub struct Texts {
    /// Trained on.
    pub training: Arc<Text>,
    /// Validated on.
    pub validation: Arc<Text>,
    /// V: words.
    pub words: usize,
    /// Where they come from.
    pub read: Read,
    /// SHA-256 of the ids of both.
    pub digest: String,
    /// The best loss that can be reached on the validation text, in nats a word, where it is known.
    pub best_loss: Option<f64>,
}

impl TextArgs {
    /// Reads the texts in `batch` streams, or makes them up of `words` words.
    ///
    /// # Errors
    /// What cannot be read, or has words that are not in the vocabulary.
    pub fn read(&self, batch: usize, words: usize, seed: u32) -> anyhow::Result<Texts> {
        let Ids { training, validation, words, read, digest, best_loss } = self.read_ids(words, seed)?;
        Ok(Texts {
            training: Text::new(&training, batch)?.into(),
            validation: Text::new(&validation, Settings::EVALUATION_BATCH)?.into(),
            words,
            read,
            digest,
            best_loss,
        })
    }

    /// Reads the texts, or makes them up of `words` words.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn read_ids(&self, words: usize, seed: u32) -> anyhow::Result<Ids> {
        match &self.corpus {
            Some(path) => self.corpus(path),
            None => Ok(self.made_up(words, seed)),
        }
    }

    fn made_up(&self, words: usize, seed: u32) -> Ids {
        let source = Source::new(words, seed);
        let training = source.text(MADE_UP, seed.wrapping_add(1)).ids;
        let count = MADE_UP_VALIDATION.min(self.validation_words.unwrap_or(usize::MAX));
        let validation = source.text(count, seed.wrapping_add(2));
        note!(
            "made-up text of {words} words; its source has {:.3} nats a word, below which no loss can be",
            validation.best_loss
        );
        Ids {
            digest: format!("{} {}", tokens(&training), tokens(&validation.ids)),
            training,
            best_loss: Some(validation.best_loss),
            validation: validation.ids,
            words,
            read: Read::made_up(seed),
        }
    }

    fn corpus(&self, path: &Path) -> anyhow::Result<Ids> {
        let corpus = read(path, "corpus")?;
        let (vocabulary, files) = vocabulary(&corpus, &self.vocabulary)?;
        let mut training = vocabulary.ids(&corpus).with_context(|| named(path))?;
        let mut validation = match &self.validation {
            Some(path) => self.ids(path, &vocabulary)?,
            None => training.split_off(training.len() - training.len() / 10),
        };
        validation.truncate(self.validation_words.unwrap_or(usize::MAX));
        Ok(Ids {
            words: vocabulary.count(),
            read: Read::corpus(corpus.as_bytes(), files.iter().map(String::as_bytes), &training),
            digest: format!("{} {}", tokens(&training), tokens(&validation)),
            training,
            validation,
            best_loss: None,
        })
    }

    fn ids(&self, path: &Path, vocabulary: &Vocabulary) -> anyhow::Result<Vec<u32>> {
        vocabulary.ids(&read(path, "validation text")?).with_context(|| named(path))
    }
}
