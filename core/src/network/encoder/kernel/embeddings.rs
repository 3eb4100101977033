//! The embeddings of words, types and positions, looked up and summed on the host, whatever device computes the rest.

use crate::Result;
use crate::network::transformer::Scope;

/// What an encoder reads.
#[derive(Debug, Clone, Copy)]
pub struct EncoderInput<'b> {
    /// Ids, `[T]`.
    pub tokens: &'b [u32],
    /// Their types, `[T]`; empty where all have type 0, as in the published scorer.
    pub types: &'b [u8],
}

/// What an encoder begins with.
#[derive(Debug, Clone, Copy)]
pub enum EncoderStart<'b> {
    /// Tokens.
    Input(EncoderInput<'b>),
    /// Embedded words, [T, E], before the embeddings of positions and types are added; all have type 0.
    Words(&'b [f32]),
}

impl<'b> From<EncoderInput<'b>> for EncoderStart<'b> {
    fn from(input: EncoderInput<'b>) -> Self {
        Self::Input(input)
    }
}

/// A table of embeddings.
pub struct Table {
    /// The complete name of its weight, [rows, E].
    pub name: &'static str,
    /// The row that a token reads.
    row: fn(EncoderInput, usize) -> usize,
}

/// All of them.
pub const TABLES: [Table; 3] = [
    Table { name: "embeddings.word_embeddings.weight", row: |input, index| input.tokens[index] as usize },
    Table {
        name: "embeddings.token_type_embeddings.weight",
        row: |input, index| input.types.get(index).map_or(0, |&kind| kind.into()),
    },
    Table { name: "embeddings.position_embeddings.weight", row: |_, index| index },
];

/// The values of the tables.
pub struct Embeddings<'a> {
    tables: [&'a [f32]; 3],
    /// E.
    width: usize,
}

impl<'a> Embeddings<'a> {
    /// Those of a network.
    ///
    /// # Errors
    /// [`crate::Error::Weights`] where a table is missing.
    pub fn new(weights: Scope<'a>) -> Result<Self> {
        let [words, types, positions] = TABLES.map(|table| weights.shared().get(table.name));
        let words = words?;
        Ok(Self { tables: [&words.values, &types?.values, &positions?.values], width: words.shape[1] })
    }

    /// The sums of the three embeddings of every token, [T, E].
    pub fn sum(&self, start: EncoderStart) -> Vec<f32> {
        let input = match start {
            EncoderStart::Input(input) => input,
            EncoderStart::Words(words) => {
                let [_, types, positions] = self.tables;
                let added = positions.chunks(self.width).map(|position| position.iter().zip(&types[..self.width]));
                let tokens = words.chunks(self.width).zip(added);
                return tokens.flat_map(|(word, added)| word.iter().zip(added).map(|(w, (p, t))| w + t + p)).collect();
            }
        };
        let token = |index: usize| {
            let row = |number: usize| {
                let row = (TABLES[number].row)(input, index);
                &self.tables[number][row * self.width..][..self.width]
            };
            row(0).iter().zip(row(1)).zip(row(2)).map(|((word, kind), position)| word + kind + position)
        };
        (0..input.tokens.len()).flat_map(token).collect()
    }
}

impl Table {
    /// Adds to the gradient of the table, [rows, E], those of the sums of embeddings of sequences, [T, E] each.
    pub fn add<'b>(
        &self,
        gradient: &mut [f32],
        width: usize,
        sequences: impl Iterator<Item = (EncoderInput<'b>, &'b [f32])>,
    ) {
        for (input, embedded) in sequences {
            for (index, token) in embedded.chunks(width).enumerate() {
                let target = &mut gradient[(self.row)(input, index) * width..][..width];
                target.iter_mut().zip(token).for_each(|(sum, value)| *sum += value);
            }
        }
    }
}
