//! The text that an encoder is pre-trained on, as typed.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use untrained_core::corpus::documents::{documents, is_json};
use untrained_core::corpus::{Example, SpecialTokens};
use untrained_core::digest;
use untrained_core::origin::Read;
use untrained_core::training::encoder::{PretrainingText, examples};

use crate::input::{named, read};
use crate::outcome::Usage;
use crate::parse::at_least_one;
use crate::score::encoder::{no_vocabulary, read_corpus};
use crate::word_pieces::WordPieces;

/// What it reads
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Text")]
pub struct SentencesArgs {
    /// Text to train on, one sentence a line, or JSON Lines or a JSON array of objects with a field 'text', each a
    /// document; without it, text made up from the seed that has structure to learn
    #[arg(long, value_name = "FILE", requires = "vocabulary")]
    pub corpus: Option<PathBuf>,
    /// Text to validate on; without it the last tenth of the corpus, which is then not trained on
    #[arg(long, value_name = "FILE", requires = "corpus")]
    pub validation: Option<PathBuf>,
    /// Largest number of sequences that are validated on
    #[arg(long, value_name = "N", value_parser = at_least_one, default_value_t = SEQUENCES)]
    pub validation_sequences: usize,
    /// WordPiece list, one token a line, or a tokenizer.json, read as a tokenizer_config.json in the same folder says
    #[arg(long, value_name = "FILE", requires = "corpus")]
    pub vocabulary: Option<PathBuf>,
}

/// Sequences that are validated on, where nothing else is said.
pub const SEQUENCES: usize = 256;

/// The text of a run.
pub struct Sentences {
    /// Its examples.
    pub text: Arc<PretrainingText>,
    /// V: tokens of the vocabulary that was read; none of made-up text.
    pub words: Option<usize>,
    /// The file of the vocabulary.
    pub vocabulary: Option<PathBuf>,
    /// Where it comes from.
    pub read: Read,
    /// SHA-256 of the ids of both parts.
    pub digest: String,
}

impl SentencesArgs {
    /// Reads the text in examples of T = `sequence` tokens, or makes it up of `vocabulary` tokens.
    ///
    /// # Errors
    /// What cannot be read, or is too short.
    pub fn read(&self, sequence: usize, vocabulary: usize, seed: u32) -> anyhow::Result<Sentences> {
        let Some(corpus) = &self.corpus else {
            let mut text = PretrainingText::made_up(vocabulary, sequence, seed)?;
            text.validation.truncate(self.validation_sequences);
            note!("made-up text of {vocabulary} tokens: {}", counted(&text));
            let read = Read::made_up(seed);
            return Ok(Sentences { digest: digest(&text), text: text.into(), words: None, vocabulary: None, read });
        };
        let path = self.vocabulary.as_deref().ok_or_else(no_vocabulary)?;
        let words = WordPieces::open(path)?;
        let special = words.special().with_context(|| named(path))?;
        let all = of_file(&words, corpus, special, (sequence, seed))?;
        let text = match &self.validation {
            None => PretrainingText::split(all, self.validation_sequences, special).with_context(|| named(corpus))?,
            Some(path) => {
                let mut validation = of_file(&words, path, special, (sequence, seed))?;
                validation.truncate(self.validation_sequences);
                for (part, path) in [(&all, corpus), (&validation, path)] {
                    if part.is_empty() {
                        return Err(Usage(format!("corpus {}: it has no text", named(path))).into());
                    }
                }
                PretrainingText { training: all, validation, special }
            }
        };
        note!("{}: {}", named(corpus), counted(&text));
        let ids: Vec<u32> = text.training.iter().flat_map(|example| example.ids.iter().copied()).collect();
        Ok(Sentences {
            digest: digest(&text),
            words: Some(words.count()),
            vocabulary: Some(path.to_owned()),
            read: read_corpus(corpus, Some(path), &ids)?,
            text: text.into(),
        })
    }
}

/// The examples of a file.
fn of_file(
    words: &WordPieces,
    path: &Path,
    special: SpecialTokens,
    (sequence, seed): (usize, u32),
) -> anyhow::Result<Vec<Example>> {
    let text = read(path, "corpus")?;
    let texts = if is_json(&text) {
        documents(&text).with_context(|| named(path))?
    } else {
        vec![untrained_core::text::without_mark(&text).into()]
    };
    let mut all = Vec::new();
    for document in &texts {
        let lines: Vec<&str> = document.lines().filter(|line| !line.trim().is_empty()).collect();
        all.push(words.plain(&lines).with_context(|| named(path))?);
    }
    Ok(examples(all, sequence, special, seed)?)
}

fn counted(text: &PretrainingText) -> String {
    let tokens = |part: &[Example]| part.iter().map(|example| example.length).sum::<usize>();
    let PretrainingText { training, validation, .. } = text;
    format!(
        "{} sequences of {} tokens to train on, {} of {} to validate on",
        training.len(),
        tokens(training),
        validation.len(),
        tokens(validation)
    )
}

fn digest(text: &PretrainingText) -> String {
    let of = |part: &[Example]| {
        let ids: Vec<u32> = part.iter().flat_map(|example| example.ids.iter().copied()).collect();
        digest::tokens(&ids)
    };
    format!("{} {}", of(&text.training), of(&text.validation))
}
