//! What a network reads: token ids, and the noise of the noised metrics or the lengths of padded sequences.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use crate::random::numpy::Numpy;
use crate::{Error, Result};

/// A target where nothing is to be predicted.
pub const NOT_COUNTED: u32 = u32::MAX;

/// What metrics of further passes read, where it is given.
#[derive(Debug, Clone, Default)]
pub struct FurtherInputs {
    /// A second batch of the same shape: tokens, and what is to be predicted after each.
    pub second: Option<Arc<[Vec<u32>; 2]>>,
    /// An embedded input of noise, and by what it is moved: in the layout of tokens, [.., E] each.
    pub noise: Option<Arc<[Vec<f32>; 2]>>,
    /// Per block but the first, −1 or 1 for every value: in the layout of tokens, [.., F] each.
    pub signs: Option<Arc<Vec<Vec<f32>>>>,
}

/// How many values the further inputs of a network have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FurtherCounts {
    /// Ids of a batch.
    pub tokens: usize,
    /// V.
    pub vocabulary: usize,
    /// Values of an embedded batch.
    pub embedded: usize,
    /// Values that each block but the first gives for a batch.
    pub blocks: Vec<usize>,
}

impl FurtherInputs {
    /// Checks that they fit a network.
    ///
    /// # Errors
    /// [`Error::Text`] naming what does not.
    pub fn check(&self, counts: &FurtherCounts) -> Result<()> {
        let wrong = |what, place: &str, problem| Err(Error::Text { what, place: place.to_owned(), problem });
        let FurtherCounts { tokens, vocabulary, embedded, blocks } = counts;
        for (name, ids) in ["tokens", "targets"].into_iter().zip(self.second.as_deref().into_iter().flatten()) {
            if ids.len() != *tokens {
                return wrong("second batch", name, format!("{} ids; the first batch has {tokens}", ids.len()));
            }
            let beyond = |&&id: &&u32| id as usize >= *vocabulary && (id != NOT_COUNTED || name == "tokens");
            if let Some(id) = ids.iter().find(beyond) {
                return wrong("second batch", name, format!("id {id} is outside a vocabulary of {vocabulary}"));
            }
        }
        let mut noise = self.noise.as_deref().into_iter().flatten();
        if let Some(values) = noise.find(|values| values.len() != *embedded) {
            let problem = format!("{} values; the embedded batch has {embedded}", values.len());
            return wrong("embedded noise", "size", problem);
        }
        let Some(signs) = self.signs.as_deref() else { return Ok(()) };
        if !signs.iter().map(Vec::len).eq(blocks.iter().copied()) {
            let (found, problem) = (signs.iter().map(Vec::len).collect::<Vec<_>>(), "the blocks but the first give");
            return wrong("signs", "size", format!("{found:?} values; {problem} {blocks:?}"));
        }
        Ok(())
    }
}

/// One batch of text, shared by all networks that are compared.
#[derive(Debug, Clone)]
pub struct Batch {
    /// Token ids: [T, B] of a recurrent network, [B, T] of an encoder or decoder.
    pub tokens: Vec<u32>,
    /// `[B]`: how many ids of each sequence are real. The rest of a row is padding: no token attends to it, no mean
    /// counts it, and it is not in the sum whose gradient is read, so a sequence shows what it shows alone. None where
    /// every id is read as a token.
    pub lengths: Option<Vec<usize>>,
    /// What is to be predicted after each id, in the same order, where it is given. Without it that is the next token of
    /// a recurrent network or of a sequence of a decoder, and nothing after the last one.
    pub targets: Option<Vec<u32>>,
    /// What metrics of further passes read, where it is given and not drawn.
    pub further: FurtherInputs,
    /// Standard normal noise, [T, B, E]; most metrics read none, so it is drawn when one does.
    noise: OnceLock<Vec<f64>>,
    /// T · B · E; 0 of an encoder.
    count: usize,
    /// Of the noise.
    seed: u32,
    /// How many different ids there are: counted once for all networks that are compared.
    distinct: OnceLock<usize>,
}

impl Batch {
    /// Ids [B, T] of sequences, of which so many are real; all where there are no lengths.
    pub fn of_sequences(tokens: Vec<u32>, lengths: Option<Vec<usize>>) -> Self {
        let (noise, distinct) = (OnceLock::new(), OnceLock::new());
        Self { tokens, lengths, targets: None, further: FurtherInputs::default(), noise, count: 0, seed: 0, distinct }
    }

    /// Ids [T, B] with noise of so many values: numpy's legacy generator, seeded, filled row by row, as published.
    pub fn with_seeded_noise(tokens: Vec<u32>, count: usize, seed: u32) -> Self {
        Self { count, seed, ..Self::of_sequences(tokens, None) }
    }

    /// Ids [T, B] and noise [T, B, E].
    pub fn with_noise(tokens: Vec<u32>, noise: Vec<f64>) -> Self {
        Self { count: noise.len(), noise: noise.into(), ..Self::of_sequences(tokens, None) }
    }

    /// Its first steps: what `tokens` ids and `noise` values take.
    pub fn first(&self, tokens: usize, noise: usize) -> Self {
        let drawn = self.noise.get().map_or_else(OnceLock::new, |all| all[..noise].to_vec().into());
        let first = Self::with_seeded_noise(self.tokens[..tokens].to_vec(), noise, self.seed);
        let targets = self.targets.as_ref().map(|all| all[..tokens].to_vec());
        Self { noise: drawn, targets, ..first }
    }

    /// The same with the next word of every token.
    #[must_use]
    pub fn with_targets(self, targets: Vec<u32>) -> Self {
        Self { targets: Some(targets), ..self }
    }

    /// The second batch; its targets are given, too.
    pub fn second(&self) -> Option<Self> {
        let [tokens, targets] = self.further.second.as_deref()?;
        Some(Self::of_sequences(tokens.clone(), None).with_targets(targets.clone()))
    }

    /// The same with what further passes read.
    #[must_use]
    pub fn with_further(self, further: FurtherInputs) -> Self {
        Self { further, ..self }
    }

    /// The samples of a recurrent network, `rows` of them, in two halves; none of a single one.
    pub fn halves_of_samples(&self, rows: usize) -> Option<[Self; 2]> {
        let half = rows / 2;
        let part = |samples: Range<usize>| {
            let of = |ids: &[u32]| ids.chunks(rows).flat_map(|step| &step[samples.clone()]).copied().collect();
            Self { targets: self.targets.as_deref().map(of), ..Self::of_sequences(of(&self.tokens), None) }
        };
        (half > 0).then(|| [part(0..half), part(half..rows)])
    }

    /// The sequences of an encoder or decoder in two halves, the first half of them and the others; none of a single
    /// one.
    pub fn halves_of_sequences(&self, sequence: usize) -> Option<[Self; 2]> {
        let half = self.tokens.len() / sequence / 2;
        let part = |rows: Range<usize>| {
            let ids = rows.start * sequence..rows.end * sequence;
            let lengths = self.lengths.as_ref().map(|lengths| lengths[rows].to_vec());
            let targets = self.targets.as_ref().map(|targets| targets[ids.clone()].to_vec());
            Self { targets, ..Self::of_sequences(self.tokens[ids].to_vec(), lengths) }
        };
        (half > 0).then(|| [part(0..half), part(half..self.tokens.len() / sequence)])
    }

    /// Number of noise values.
    pub fn noise_count(&self) -> usize {
        self.count
    }

    /// Standard normal noise, [T, B, E].
    pub fn noise(&self) -> &[f64] {
        self.noise.get_or_init(|| {
            let mut numpy = Numpy::from_seed(self.seed);
            (0..self.count).map(|_| numpy.normal()).collect()
        })
    }

    /// How many different ids are in it.
    pub fn distinct_tokens(&self) -> usize {
        *self.distinct.get_or_init(|| self.tokens.iter().collect::<HashSet<_>>().len())
    }

    /// The real ids of each sequence of an encoder or decoder, `[T]` or fewer.
    pub fn sequences(&self, sequence: usize) -> impl Iterator<Item = &[u32]> {
        let rows = self.tokens.chunks(sequence).enumerate();
        rows.map(|(index, row)| &row[..self.lengths.as_ref().map_or(row.len(), |lengths| lengths[index])])
    }
}
