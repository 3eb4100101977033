//! Text as one stream of ids, as decoders read it.

use std::path::Path;

use anyhow::Context as _;
use tokenizers::Tokenizer;
use untrained_core::corpus::documents::documents;

use super::damage::{check_json, guarded};
use crate::input::{self, named};
use crate::outcome::Usage;

/// Between two documents.
const BREAK: &str = "\n";

/// The first `count` ids of the documents of a corpus, one after the other and each with a line break, by a
/// `tokenizer.json`; no special tokens are added. All ids must be below `vocabulary`.
///
/// # Errors
/// One sentence: a file cannot be read or is damaged, has too little text, or an id is none of the network.
pub fn stream(tokenizer: &Path, corpus: &Path, [count, vocabulary]: [usize; 2]) -> anyhow::Result<Vec<u32>> {
    let json = input::read(tokenizer, "tokenizer")?;
    check_json(&json).with_context(|| named(tokenizer))?;
    let wrong = |error: tokenizers::Error| Usage(format!("tokenizer {}: {error}", named(tokenizer)));
    let read = guarded(|| json.parse::<Tokenizer>())?.map_err(wrong)?;
    let text = input::read(corpus, "corpus")?;
    let mut ids: Vec<u32> = Vec::with_capacity(count);
    for document in documents(&text).with_context(|| named(corpus))? {
        let encoded = guarded(|| read.encode_fast(format!("{document}{BREAK}"), false))?.map_err(wrong)?;
        ids.extend(encoded.get_ids());
        if ids.len() >= count {
            ids.truncate(count);
            return match ids.iter().find(|id| **id as usize >= vocabulary) {
                None => Ok(ids),
                Some(id) => {
                    let name = named(tokenizer);
                    let problem = format!("tokenizer {name}: id {id}, but the decoder has {vocabulary} words");
                    Err(Usage(problem).into())
                }
            };
        }
    }
    let problem = format!("corpus {}: {} tokens, and {count} are read", named(corpus), ids.len());
    Err(Usage(problem).into())
}
