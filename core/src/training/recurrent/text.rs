//! A text as streams that are read side by side.

use crate::corpus::documents::wrong;
use crate::network::recurrent::training::Window;
use crate::{Error, Result};

/// A text cut into B streams of equal length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// [N, B].
    ids: Vec<u32>,
    batch: usize,
}

/// A window of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Its first word, in each stream.
    pub start: usize,
    /// Words in each stream.
    pub length: usize,
    /// The length that was drawn, which scales the learning rate; at the end of a text fewer words are left.
    pub drawn: usize,
}

impl Text {
    /// The words of `ids` in `batch` streams; those left over at the end are not read.
    ///
    /// # Errors
    /// [`Error::Text`] where a stream would have fewer than three words: none could be predicted twice.
    pub fn new(ids: &[u32], batch: usize) -> Result<Self> {
        let rows = ids.len() / batch.max(1);
        if rows < 3 {
            let problem = format!("{} words are too few for {batch} streams of three", ids.len());
            return Err(wrong("corpus", "end".to_owned(), problem));
        }
        let step = |step| (0..batch).map(move |stream| ids[stream * rows + step]);
        Ok(Self { ids: (0..rows).flat_map(step).collect(), batch })
    }

    /// N: words of a stream.
    pub fn rows(&self) -> usize {
        self.ids.len() / self.batch
    }

    /// All words but the last of each stream, and their next ones.
    pub fn all(&self) -> Window<'_> {
        self.window(&Span { start: 0, length: self.rows() - 1, drawn: 0 })
    }

    /// The words of a window, and their next ones.
    pub fn window(&self, span: &Span) -> Window<'_> {
        let (from, count) = (span.start * self.batch, span.length * self.batch);
        let targets = &self.ids[from + self.batch..][..count];
        Window { rows: self.batch, tokens: &self.ids[from..][..count], targets }
    }

    /// Checks that all ids are in a vocabulary of so many words.
    ///
    /// # Errors
    /// [`Error::Text`] with the first that is not.
    pub fn check(&self, vocabulary: usize) -> Result<(), Error> {
        match self.ids.iter().find(|&&id| id as usize >= vocabulary) {
            Some(id) => {
                let problem = format!("id {id} is outside a vocabulary of {vocabulary}");
                Err(wrong("corpus", "ids".to_owned(), problem))
            }
            None => Ok(()),
        }
    }
}
