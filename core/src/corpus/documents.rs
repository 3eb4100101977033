//! Documents of a corpus, and rows of token ids, one document a row, as the published scores of encoders read text.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Value;

use super::Shape;
use crate::error::without_place;
use crate::text::without_mark;
use crate::{Error, Result};

/// Least number of ids of a row: its start, one token and its end.
const SHORTEST: usize = 3;

/// Rows of ids, one document each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows {
    /// [B, T].
    pub ids: Vec<u32>,
    /// `[B]`: the number of ids of a row that are the document's; padding follows.
    pub lengths: Vec<usize>,
}

/// An entry of JSON Lines, or of an array of objects.
#[derive(Deserialize)]
struct Line {
    text: String,
}

/// The documents of a corpus: one a line, or in JSON Lines one a `text`, or the entries of one JSON array, which are
/// strings or objects with a `text`. Blank ones are skipped.
///
/// # Errors
/// [`Error::Text`] with the line or the entry that has no `text`, or when all are blank.
pub fn documents(corpus: &str) -> Result<Vec<Cow<'_, str>>> {
    let corpus = without_mark(corpus);
    let lines = (1..).zip(corpus.lines()).filter(|(_, line)| !line.trim().is_empty());
    let read: Vec<Cow<str>> = if corpus.trim_start().starts_with('{') {
        lines.map(|(number, line)| field(number, line)).collect::<Result<_>>()?
    } else if starts_array(corpus) {
        array(corpus)?
    } else {
        lines.map(|(_, line)| Cow::Borrowed(line)).collect()
    };
    let documents: Vec<_> = read.into_iter().filter(|text| !text.trim().is_empty()).collect();
    if documents.is_empty() { Err(empty()) } else { Ok(documents) }
}

/// Whether a corpus is JSON Lines or a JSON array, and not plain text.
pub fn is_json(corpus: &str) -> bool {
    let corpus = without_mark(corpus).trim_start();
    let first = corpus.lines().next().unwrap_or_default();
    let object = first.starts_with('{') && serde_json::from_str::<Value>(first).is_ok_and(|value| value.is_object());
    object || starts_array(corpus)
}

/// Whether a corpus starts like an array of strings or objects; plain text may start with a bracket, too.
fn starts_array(corpus: &str) -> bool {
    let inside = corpus.trim_start().strip_prefix('[').map(str::trim_start);
    inside.is_some_and(|inside| inside.starts_with(['{', '"']))
}

fn field(number: usize, line: &str) -> Result<Cow<'_, str>> {
    let read: Result<Line, _> = serde_json::from_str(line);
    read.map(|line| Cow::Owned(line.text)).map_err(|error| {
        wrong("corpus", format!("line {number}"), format!("no JSON object with a 'text': {}", without_place(&error)))
    })
}

fn array(corpus: &str) -> Result<Vec<Cow<'_, str>>> {
    let entries: Vec<Value> = serde_json::from_str(corpus).map_err(|error| {
        let problem = format!("no JSON array of documents: {}", without_place(&error));
        wrong("corpus", format!("line {}", error.line()), problem)
    })?;
    (1..).zip(entries).map(|(number, entry)| document(number, entry)).collect()
}

fn document<'a>(number: usize, entry: Value) -> Result<Cow<'a, str>> {
    let text = match entry {
        Value::String(text) => Ok(text),
        other => serde_json::from_value(other).map(|Line { text }| text),
    };
    text.map(Cow::Owned).map_err(|error| {
        let problem = format!("neither a string nor an object with a 'text': {error}");
        wrong("corpus", format!("entry {number} of the JSON array"), problem)
    })
}

/// Rows [B, T] of the first documents that are not empty, filled up with `padding`. The documents are given cut to T,
/// with their start and end tokens.
///
/// # Errors
/// [`Error::Size`] when T has no room for a token, [`Error::Text`] when there are fewer than B documents.
pub fn rows(documents: &[Vec<u32>], padding: u32, shape: impl Into<Shape>) -> Result<Rows> {
    let Shape { batch, steps: sequence, .. } = shape.into();
    if sequence < SHORTEST {
        let problem = format!("a row of text takes at least {SHORTEST} tokens: its start, one word and its end");
        return Err(Error::Size { name: "sequence", value: sequence, problem });
    }
    let full: Vec<&Vec<u32>> = documents.iter().filter(|document| !document.is_empty()).take(batch).collect();
    match full.len() {
        0 => Err(empty()),
        found if found < batch => {
            let problem = format!("{found} documents are too few for a batch of {batch}, which takes one a row");
            Err(wrong("corpus", "end".to_owned(), problem))
        }
        _ => {
            let lengths = full.iter().map(|ids| ids.len().min(sequence)).collect();
            let filled = |ids: &[u32]| -> Vec<u32> {
                ids.iter().copied().chain(std::iter::repeat(padding)).take(sequence).collect()
            };
            Ok(Rows { ids: full.iter().flat_map(|ids| filled(ids)).collect(), lengths })
        }
    }
}

pub(crate) fn wrong(what: &'static str, place: String, problem: String) -> Error {
    Error::Text { what, place, problem }
}

fn empty() -> Error {
    wrong("corpus", "line 1".to_owned(), "there is no text".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(documents: &[Vec<u32>], batch: usize, sequence: usize) -> Result<Rows> {
        rows(documents, 0, Shape { batch, steps: sequence, vocabulary: 0 })
    }

    #[test]
    fn a_row_is_a_document_filled_up() {
        let texts = [vec![101, 7, 8, 9, 102], vec![], vec![101, 5, 102], vec![101, 6, 102]];
        let Rows { ids, lengths } = cut(&texts, 2, 5).unwrap();
        assert_eq!((ids, lengths), (vec![101, 7, 8, 9, 102, 101, 5, 102, 0, 0], vec![5, 3]));
        assert_eq!(
            cut(&texts, 4, 5).unwrap_err().to_string(),
            "corpus, end: 3 documents are too few for a batch of 4, which takes one a row"
        );
        assert_eq!(cut(&[vec![]], 1, 5).unwrap_err().to_string(), "corpus, line 1: there is no text");
        assert!(cut(&texts, 1, 2).unwrap_err().to_string().starts_with("size sequence = 2: a row of text takes"));
    }

    #[test]
    fn documents_are_lines_or_the_texts_of_json() {
        assert_eq!(documents("one two\n\n three\n").unwrap(), ["one two", " three"]);
        assert_eq!(documents("{\"text\": \"a\\nb\", \"n\": 1}\n\n{\"text\": \" \"}\n").unwrap(), ["a\nb"]);
        let message = |corpus| documents(corpus).unwrap_err().to_string();
        assert_eq!(message(" \n"), "corpus, line 1: there is no text");
        assert_eq!(message("{\"text\": \"\"}"), "corpus, line 1: there is no text");
        assert_eq!(
            message("{\"text\": \"a\"}\n{\"words\": 1}"),
            "corpus, line 2: no JSON object with a 'text': missing field `text`"
        );
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_a_document() {
        assert_eq!(documents("\u{feff}one two\nthree\n").unwrap(), ["one two", "three"]);
        assert_eq!(documents("\u{feff}{\"text\": \"a\"}\n{\"text\": \"b\"}\n").unwrap(), ["a", "b"]);
        assert_eq!(documents("\u{feff}[\"a\", \"b\"]").unwrap(), ["a", "b"]);
    }

    #[test]
    fn a_json_array_is_its_entries() {
        assert_eq!(documents("[{\"text\": \"a b\", \"id\": 3},\n \"c\",\n {\"text\": \"\"}]\n").unwrap(), ["a b", "c"]);
        let message = |corpus| documents(corpus).unwrap_err().to_string();
        assert_eq!(message("[\"\"]"), "corpus, line 1: there is no text");
        assert_eq!(
            message("[\"a\",\n {\"words\": 1}]"),
            "corpus, entry 2 of the JSON array: neither a string nor an object with a 'text': missing field `text`"
        );
        assert!(message("[\"a\",\n 7]").starts_with("corpus, entry 2 of the JSON array: neither a string"));
        assert_eq!(message("[\"a\",\n\"b\""), "corpus, line 2: no JSON array of documents: EOF while parsing a list");
        assert!(message("[{\"text\": \"a\"}]\n[{\"text\": \"b\"}]").starts_with("corpus, line 2: no JSON array"));
        // A text may start with a bracket.
        assert_eq!(documents("[MASK] is a token\n[1] a note\n").unwrap(), ["[MASK] is a token", "[1] a note"]);
    }
}
