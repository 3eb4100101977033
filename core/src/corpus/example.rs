//! Sequences as an encoder is trained on them: one text or two, between special tokens.

/// The ids of the tokens that are no part of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpecialTokens {
    /// `[CLS]`, at the start.
    pub cls: u32,
    /// `[SEP]`, after each text.
    pub sep: u32,
    /// `[MASK]`, in the place of a token that is to be predicted.
    pub mask: u32,
    /// `[PAD]`, after the end.
    pub pad: u32,
}

impl SpecialTokens {
    /// Whether an id is one of them.
    pub fn contains(self, id: u32) -> bool {
        [self.cls, self.sep, self.mask, self.pad].contains(&id)
    }
}

/// A sequence, padded to T tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// `[T]`: `[CLS] first [SEP]`, or `[CLS] first [SEP] second [SEP]`, then padding.
    pub ids: Vec<u32>,
    /// `[T]`: 1 for the second text and its `[SEP]`, 0 for everything else.
    pub types: Vec<u8>,
    /// How many tokens there are before the padding.
    pub length: usize,
}

impl Example {
    /// An example of a text or of two for fine-tuning, of T = `sequence` tokens, at least 3. Two texts that are too
    /// long lose the last token of the longer one, of the second where both are equally long, until they fit.
    pub fn from_texts(first: &[u32], second: Option<&[u32]>, sequence: usize, special: SpecialTokens) -> Self {
        let second = second.unwrap_or_default();
        if second.is_empty() {
            return Self::assemble(&first[..first.len().min(sequence.saturating_sub(2))], &[], sequence, special);
        }
        let (mut a, mut b) = (first.len(), second.len());
        while a + b > sequence.saturating_sub(3) {
            if a > b { a -= 1 } else { b -= 1 }
        }
        Self::assemble(&first[..a], &second[..b], sequence, special)
    }

    /// An example of texts that fit; without a second one where that is empty.
    pub(super) fn assemble(first: &[u32], second: &[u32], sequence: usize, special: SpecialTokens) -> Self {
        let mut ids = [&[special.cls], first, &[special.sep]].concat();
        let mut types = vec![0; ids.len()];
        if !second.is_empty() {
            ids.extend_from_slice(second);
            ids.push(special.sep);
            types.resize(ids.len(), 1);
        }
        let length = ids.len().min(sequence);
        ids.resize(sequence, special.pad);
        types.resize(sequence, 0);
        Self { ids, types, length }
    }
}

#[cfg(test)]
mod tests {
    use super::{Example, SpecialTokens};

    const SPECIAL: SpecialTokens = SpecialTokens { cls: 1, sep: 2, mask: 3, pad: 0 };

    fn ids(first: &[u32], second: &[u32], sequence: usize) -> Vec<u32> {
        Example::from_texts(first, Some(second), sequence, SPECIAL).ids
    }

    #[test]
    fn texts_stand_between_special_tokens() {
        let pair = Example::from_texts(&[7, 8], Some(&[9]), 8, SPECIAL);
        assert_eq!(
            (pair.ids, pair.types, pair.length),
            (vec![1, 7, 8, 2, 9, 2, 0, 0], vec![0, 0, 0, 0, 1, 1, 0, 0], 6)
        );
        let one = Example::from_texts(&[7, 8], None, 5, SPECIAL);
        assert_eq!((one.ids, one.types, one.length), (vec![1, 7, 8, 2, 0], vec![0; 5], 4));
        assert_eq!(Example::from_texts(&[], None, 3, SPECIAL).ids, [1, 2, 0]);
    }

    /// Room for four tokens of two texts: 5 and 2 become 2 and 2, and 3 and 3 become 2 and 2 by 3, 2.
    #[test]
    fn the_longer_text_is_cut() {
        assert_eq!(ids(&[5, 6, 7, 8, 9], &[4, 4], 7), [1, 5, 6, 2, 4, 4, 2]);
        assert_eq!(ids(&[5, 6, 7], &[4, 8, 9], 7), [1, 5, 6, 2, 4, 8, 2]);
        assert_eq!(ids(&[5], &[4, 8, 9, 9, 9], 6), [1, 5, 2, 4, 8, 2]);
        // Room for three: the second loses its last first.
        assert_eq!(ids(&[5, 6], &[4, 8], 6), [1, 5, 6, 2, 4, 2]);
        assert_eq!(Example::from_texts(&[5, 6, 7], None, 4, SPECIAL).ids, [1, 5, 6, 2]);
        assert_eq!(ids(&[5, 6], &[4, 8], 3), [1, 2, 0]);
    }
}
