//! Documents of a corpus, and rows of ids cut from them: a row a document, as the published scores of encoders read text.

use std::borrow::Cow;

use serde::Deserialize;

use super::wrong;
use crate::error::without_place;
use crate::network::transformer::Sizes;
use crate::{Error, Result};

/// The ids that stand around a document and fill up its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    /// Before the first token: `[CLS]`.
    pub start: u32,
    /// After the last token: `[SEP]`.
    pub end: u32,
    /// From there to the end of the row: `[PAD]`.
    pub padding: u32,
}

/// Fewest ids of a row: a token and what stands around it.
const SHORTEST: usize = 3;

/// A line of JSON Lines.
#[derive(Deserialize)]
struct Line {
    text: String,
}

/// The documents of a corpus: one a line, or in JSON Lines one a `text`. Blank ones are passed over.
///
/// # Errors
/// [`Error::Text`] with the line that has no `text`, or when nothing is left.
pub fn documents(corpus: &str) -> Result<Vec<Cow<'_, str>>> {
    let lines = (1..).zip(corpus.lines()).filter(|(_, line)| !line.trim().is_empty());
    let read: Vec<Cow<str>> = if corpus.trim_start().starts_with('{') {
        lines.map(|(number, line)| field(number, line)).collect::<Result<_>>()?
    } else {
        lines.map(|(_, line)| Cow::Borrowed(line)).collect()
    };
    let documents: Vec<_> = read.into_iter().filter(|text| !text.trim().is_empty()).collect();
    if documents.is_empty() { Err(empty()) } else { Ok(documents) }
}

fn field(number: usize, line: &str) -> Result<Cow<'_, str>> {
    let read: Result<Line, _> = serde_json::from_str(line);
    read.map(|line| Cow::Owned(line.text)).map_err(|error| {
        wrong("corpus", format!("line {number}"), format!("no JSON object with a 'text': {}", without_place(&error)))
    })
}

/// Rows [B, T] of the first documents that have a token: cut where they are longer, filled up where they are shorter.
///
/// # Errors
/// [`Error::Size`] when T has no place for a token, [`Error::Text`] when there are fewer than B documents.
pub fn rows(documents: &[Vec<u32>], frame: Frame, sizes: &Sizes) -> Result<Vec<u32>> {
    let Sizes { batch, sequence, .. } = *sizes;
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
        _ => Ok(full.into_iter().flat_map(|document| row(document, frame, sequence)).collect()),
    }
}

fn row(document: &[u32], frame: Frame, length: usize) -> impl Iterator<Item = u32> {
    let tokens = document.iter().take(length - 2).copied();
    let framed = std::iter::once(frame.start).chain(tokens).chain(std::iter::once(frame.end));
    framed.chain(std::iter::repeat(frame.padding)).take(length)
}

fn empty() -> Error {
    wrong("corpus", "line 1".to_owned(), "there is no text".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: Frame = Frame { start: 101, end: 102, padding: 0 };

    fn cut(documents: &[Vec<u32>], batch: usize, sequence: usize) -> Result<Vec<u32>> {
        rows(documents, FRAME, &Sizes { batch, sequence, ..Sizes::default() })
    }

    #[test]
    fn a_row_is_a_document_cut_or_filled_up() {
        let texts = [vec![7, 8, 9, 10], vec![], vec![5], vec![6]];
        assert_eq!(cut(&texts, 2, 5).unwrap(), [101, 7, 8, 9, 102, 101, 5, 102, 0, 0]);
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
        let told = |corpus| documents(corpus).unwrap_err().to_string();
        assert_eq!(told(" \n"), "corpus, line 1: there is no text");
        assert_eq!(told("{\"text\": \"\"}"), "corpus, line 1: there is no text");
        assert_eq!(
            told("{\"text\": \"a\"}\n{\"words\": 1}"),
            "corpus, line 2: no JSON object with a 'text': missing field `text`"
        );
    }
}
