//! What a network reads: token ids, and the noise of the noised metrics or the lengths of padded sequences.

use std::collections::HashSet;
use std::sync::OnceLock;

use crate::random::numpy::Numpy;

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
        Self { tokens, lengths, targets: None, noise, count: 0, seed: 0, distinct }
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
