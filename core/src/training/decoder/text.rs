//! A text as sequences of one length, each with what follows.

use crate::Result;
use crate::corpus::documents::wrong;
use crate::network::decoder::kernel::Sequence;

/// A text that is read in sequences of T tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// `[N]`.
    ids: Vec<u32>,
    sequence: usize,
}

impl Text {
    /// The tokens of `ids` in sequences of `sequence`.
    ///
    /// # Errors
    /// [`crate::Error::Text`] where there is not one sequence with what follows it, or an id is outside the vocabulary.
    pub fn new(ids: Vec<u32>, sequence: usize, vocabulary: usize) -> Result<Self> {
        if ids.len() <= sequence {
            let problem = format!("{} tokens are too few for a sequence of {sequence} and what follows it", ids.len());
            return Err(wrong("corpus", "end".to_owned(), problem));
        }
        match ids.iter().find(|&&id| id as usize >= vocabulary) {
            Some(id) => {
                let problem = format!("id {id} is outside the decoder's vocabulary of {vocabulary}");
                Err(wrong("corpus", "ids".to_owned(), problem))
            }
            None => Ok(Self { ids, sequence }),
        }
    }

    /// Complete sequences.
    pub fn count(&self) -> usize {
        (self.ids.len() - 1) / self.sequence
    }

    /// A complete sequence by its number.
    pub fn sequence(&self, index: usize) -> Sequence<'_> {
        self.read(index * self.sequence, self.sequence)
    }

    /// All sequences; the last one may be shorter.
    pub fn all(&self) -> Vec<Sequence<'_>> {
        let last = self.ids.len() - 1;
        (0..last).step_by(self.sequence).map(|first| self.read(first, self.sequence.min(last - first))).collect()
    }

    fn read(&self, first: usize, length: usize) -> Sequence<'_> {
        Sequence { tokens: &self.ids[first..][..length], targets: &self.ids[first + 1..][..length] }
    }
}
