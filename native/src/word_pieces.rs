//! Text as ids of BERT's tokenizer, cut into rows.
//!
//! The tokenizer of a checkpoint and that of a user's vocabulary are set up in the same way, as in `transformers`: the
//! tokens from `tokenizer.json` or `vocab.txt`, and everything else from `tokenizer_config.json` in the same folder.

mod damage;
mod settings;
mod stream;

use std::path::Path;

use anyhow::Context as _;
use rayon::prelude::*;
use tokenizers::models::wordpiece::WordPiece;
use tokenizers::normalizers::BertNormalizer;
use tokenizers::pre_tokenizers::bert::BertPreTokenizer;
use tokenizers::processors::bert::BertProcessing;
use tokenizers::{AddedToken, ModelWrapper, PostProcessor as _, PostProcessorWrapper, Tokenizer, TruncationDirection};
use untrained_core::Error;
use untrained_core::corpus::SpecialTokens;
use untrained_core::corpus::documents::{Rows, documents, rows};
use untrained_core::network::encoder::Sizes;

use crate::input;
use crate::outcome::Usage;
use damage::{check_json, guarded};
pub use settings::is_cased;
use settings::{Kind, Settings};
pub use stream::stream;

/// A tokenizer with its truncation and padding.
pub struct WordPieces {
    tokenizer: Tokenizer,
    /// `[PAD]`.
    padding: u32,
    /// `[CLS]`, `[SEP]` and `[MASK]`, where they have an id.
    marks: [Option<u32>; 3],
    /// Largest number of ids of a text, including special tokens.
    longest: usize,
    /// The end at which a longer text is truncated.
    side: TruncationDirection,
}

impl WordPieces {
    /// Reads a word list, one token a line, or a `tokenizer.json`, with the settings of a `tokenizer_config.json` in
    /// the same folder. Without settings, a list without capital letters is taken for one of lower-cased text.
    ///
    /// # Errors
    /// One sentence: a file cannot be read or is damaged, or a special token is missing in it.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        let text = input::read(path, "vocabulary")?;
        let settings = Settings::next_to(path)?;
        Self::new(&text, settings.as_ref()).with_context(|| input::named(path))
    }

    /// Reads the tokenizer of a checkpoint, with BERT's default settings where the checkpoint has none.
    ///
    /// # Errors
    /// As [`WordPieces::open`].
    pub fn of_checkpoint(folder: &Path) -> anyhow::Result<Self> {
        let json = folder.join("tokenizer.json");
        let path = if json.exists() { json } else { folder.join("vocab.txt") };
        let text = input::read(&path, "vocabulary")?;
        let settings = Settings::of_folder(folder)?;
        Self::new(&text, Some(&settings)).with_context(|| input::named(&path))
    }

    fn new(text: &str, settings: Option<&Settings>) -> anyhow::Result<Self> {
        let is_json = text.trim_start().starts_with('{');
        if is_json {
            check_json(text)?;
        }
        guarded(|| if is_json { from_json(text, settings) } else { from_list(text, settings) })?
    }

    /// V: the highest id plus 1.
    pub fn count(&self) -> usize {
        self.tokenizer.get_vocab(true).values().max().map_or(0, |&last| last as usize + 1)
    }

    /// The largest number of ids of a text, if that is less than `sequence`.
    pub fn limit(&self, sequence: usize) -> Option<usize> {
        Some(self.longest).filter(|&longest| longest < sequence)
    }

    /// Rows [B, T] of the documents of a corpus.
    ///
    /// # Errors
    /// One sentence: the file cannot be read, or has too little text.
    pub fn rows(&self, corpus: &Path, sizes: &Sizes) -> anyhow::Result<Rows> {
        let text = input::read(corpus, "corpus")?;
        guarded(|| self.cut(&text, sizes))?.with_context(|| input::named(corpus))
    }

    /// The special tokens that encoders are trained with.
    ///
    /// # Errors
    /// [`Error::Text`] where one is missing.
    pub fn special(&self) -> untrained_core::Result<SpecialTokens> {
        let names = ["[CLS]", "[SEP]", "[MASK]"];
        let mark = |index: usize| self.marks[index].ok_or_else(|| missing(names[index]));
        Ok(SpecialTokens { cls: mark(0)?, sep: mark(1)?, mask: mark(2)?, pad: self.padding })
    }

    /// The ids of texts, without special tokens.
    ///
    /// # Errors
    /// One sentence: the tokenizer fails.
    pub fn plain(&self, texts: &[&str]) -> anyhow::Result<Vec<Vec<u32>>> {
        let ids = |text: &&str| self.tokenizer.encode_fast(*text, false).map(|encoded| encoded.get_ids().to_vec());
        let all = guarded(|| texts.par_iter().map(ids).collect::<tokenizers::Result<Vec<_>>>())?;
        Ok(all.map_err(|error| Usage(format!("vocabulary: {error}")))?)
    }

    fn cut(&self, corpus: &str, sizes: &Sizes) -> anyhow::Result<Rows> {
        let texts = documents(corpus)?;
        let length = self.longest.min(sizes.sequence);
        let ids = texts.iter().map(|text| self.ids(text, length));
        // A text of control characters alone has no token.
        let some = ids.filter(|ids| !ids.as_ref().is_ok_and(Vec::is_empty)).take(sizes.batch);
        Ok(rows(&some.collect::<anyhow::Result<Vec<_>>>()?, self.padding, sizes)?)
    }

    /// The ids of a text with special tokens, at most `length`; empty where the text has no token.
    fn ids(&self, text: &str, length: usize) -> anyhow::Result<Vec<u32>> {
        let wrong = |error: tokenizers::Error| Usage(format!("vocabulary: {error}"));
        let mut encoded = self.tokenizer.encode_fast(text, false).map_err(wrong)?;
        if encoded.is_empty() {
            return Ok(Vec::new());
        }
        let processor = self.tokenizer.get_post_processor();
        let added = processor.map_or(0, |processor| processor.added_tokens(false));
        encoded.truncate(length.saturating_sub(added), 0, self.side);
        // The truncated rest would be kept there.
        encoded.set_overflowing(Vec::new());
        let complete = match processor {
            Some(processor) => processor.process(encoded, None, true).map_err(wrong)?,
            None => encoded,
        };
        Ok(complete.get_ids().to_vec())
    }
}

/// A tokenizer from `tokenizer.json`. As in `transformers`, BERT's tokenizer uses only its tokens and added tokens;
/// other kinds are used as they are.
fn from_json(text: &str, settings: Option<&Settings>) -> anyhow::Result<WordPieces> {
    let read: tokenizers::Result<Tokenizer> = text.parse();
    let mut tokenizer = read.map_err(|error| Usage(format!("the tokenizer file is damaged: {error}")))?;
    // The caller sets the length of a row, not the file.
    tokenizer.with_padding(None).with_truncation(None).map_err(|error| Usage(error.to_string()))?;
    let defaults = Settings::default();
    let used = settings.unwrap_or(&defaults);
    if let (Kind::WordPiece, ModelWrapper::WordPiece(model)) = (used.kind(), tokenizer.get_model()) {
        if settings.is_none() {
            return frame(tokenizer, used);
        }
        let added: Vec<_> = tokenizer.get_added_tokens_decoder().into_iter().collect();
        let (mut model, defaults) = (model.clone(), WordPiece::default());
        model.unk_token = used.unknown().content;
        model.continuing_subword_prefix = defaults.continuing_subword_prefix;
        model.max_input_chars_per_word = defaults.max_input_chars_per_word;
        return bert(model, used, &used.added(added));
    }
    let added = used.added(Vec::new());
    tokenizer.add_tokens(&added);
    tokenizer.set_encode_special_tokens(used.splits_special_tokens());
    finish(tokenizer, used)
}

/// BERT's tokenizer from a word list.
fn from_list(list: &str, settings: Option<&Settings>) -> anyhow::Result<WordPieces> {
    let wrong = |error: tokenizers::Error| Usage(format!("not a vocabulary: {error}"));
    let tokens = WordPiece::read_bytes(list.as_bytes()).map_err(wrong)?;
    let defaults = Settings::of_list(list);
    let settings = settings.unwrap_or(&defaults);
    if let Kind::Other(class) = settings.kind() {
        let problem =
            format!("tokenizer_class {class} does not read a word list as BERT does, and there is no tokenizer.json");
        return Err(Usage(problem).into());
    }
    let unknown = settings.unknown().content;
    let model = WordPiece::builder().vocab(tokens).unk_token(unknown).build().map_err(wrong)?;
    bert(model, settings, &settings.added(Vec::new()))
}

/// BERT's tokenizer with this model.
fn bert(model: WordPiece, settings: &Settings, added: &[AddedToken]) -> anyhow::Result<WordPieces> {
    let mut tokenizer = Tokenizer::new(model);
    tokenizer.with_normalizer(Some(BertNormalizer::new(
        true,
        settings.splits_chinese(),
        settings.strips_accents(),
        settings.lowers(),
    )));
    tokenizer.with_pre_tokenizer(Some(BertPreTokenizer));
    let unknown = settings.unknown().content;
    tokenizer.token_to_id(&unknown).ok_or_else(|| missing(&unknown))?;
    let mut pieces = frame(tokenizer, settings)?;
    pieces.tokenizer.add_tokens(added);
    pieces.tokenizer.set_encode_special_tokens(settings.splits_special_tokens());
    Ok(pieces)
}

/// Adds `[CLS]` before a text and `[SEP]` after it.
fn frame(mut tokenizer: Tokenizer, settings: &Settings) -> anyhow::Result<WordPieces> {
    let with_id = |token: AddedToken| match tokenizer.token_to_id(&token.content) {
        Some(id) => Ok((token.content, id)),
        None => Err(missing(&token.content)),
    };
    let (start, end) = (with_id(settings.start())?, with_id(settings.end())?);
    tokenizer.with_post_processor(Some(PostProcessorWrapper::Bert(BertProcessing::new(end, start))));
    finish(tokenizer, settings)
}

fn finish(tokenizer: Tokenizer, settings: &Settings) -> anyhow::Result<WordPieces> {
    let pad = settings.padding().content;
    let padding = tokenizer.token_to_id(&pad).ok_or_else(|| missing(&pad))?;
    let marks = [settings.start(), settings.end(), settings.mask()].map(|token| tokenizer.token_to_id(&token.content));
    Ok(WordPieces { tokenizer, padding, marks, longest: settings.longest(), side: settings.side()? })
}

fn missing(token: &str) -> Error {
    let problem = format!("the special token {token} is missing");
    Error::Text { what: "vocabulary", place: "special tokens".to_owned(), problem }
}

#[cfg(test)]
mod tests;
