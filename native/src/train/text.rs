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

/// The texts of a run, as ids.
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
    /// Reads the texts for `batch` streams, or makes them up of `words` words.
    ///
    /// # Errors
    /// What cannot be read, or has words that are not in the vocabulary.
    pub fn read(&self, batch: usize, words: usize, seed: u32) -> anyhow::Result<Texts> {
        match &self.corpus {
            Some(path) => self.corpus(path, batch),
            None => self.made_up(batch, words, seed),
        }
    }

    fn made_up(&self, batch: usize, words: usize, seed: u32) -> anyhow::Result<Texts> {
        let source = Source::new(words, seed);
        let training = source.text(MADE_UP, seed.wrapping_add(1));
        let count = MADE_UP_VALIDATION.min(self.validation_words.unwrap_or(usize::MAX));
        let validation = source.text(count, seed.wrapping_add(2));
        note!(
            "made-up text of {words} words; its source has {:.3} nats a word, below which no loss can be",
            validation.best_loss
        );
        Ok(Texts {
            training: Text::new(&training.ids, batch)?.into(),
            validation: Text::new(&validation.ids, Settings::EVALUATION_BATCH)?.into(),
            words,
            read: Read::made_up(seed),
            digest: format!("{} {}", tokens(&training.ids), tokens(&validation.ids)),
            best_loss: Some(validation.best_loss),
        })
    }

    fn corpus(&self, path: &Path, batch: usize) -> anyhow::Result<Texts> {
        let corpus = read(path, "corpus")?;
        let (vocabulary, files) = vocabulary(&corpus, &self.vocabulary)?;
        let mut ids = vocabulary.ids(&corpus).with_context(|| named(path))?;
        let mut validation = match &self.validation {
            Some(path) => self.ids(path, &vocabulary)?,
            None => ids.split_off(ids.len() - ids.len() / 10),
        };
        validation.truncate(self.validation_words.unwrap_or(usize::MAX));
        let read = Read::corpus(corpus.as_bytes(), files.iter().map(String::as_bytes), &ids);
        Ok(Texts {
            training: Text::new(&ids, batch)?.into(),
            validation: Text::new(&validation, Settings::EVALUATION_BATCH)?.into(),
            words: vocabulary.count(),
            read,
            digest: format!("{} {}", tokens(&ids), tokens(&validation)),
            best_loss: None,
        })
    }

    fn ids(&self, path: &Path, vocabulary: &Vocabulary) -> anyhow::Result<Vec<u32>> {
        vocabulary.ids(&read(path, "validation text")?).with_context(|| named(path))
    }
}
