//! Which activations are on, as bits: c = 1 where what an activation reads is above zero.

use std::collections::HashSet;

use faer::Mat;

/// Bits of a word.
const BITS: usize = 64;

/// Per token, one bit for every unit: a feature of an activation.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Codes {
    /// Of all tokens, sequence by sequence. The last word of each activation may not be full.
    rows: Vec<Vec<u64>>,
    /// Tokens of each sequence.
    lengths: Vec<usize>,
    /// Features of each activation.
    features: Vec<usize>,
    /// Whether a value is NaN, which has no sign.
    nan: bool,
}

impl Codes {
    /// Codes of so many tokens of one sequence, without units yet.
    pub fn new(tokens: usize) -> Self {
        Self { rows: vec![Vec::new(); tokens], lengths: vec![tokens], ..Self::default() }
    }

    /// Adds an activation that reads `values`, [tokens, F].
    pub fn add(&mut self, values: &[f32]) {
        let features = values.len() / self.rows.len().max(1);
        self.features.push(features);
        self.nan |= values.iter().any(|value| value.is_nan());
        for (row, values) in self.rows.iter_mut().zip(values.chunks(features.max(1))) {
            row.extend(values.chunks(BITS).map(signs));
        }
    }

    /// Adds later sequences of the same network.
    pub fn append(&mut self, later: Self) {
        self.rows.extend(later.rows);
        self.lengths.extend(later.lengths);
        self.nan |= later.nan;
    }

    /// Whether a value is NaN.
    pub fn has_nan(&self) -> bool {
        self.nan
    }

    /// [n, n]: in how many units two tokens agree; `None` where two agree in all of them.
    pub fn of_tokens(&self) -> Option<Mat<f64>> {
        let distinct: HashSet<&[u64]> = self.rows.iter().map(Vec::as_slice).collect();
        if distinct.len() < self.rows.len() {
            return None;
        }
        let units = self.units();
        let agreement = |a: usize, b: usize| (units - differing(&self.rows[a], &self.rows[b])) as f64;
        Some(symmetric(self.rows.len(), agreement))
    }

    /// [B, B]: in how many units of all tokens two sequences agree; as far as the shortest of all reaches.
    pub fn of_sequences(&self) -> Mat<f64> {
        let (sequences, units) = (self.sequences(), self.units());
        let agreement = |a: usize, b: usize| {
            let pairs = sequences[a].iter().zip(sequences[b]);
            pairs.map(|(a, b)| (units - differing(a, b)) as f64).sum()
        };
        symmetric(sequences.len(), agreement)
    }

    /// How many patterns of sequences there are among the units of all tokens, as far as the shortest sequence reaches.
    pub fn patterns(&self) -> usize {
        let sequences = self.sequences();
        let mut found: HashSet<Vec<u64>> = HashSet::new();
        for token in 0..sequences.first().map_or(0, |rows| rows.len()) {
            let mut first = 0;
            for features in &self.features {
                for unit in 0..*features {
                    let (word, bit) = (first + unit / BITS, unit % BITS);
                    let mut pattern = vec![0; sequences.len().div_ceil(BITS)];
                    for (sequence, rows) in sequences.iter().enumerate() {
                        pattern[sequence / BITS] |= (rows[token][word] >> bit & 1) << (sequence % BITS);
                    }
                    found.insert(pattern);
                }
                first += features.div_ceil(BITS);
            }
        }
        found.len()
    }

    /// U: features of all activations.
    fn units(&self) -> usize {
        self.features.iter().sum()
    }

    /// The rows of every sequence, as many as the shortest has.
    fn sequences(&self) -> Vec<&[Vec<u64>]> {
        let shortest = self.lengths.iter().copied().min().unwrap_or(0);
        let mut first = 0;
        let rows = self.lengths.iter().map(|length| {
            let rows = &self.rows[first..][..shortest];
            first += length;
            rows
        });
        rows.collect()
    }
}

/// The signs of up to 64 values as bits.
pub fn signs(values: &[f32]) -> u64 {
    values.iter().enumerate().fold(0, |word, (bit, &value)| word | (u64::from(value > 0.0) << bit))
}

fn differing(a: &[u64], b: &[u64]) -> usize {
    a.iter().zip(b).map(|(a, b)| (a ^ b).count_ones() as usize).sum()
}

/// A symmetric matrix of which only the lower triangle is computed.
fn symmetric(size: usize, value: impl Fn(usize, usize) -> f64) -> Mat<f64> {
    let mut matrix = Mat::zeros(size, size);
    for row in 0..size {
        for column in 0..=row {
            matrix[(row, column)] = value(row, column);
            matrix[(column, row)] = matrix[(row, column)];
        }
    }
    matrix
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two sequences of two tokens and one activation of two features: c = 11, 10 and 01, 10. Tokens 11 and 01 agree in
    /// one unit of two, 10 and 10 in both. Columns of sequences: (1,0), (1,1), (1,1), (0,0).
    #[test]
    fn codes_of_two_sequences() {
        let of = |values: &[f32]| {
            let mut codes = Codes::new(2);
            codes.add(values);
            codes
        };
        let mut codes = of(&[1.0, 2.0, 0.5, -1.0]);
        codes.append(of(&[-1.0, 2.0, 0.5, 0.0]));
        assert_eq!(codes.of_sequences(), Mat::from_fn(2, 2, |i, j| if i == j { 4.0 } else { 3.0 }));
        assert_eq!(codes.of_tokens(), None);
        assert_eq!(codes.patterns(), 3);
        assert_eq!(of(&[1.0, 2.0, 0.5, -1.0]).of_tokens().unwrap()[(1, 0)], 1.0);
    }
}
