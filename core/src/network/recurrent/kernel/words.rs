//! Tokens that repeat in a batch share one product with the first layer.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// The distinct tokens of a batch [T, B].
#[derive(Debug)]
pub struct DistinctTokens {
    /// Per distinct token, its first position.
    first: Vec<usize>,
    /// Per position, the index of its token among the distinct ones.
    indices: Vec<usize>,
}

impl DistinctTokens {
    /// The distinct ones of `ids` [T, B].
    pub fn new(ids: &[u32]) -> Self {
        let (mut known, mut first) = (HashMap::new(), Vec::new());
        let index = |(position, &id): (usize, &u32)| match known.entry(id) {
            Entry::Occupied(index) => *index.get(),
            Entry::Vacant(new) => {
                first.push(position);
                *new.insert(first.len() - 1)
            }
        };
        let indices = ids.iter().enumerate().map(index).collect();
        Self { first, indices }
    }

    /// Their number.
    pub fn count(&self) -> usize {
        self.first.len()
    }

    /// The index of the token at a position among the distinct ones.
    pub fn at(&self, position: usize) -> usize {
        self.indices[position]
    }

    /// One row per distinct token, [count, width], of rows [T, B, width] that are equal where the tokens are.
    pub fn rows(&self, all: &[f32]) -> Vec<f32> {
        let width = all.len() / self.indices.len();
        self.first.iter().flat_map(|position| &all[position * width..][..width]).copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::DistinctTokens;

    #[test]
    fn every_position_has_its_token() {
        let tokens = DistinctTokens::new(&[7, 2, 7, 9, 2]);
        assert_eq!((tokens.count(), [0, 1, 2, 3, 4].map(|position| tokens.at(position))), (3, [0, 1, 0, 2, 1]));
        assert_eq!(tokens.rows(&[7.0, 7.5, 2.0, 2.5, 7.0, 7.5, 9.0, 9.5, 2.0, 2.5]), [7.0, 7.5, 2.0, 2.5, 9.0, 9.5]);
    }
}
