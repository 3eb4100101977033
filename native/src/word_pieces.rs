//! Text as ids of a WordPiece vocabulary, cut into rows.

use std::path::Path;

use anyhow::Context as _;
use tokenizers::Tokenizer;
use tokenizers::models::wordpiece::WordPiece;
use tokenizers::normalizers::BertNormalizer;
use tokenizers::pre_tokenizers::bert::BertPreTokenizer;
use untrained_core::Error;
use untrained_core::corpus::documents::{Frame, documents, rows};
use untrained_core::network::transformer::Sizes;

use crate::outcome::Usage;
use crate::setup;

/// A vocabulary, and what stands around a text in it.
pub struct WordPieces {
    tokenizer: Tokenizer,
    frame: Frame,
}

impl WordPieces {
    /// Reads a word list, one token a line, or a `tokenizer.json`.
    ///
    /// # Errors
    /// One sentence: the file cannot be read, or a special token is missing in it.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        let text = setup::read(path, "vocabulary")?;
        Self::new(&text).with_context(|| setup::named(path))
    }

    fn new(text: &str) -> anyhow::Result<Self> {
        let read = if text.trim_start().starts_with('{') { text.parse() } else { from_list(text) };
        let mut tokenizer: Tokenizer = read.map_err(|error| Usage(format!("no vocabulary: {error}")))?;
        // What a checkpoint's own tokenizer cuts off or fills up is ours to decide.
        tokenizer.with_padding(None).with_truncation(None).map_err(|error| Usage(error.to_string()))?;
        let id = |token: &str| tokenizer.token_to_id(token).ok_or_else(|| missing(token));
        id("[UNK]")?;
        let frame = Frame { start: id("[CLS]")?, end: id("[SEP]")?, padding: id("[PAD]")? };
        Ok(Self { tokenizer, frame })
    }

    /// V: one more than the highest id.
    pub fn count(&self) -> usize {
        self.tokenizer.get_vocab(true).values().max().map_or(0, |&last| last as usize + 1)
    }

    /// Rows [B, T] of the documents of a corpus.
    ///
    /// # Errors
    /// One sentence: the file cannot be read, or has too little text.
    pub fn rows(&self, corpus: &Path, sizes: &Sizes) -> anyhow::Result<Vec<u32>> {
        let text = setup::read(corpus, "corpus")?;
        self.cut(&text, sizes).with_context(|| setup::named(corpus))
    }

    fn cut(&self, corpus: &str, sizes: &Sizes) -> anyhow::Result<Vec<u32>> {
        let texts = documents(corpus)?;
        let ids = texts.iter().map(|text| self.ids(text));
        // A text of nothing but control characters has no token.
        let some = ids.filter(|ids| !ids.as_ref().is_ok_and(Vec::is_empty)).take(sizes.batch);
        Ok(rows(&some.collect::<anyhow::Result<Vec<_>>>()?, self.frame, sizes)?)
    }

    fn ids(&self, text: &str) -> anyhow::Result<Vec<u32>> {
        let encoded = self.tokenizer.encode_fast(text, false).map_err(|error| Usage(format!("vocabulary: {error}")))?;
        Ok(encoded.get_ids().to_vec())
    }
}

/// BERT's way to read: a list without capital letters is one of lower-cased text.
fn from_list(list: &str) -> tokenizers::Result<Tokenizer> {
    let cased = list.lines().any(|token| !token.starts_with('[') && token.contains(char::is_uppercase));
    let model = WordPiece::builder().vocab(WordPiece::read_bytes(list.as_bytes())?).build()?;
    let mut normalizer = BertNormalizer::default();
    normalizer.lowercase = !cased;
    let mut tokenizer = Tokenizer::new(model);
    tokenizer.with_normalizer(Some(normalizer)).with_pre_tokenizer(Some(BertPreTokenizer));
    Ok(tokenizer)
}

fn missing(token: &str) -> Error {
    let problem = format!("the special token {token} is missing");
    Error::Text { what: "vocabulary", place: "special tokens".to_owned(), problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "[PAD]\n[UNK]\n[CLS]\n[SEP]\nun\n##train\n##ed\n.\nnetwork\n";

    fn cut(list: &str, corpus: &str, batch: usize, sequence: usize) -> anyhow::Result<Vec<u32>> {
        WordPieces::new(list)?.cut(corpus, &Sizes { batch, sequence, ..Sizes::default() })
    }

    #[test]
    fn text_becomes_rows_of_word_pieces() {
        assert_eq!(cut(LIST, "Untrained network.\nx\n", 2, 7).unwrap(), [2, 4, 5, 6, 8, 7, 3, 2, 1, 3, 0, 0, 0, 0]);
        assert_eq!(WordPieces::new(LIST).unwrap().count(), 9);
    }

    /// With a capital letter in the list, capital letters of the text stay.
    #[test]
    fn a_cased_list_keeps_capital_letters() {
        assert_eq!(cut(&format!("{LIST}Un\n"), "Untrained", 1, 5).unwrap(), [2, 9, 5, 6, 3]);
    }

    /// As a list and as JSON; the row that the JSON asks for is not taken.
    #[test]
    fn a_tokenizer_in_json_gives_the_same() {
        let mut tokenizer = from_list(LIST).unwrap();
        let short = tokenizers::TruncationParams { max_length: 2, ..Default::default() };
        tokenizer.with_padding(Some(tokenizers::PaddingParams::default())).with_truncation(Some(short)).unwrap();
        let json = tokenizer.to_string(false).unwrap();
        assert_eq!(cut(&json, "untrained", 1, 6).unwrap(), cut(LIST, "untrained", 1, 6).unwrap());
    }

    #[test]
    fn a_vocabulary_without_special_tokens_is_refused() {
        let told = |list: &str| WordPieces::new(list).err().map(|error| error.to_string()).unwrap_or_default();
        for token in ["[PAD]", "[UNK]", "[CLS]", "[SEP]"] {
            let problem = format!("vocabulary, special tokens: the special token {token} is missing");
            assert_eq!(told(&LIST.replace(token, "word")), problem);
        }
        assert!(told("{\"model\": 1}").starts_with("no vocabulary: "), "{}", told("{\"model\": 1}"));
    }
}
