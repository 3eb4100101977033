//! Padded sequences, as encoders are trained on.

use crate::corpus::Example;
use crate::network::encoder::Sizes;
use crate::network::encoder::kernel::EncoderInput;
use crate::network::encoder::kernel::trained::PaddedSequence;
use crate::{Error, Result};

/// Sequences padded to one length.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PaddedBatch {
    /// Ids, [B, T].
    pub tokens: Vec<u32>,
    /// The segment of each id, 0 or 1, [B, T].
    pub types: Vec<u8>,
    /// How many ids of each sequence are real, `[B]`.
    pub lengths: Vec<usize>,
}

impl PaddedBatch {
    /// The batch of these examples, all of one length.
    pub fn of(examples: &[&Example]) -> Self {
        Self {
            tokens: examples.iter().flat_map(|example| example.ids.iter().copied()).collect(),
            types: examples.iter().flat_map(|example| example.types.iter().copied()).collect(),
            lengths: examples.iter().map(|example| example.length).collect(),
        }
    }

    /// T.
    pub fn length(&self) -> usize {
        self.tokens.len() / self.lengths.len().max(1)
    }

    /// B.
    pub fn sequences(&self) -> usize {
        self.lengths.len()
    }

    /// How many ids are real.
    pub fn real_tokens(&self) -> usize {
        self.lengths.iter().sum()
    }

    /// Checks it against the sizes of an encoder.
    ///
    /// # Errors
    /// [`Error::Text`] naming the sequence.
    pub fn check(&self, sizes: &Sizes) -> Result<()> {
        let length = self.length();
        let wrong = |place: String, problem: String| Err(Error::Text { what: "batch", place, problem });
        if self.tokens.len() != self.types.len() || self.tokens.len() != length * self.sequences() || length == 0 {
            let problem =
                format!("{} ids and {} types of {} sequences", self.tokens.len(), self.types.len(), self.sequences());
            return wrong("all sequences".to_owned(), problem);
        }
        if length != sizes.sequence {
            return wrong("all sequences".to_owned(), format!("{length} ids each, not {}", sizes.sequence));
        }
        if let Some(index) = self.lengths.iter().position(|real| !(1..=length).contains(real)) {
            return wrong(format!("sequence {index}"), format!("{} real tokens of {length}", self.lengths[index]));
        }
        let known = |(&id, &kind): (&u32, &u8)| (id as usize) < sizes.vocabulary && usize::from(kind) < Sizes::TYPES;
        match self.tokens.iter().zip(&self.types).position(|pair| !known(pair)) {
            Some(index) => {
                let problem = format!("id {} of type {} is unknown", self.tokens[index], self.types[index]);
                wrong(format!("sequence {} position {}", index / length, index % length), problem)
            }
            None => Ok(()),
        }
    }

    /// A sequence, for the network.
    pub(super) fn sequence(&self, index: usize) -> PaddedSequence<'_> {
        self.with_tokens(index, &self.tokens)
    }

    /// A sequence with other ids in its place, from `tokens` [B, T].
    pub(super) fn with_tokens<'b>(&'b self, index: usize, tokens: &'b [u32]) -> PaddedSequence<'b> {
        let length = self.length();
        self.with_tokens_of(index, &tokens[index * length..][..length])
    }

    /// A sequence with other ids `[T]`.
    pub(super) fn with_tokens_of<'b>(&'b self, index: usize, tokens: &'b [u32]) -> PaddedSequence<'b> {
        let types = &self.types[index * tokens.len()..][..tokens.len()];
        PaddedSequence { input: EncoderInput { tokens, types }, length: self.lengths[index] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_name_the_sequence() {
        let sizes = Sizes { vocabulary: 9, sequence: 2, ..Sizes::PUBLISHED };
        let batch = PaddedBatch { tokens: vec![1, 2, 3, 0], types: vec![0, 1, 0, 0], lengths: vec![2, 1] };
        assert_eq!((batch.check(&sizes), batch.length(), batch.real_tokens()), (Ok(()), 2, 3));
        let message = |batch: PaddedBatch| batch.check(&sizes).unwrap_err().to_string();
        let tokens = vec![1, 2, 9, 0];
        assert_eq!(
            message(PaddedBatch { tokens, ..batch.clone() }),
            "batch, sequence 1 position 0: id 9 of type 0 is unknown"
        );
        let lengths = vec![2, 3];
        assert_eq!(message(PaddedBatch { lengths, ..batch.clone() }), "batch, sequence 1: 3 real tokens of 2");
        assert!(message(PaddedBatch { types: vec![0], ..batch.clone() }).contains("4 ids and 1 types"));
        let shorter = batch.check(&Sizes { sequence: 3, ..sizes }).unwrap_err().to_string();
        assert_eq!(shorter, "batch, all sequences: 2 ids each, not 3");
    }
}
