//! Dropout of a recurrent network: what is dropped once for all steps of a window.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::network::recurrent::Sizes;
use crate::network::recurrent::tensors::tensors;
use crate::network::recurrent::training::Masks;
use crate::random::Mt19937;
use crate::space::recurrent::Recipe;

/// The shares that are dropped, between 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dropout {
    /// Of the words of the vocabulary that are read.
    pub words: f64,
    /// Of the embedded input.
    pub input: f64,
    /// Of the outputs of all layers but the last.
    pub layers: f64,
    /// Of the outputs of the last layer.
    pub output: f64,
    /// Of the entries of recurrent matrices.
    pub matrices: f64,
}

impl Dropout {
    /// Nothing is dropped.
    pub const NONE: Self = Self { words: 0.0, input: 0.0, layers: 0.0, output: 0.0, matrices: 0.0 };

    /// The masks of a window of `batch` streams. Each mask has a generator of its own, seeded with `seeds` and its
    /// number, so the masks do not depend on the number of threads.
    pub fn draw(&self, recipe: &Recipe, sizes: &Sizes, batch: usize, seeds: [u32; 3]) -> Masks {
        let mask = |rate: f64, count: usize, number: u32| {
            if rate == 0.0 {
                return Vec::new();
            }
            let [seed, low, high] = seeds;
            let mut mask = vec![0.0; count];
            let (edge, kept) = ((rate * f64::from(u32::MAX)) as u32, (1.0 / (1.0 - rate)) as f32);
            let mut engine = Mt19937::from_words(&[seed, low, high, number]);
            engine.fill(&mut mask, |word| if word < edge { 0.0 } else { kept });
            mask
        };
        let layers = sizes.layers as u32;
        let of_layer = |layer: u32| mask(self.layers, batch * sizes.widths(layer as usize).1, 3 + layer);
        let recurrent: Vec<usize> = tensors(recipe, sizes)
            .iter()
            .filter(|tensor| tensor.recurrent && self.matrices > 0.0)
            .map(|tensor| tensor.shape.iter().product())
            .collect();
        let of_matrix = |(index, &count): (usize, &usize)| mask(self.matrices, count, 3 + layers + index as u32);
        Masks {
            words: mask(self.words, sizes.vocabulary, 0),
            input: mask(self.input, batch * sizes.embedding, 1),
            output: mask(self.output, batch * sizes.embedding, 2),
            layers: (0..layers.saturating_sub(1)).map(of_layer).collect(),
            matrices: recurrent.par_iter().enumerate().map(of_matrix).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_follow_from_the_seeds_and_drop_the_share() {
        let recipe: Recipe =
            serde_json::from_str(r#"{"h_new_0": {"op": "linear", "input": ["x", "h_prev_0"]}}"#).unwrap();
        let sizes = Sizes { vocabulary: 30, embedding: 40, hidden: 50, layers: 2, ..Sizes::PUBLISHED };
        let dropout = Dropout { matrices: 0.1, input: 0.4, ..Dropout::NONE };
        let drawn = dropout.draw(&recipe, &sizes, 20, [1, 2, 0]);
        assert_eq!(drawn, dropout.draw(&recipe, &sizes, 20, [1, 2, 0]));
        assert_ne!(drawn, dropout.draw(&recipe, &sizes, 20, [1, 3, 0]));
        assert_eq!((drawn.words.len(), drawn.input.len(), drawn.output.len()), (0, 800, 0));
        assert_eq!(drawn.matrices.iter().map(Vec::len).collect::<Vec<_>>(), [2_500, 1_600]);
        let dropped = drawn.input.iter().filter(|&&factor| factor == 0.0).count();
        assert!((270..370).contains(&dropped), "{dropped} of 800");
        assert!(drawn.input.iter().all(|&factor| factor == 0.0 || (factor - 1.0 / 0.6).abs() < 1e-6));
    }
}
