//! Made-up text with structure that a network can learn, and that a reader who knows the source predicts best.
//!
//! Every word is drawn by Zipf's law with probability 1/4; is one of four successors of the word before with
//! probability 1/2; and one of two successors of the word before that with probability 1/4:
//!
//! ```text
//! P(v | a, b) = z(v) / 4 + Σ p₁[k] · [v = s₁(a, k)] + Σ p₂[k] · [v = s₂(b, k)]
//! ```
//!
//! Successors are drawn once from the seed, by Zipf's law, too. The best possible loss on a text is the mean of
//! −ln P over its words. A count of words reaches the entropy of their frequencies, a network without memory can learn
//! s₁, and only one that remembers a word can learn s₂.

use super::{Frequencies, frequency};
use crate::random::numpy::Numpy;

/// Probability of a word by Zipf's law.
const ZIPF: f64 = 0.25;

/// Probabilities of the successors: p₁ of the word before, then p₂ of the word before that.
const SUCCESSORS: [f64; 6] = [0.2, 0.15, 0.1, 0.05, 0.15, 0.1];

/// How many of them are successors of the word before.
const OF_LAST: usize = 4;

/// A source of text.
pub struct Source {
    frequencies: Frequencies,
    /// Per word: s₁, then s₂.
    successors: Vec<[u32; SUCCESSORS.len()]>,
}

/// A text, and what a reader who knows its source can reach.
#[derive(Debug, Clone, PartialEq)]
pub struct Sourced {
    /// Ids.
    pub ids: Vec<u32>,
    /// Mean of −ln P, in nats a word.
    pub best_loss: f64,
}

impl Source {
    /// A source of so many words.
    pub fn new(vocabulary: usize, seed: u32) -> Self {
        let frequencies = Frequencies::new(vocabulary);
        let mut numpy = Numpy::from_seed(seed);
        let successors = (0..vocabulary).map(|_| std::array::from_fn(|_| frequencies.rank(numpy.double()) as u32));
        Self { successors: successors.collect(), frequencies }
    }

    /// So many words from another seed.
    pub fn text(&self, words: usize, seed: u32) -> Sourced {
        let mut numpy = Numpy::from_seed(seed);
        let (mut ids, mut nats) = (Vec::with_capacity(words), 0.0);
        let mut last = [0, 0];
        for _ in 0..words {
            let candidates = self.candidates(last);
            let chosen = numpy.weighted(&weights());
            let id = match chosen.checked_sub(1) {
                Some(successor) => candidates[successor],
                None => self.frequencies.rank(numpy.double()) as u32,
            };
            nats -= self.probability(id, &candidates).ln();
            ids.push(id);
            last = [id, last[0]];
        }
        Sourced { ids, best_loss: nats / words as f64 }
    }

    /// The successors of the last word and of the one before.
    fn candidates(&self, [last, before]: [u32; 2]) -> [u32; SUCCESSORS.len()] {
        std::array::from_fn(|k| self.successors[if k < OF_LAST { last } else { before } as usize][k])
    }

    fn probability(&self, id: u32, candidates: &[u32; SUCCESSORS.len()]) -> f64 {
        let zipf = ZIPF * frequency(id as usize) / self.frequencies.total;
        let matching = candidates.iter().zip(SUCCESSORS).filter(|(candidate, _)| **candidate == id);
        zipf + matching.map(|(_, probability)| probability).sum::<f64>()
    }
}

/// Zipf's law first, then the successors.
fn weights() -> [f64; SUCCESSORS.len() + 1] {
    std::array::from_fn(|index| index.checked_sub(1).map_or(ZIPF, |successor| SUCCESSORS[successor]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Probabilities of all words sum to 1, whatever came before.
    #[test]
    fn probabilities_sum_to_one() {
        let source = Source::new(50, 3);
        for last in [[0, 0], [7, 40], [49, 1]] {
            let candidates = source.candidates(last);
            let sum: f64 = (0..50).map(|id| source.probability(id, &candidates)).sum();
            assert!((sum - 1.0).abs() < 1e-12, "{sum}");
        }
        assert!((weights().iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }

    /// With one word the loss is 0; a text knows its loss; another seed is another text with about the same one.
    #[test]
    fn texts_have_the_entropy_of_their_source() {
        assert!(Source::new(1, 0).text(9, 0).best_loss.abs() < 1e-12);
        let source = Source::new(1_000, 0);
        let (one, two) = (source.text(20_000, 1), source.text(20_000, 2));
        assert_eq!(one, source.text(20_000, 1));
        assert_ne!(one.ids, two.ids);
        assert!((one.best_loss - two.best_loss).abs() < 0.05, "{} and {}", one.best_loss, two.best_loss);
        assert!((2.0..3.5).contains(&one.best_loss), "{}", one.best_loss);
    }
}
