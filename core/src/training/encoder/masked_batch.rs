//! Padded sequences with masked places, as masked language models and ELECTRA read them.

use super::padded::PaddedBatch;
use super::shape::EncoderShape;
use crate::network::encoder::kernel::trained::PaddedSequence;
use crate::{Error, Result};

/// Padded sequences with masked places.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MaskedBatch {
    /// The sequences before masking.
    pub original: PaddedBatch,
    /// Ids after masking, [B, T].
    pub masked_tokens: Vec<u32>,
    /// The places of each sequence that are predicted, whether their token was replaced by `[MASK]` or not.
    pub places: Vec<Vec<usize>>,
}

impl MaskedBatch {
    /// Checks it against an encoder.
    ///
    /// # Errors
    /// [`Error::Text`] naming the sequence.
    pub fn check(&self, shape: &EncoderShape) -> Result<()> {
        self.original.check(&shape.sizes)?;
        PaddedBatch { tokens: self.masked_tokens.clone(), ..self.original.clone() }.check(&shape.sizes)?;
        let wrong = |place, problem| Err(Error::Text { what: "batch", place, problem });
        if self.places.len() != self.original.sequences() {
            return wrong("places".to_owned(), format!("{} sequences of places", self.places.len()));
        }
        let beyond = |(places, length): (&Vec<usize>, &usize)| places.iter().any(|place| place >= length);
        match self.places.iter().zip(&self.original.lengths).position(beyond) {
            Some(index) => wrong(format!("sequence {index}"), "a masked place is padding".to_owned()),
            None => Ok(()),
        }
    }

    /// How many places are predicted.
    pub fn predicted(&self) -> usize {
        self.places.iter().map(Vec::len).sum()
    }

    /// A sequence after masking, for the network.
    pub(super) fn masked(&self, index: usize) -> PaddedSequence<'_> {
        self.original.with_tokens(index, &self.masked_tokens)
    }

    /// The ids that are predicted in a sequence.
    pub(super) fn targets(&self, index: usize) -> impl Iterator<Item = u32> {
        let row = &self.original.tokens[index * self.original.length()..];
        self.places[index].iter().map(|&place| row[place])
    }
}
