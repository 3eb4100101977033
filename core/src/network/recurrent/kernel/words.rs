//! Words that occur more than once in a batch: what is made of one alone is made once.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// The words of a batch [T, B].
#[derive(Debug)]
pub struct Words {
    /// Where each word stands first.
    first: Vec<usize>,
    /// Per place, which word stands there.
    at: Vec<usize>,
}

impl Words {
    /// The words of these ids.
    pub fn new(ids: &[u32]) -> Self {
        let (mut known, mut first) = (HashMap::new(), Vec::new());
        let word = |(place, &id): (usize, &u32)| match known.entry(id) {
            Entry::Occupied(word) => *word.get(),
            Entry::Vacant(new) => {
                first.push(place);
                *new.insert(first.len() - 1)
            }
        };
        let at = ids.iter().enumerate().map(word).collect();
        Self { first, at }
    }

    /// How many different ones there are.
    pub fn count(&self) -> usize {
        self.first.len()
    }

    /// Which one stands at a place.
    pub fn at(&self, place: usize) -> usize {
        self.at[place]
    }

    /// Of rows [T, B, width] one per word.
    pub fn rows(&self, all: &[f32]) -> Vec<f32> {
        let width = all.len() / self.at.len();
        self.first.iter().flat_map(|place| &all[place * width..][..width]).copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Words;

    #[test]
    fn every_place_finds_its_word() {
        let words = Words::new(&[7, 2, 7, 9, 2]);
        assert_eq!((words.count(), [0, 1, 2, 3, 4].map(|place| words.at(place))), (3, [0, 1, 0, 2, 1]));
        assert_eq!(words.rows(&[7.0, 7.5, 2.0, 2.5, 7.0, 7.5, 9.0, 9.5, 2.0, 2.5]), [7.0, 7.5, 2.0, 2.5, 9.0, 9.5]);
    }
}
