//! Text as ids of a BERT's tokenizer, cut into rows.
//!
//! There is one way to set the tokenizer up, for a checkpoint and for a vocabulary of one's own, and it is that of
//! `transformers`: the words of `tokenizer.json` or `vocab.txt`, and everything else as `tokenizer_config.json` beside it says.

mod damage;
mod settings;

use std::path::Path;

use anyhow::Context as _;
use tokenizers::models::wordpiece::WordPiece;
use tokenizers::normalizers::BertNormalizer;
use tokenizers::pre_tokenizers::bert::BertPreTokenizer;
use tokenizers::processors::bert::BertProcessing;
use tokenizers::{AddedToken, ModelWrapper, PostProcessor as _, PostProcessorWrapper, Tokenizer, TruncationDirection};
use untrained_core::Error;
use untrained_core::corpus::documents::{Rows, documents, rows};
use untrained_core::network::transformer::Sizes;

use crate::outcome::Usage;
use crate::setup;
use damage::{check_json, guarded};
use settings::{Kind, Settings};

/// A tokenizer, and how it cuts and fills up a text.
pub struct WordPieces {
    tokenizer: Tokenizer,
    /// `[PAD]`.
    padding: u32,
    /// Most ids of a text, with those around it.
    longest: usize,
    /// The end that is cut off where a text is longer.
    side: TruncationDirection,
}

impl WordPieces {
    /// Reads a word list, one token a line, or a `tokenizer.json`, set up as a `tokenizer_config.json` in the same folder
    /// says. Without one, a list without capital letters is taken for one of lower-cased text.
    ///
    /// # Errors
    /// One sentence: a file cannot be read or is damaged, or a special token is missing in it.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        let text = setup::read(path, "vocabulary")?;
        let settings = Settings::beside(path)?;
        Self::new(&text, settings.as_ref()).with_context(|| setup::named(path))
    }

    /// Reads the tokenizer of a checkpoint, with BERT's own settings where the checkpoint states none.
    ///
    /// # Errors
    /// As [`WordPieces::open`].
    pub fn of_checkpoint(folder: &Path) -> anyhow::Result<Self> {
        let json = folder.join("tokenizer.json");
        let path = if json.exists() { json } else { folder.join("vocab.txt") };
        let text = setup::read(&path, "vocabulary")?;
        let settings = Settings::of_folder(folder)?;
        Self::new(&text, Some(&settings)).with_context(|| setup::named(&path))
    }

    fn new(text: &str, settings: Option<&Settings>) -> anyhow::Result<Self> {
        let is_json = text.trim_start().starts_with('{');
        if is_json {
            check_json(text)?;
        }
        guarded(|| if is_json { from_json(text, settings) } else { from_list(text, settings) })?
    }

    /// V: one more than the highest id.
    pub fn count(&self) -> usize {
        self.tokenizer.get_vocab(true).values().max().map_or(0, |&last| last as usize + 1)
    }

    /// The most ids that the tokenizer makes of a text, where these are fewer than `sequence`.
    pub fn limit(&self, sequence: usize) -> Option<usize> {
        Some(self.longest).filter(|&longest| longest < sequence)
    }

    /// Rows [B, T] of the documents of a corpus.
    ///
    /// # Errors
    /// One sentence: the file cannot be read, or has too little text.
    pub fn rows(&self, corpus: &Path, sizes: &Sizes) -> anyhow::Result<Rows> {
        let text = setup::read(corpus, "corpus")?;
        guarded(|| self.cut(&text, sizes))?.with_context(|| setup::named(corpus))
    }

    fn cut(&self, corpus: &str, sizes: &Sizes) -> anyhow::Result<Rows> {
        let texts = documents(corpus)?;
        let length = self.longest.min(sizes.sequence);
        let ids = texts.iter().map(|text| self.ids(text, length));
        // A text of nothing but control characters has no token.
        let some = ids.filter(|ids| !ids.as_ref().is_ok_and(Vec::is_empty)).take(sizes.batch);
        Ok(rows(&some.collect::<anyhow::Result<Vec<_>>>()?, self.padding, sizes)?)
    }

    /// The ids of a text with those around it, at most `length`; nothing where the text has no token.
    fn ids(&self, text: &str, length: usize) -> anyhow::Result<Vec<u32>> {
        let wrong = |error: tokenizers::Error| Usage(format!("vocabulary: {error}"));
        let mut encoded = self.tokenizer.encode_fast(text, false).map_err(wrong)?;
        if encoded.is_empty() {
            return Ok(Vec::new());
        }
        let around = self.tokenizer.get_post_processor();
        let added = around.map_or(0, |around| around.added_tokens(false));
        encoded.truncate(length.saturating_sub(added), 0, self.side);
        // What was cut off is kept there.
        encoded.set_overflowing(Vec::new());
        let whole = match around {
            Some(around) => around.process(encoded, None, true).map_err(wrong)?,
            None => encoded,
        };
        Ok(whole.get_ids().to_vec())
    }
}

/// A tokenizer from `tokenizer.json`. As in `transformers`, BERT's tokenizer takes from it the words and the added tokens
/// alone; other kinds are taken as they are.
fn from_json(text: &str, settings: Option<&Settings>) -> anyhow::Result<WordPieces> {
    let read: tokenizers::Result<Tokenizer> = text.parse();
    let mut tokenizer = read.map_err(|error| Usage(format!("the tokenizer file is damaged: {error}")))?;
    // The length of a row is chosen by the caller, not by the file.
    tokenizer.with_padding(None).with_truncation(None).map_err(|error| Usage(error.to_string()))?;
    let usual = Settings::default();
    let said = settings.unwrap_or(&usual);
    if let (Kind::WordPiece, ModelWrapper::WordPiece(model)) = (said.kind(), tokenizer.get_model()) {
        if settings.is_none() {
            return frame(tokenizer, said);
        }
        let added: Vec<_> = tokenizer.get_added_tokens_decoder().into_iter().collect();
        let (mut model, usual) = (model.clone(), WordPiece::default());
        model.unk_token = said.unknown().content;
        model.continuing_subword_prefix = usual.continuing_subword_prefix;
        model.max_input_chars_per_word = usual.max_input_chars_per_word;
        return bert(model, said, &said.added(added));
    }
    let added = said.added(Vec::new());
    tokenizer.add_tokens(&added);
    tokenizer.set_encode_special_tokens(said.splits_special_tokens());
    finish(tokenizer, said)
}

/// BERT's tokenizer from a word list.
fn from_list(list: &str, settings: Option<&Settings>) -> anyhow::Result<WordPieces> {
    let wrong = |error: tokenizers::Error| Usage(format!("no vocabulary: {error}"));
    let words = WordPiece::read_bytes(list.as_bytes()).map_err(wrong)?;
    let alone = Settings::of_list(list);
    let settings = settings.unwrap_or(&alone);
    if let Kind::Other(class) = settings.kind() {
        let problem =
            format!("tokenizer_class {class} does not read a word list as BERT does, and there is no tokenizer.json");
        return Err(Usage(problem).into());
    }
    let unknown = settings.unknown().content;
    let model = WordPiece::builder().vocab(words).unk_token(unknown).build().map_err(wrong)?;
    bert(model, settings, &settings.added(Vec::new()))
}

/// BERT's tokenizer of these words.
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

/// `[CLS]` before a text and `[SEP]` after it.
fn frame(mut tokenizer: Tokenizer, settings: &Settings) -> anyhow::Result<WordPieces> {
    let around = |token: AddedToken| match tokenizer.token_to_id(&token.content) {
        Some(id) => Ok((token.content, id)),
        None => Err(missing(&token.content)),
    };
    let (start, end) = (around(settings.start())?, around(settings.end())?);
    tokenizer.with_post_processor(Some(PostProcessorWrapper::Bert(BertProcessing::new(end, start))));
    finish(tokenizer, settings)
}

fn finish(tokenizer: Tokenizer, settings: &Settings) -> anyhow::Result<WordPieces> {
    let pad = settings.padding().content;
    let padding = tokenizer.token_to_id(&pad).ok_or_else(|| missing(&pad))?;
    Ok(WordPieces { tokenizer, padding, longest: settings.longest(), side: settings.side()? })
}

fn missing(token: &str) -> Error {
    let problem = format!("the special token {token} is missing");
    Error::Text { what: "vocabulary", place: "special tokens".to_owned(), problem }
}

#[cfg(test)]
mod tests;
