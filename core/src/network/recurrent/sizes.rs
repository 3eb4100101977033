//! How large a network is, and how much it reads.

use serde::{Deserialize, Serialize};

use super::weights::source_width;
use crate::space::recurrent::{Recipe, Source};
use crate::{Error, Result};

/// Sizes of a recurrent network and of the batch it reads. The last layer is as wide as the embedding it is tied to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Sizes {
    /// V: words.
    pub vocabulary: usize,
    /// E: width of the embedding and of the last layer.
    pub embedding: usize,
    /// H: width of every other layer.
    pub hidden: usize,
    /// L: layers.
    pub layers: usize,
    /// B: samples.
    pub batch: usize,
    /// T: steps.
    pub steps: usize,
}

impl Default for Sizes {
    /// The published ones.
    fn default() -> Self {
        Self::PUBLISHED
    }
}

impl Sizes {
    /// The sizes the published scores were computed with.
    pub const PUBLISHED: Self =
        Self { vocabulary: 10_000, embedding: 400, hidden: 600, layers: 3, batch: 50, steps: 70 };

    /// Largest number of layers: the noised gradients of deeper stacks are all zero or infinite.
    pub const MOST_LAYERS: usize = 64;

    /// Width of what layer `layer` (from 0) reads and of what it writes.
    pub fn widths(&self, layer: usize) -> (usize, usize) {
        let input = if layer == 0 { self.embedding } else { self.hidden };
        let output = if layer + 1 == self.layers { self.embedding } else { self.hidden };
        (input, output)
    }

    /// Trained parameters: the cells of all layers, the tied embedding, and the decoder's bias, as published.
    pub fn parameters(&self, recipe: &Recipe) -> usize {
        let cells: usize = (0..self.layers).map(|layer| cell_parameters(recipe, self.widths(layer))).sum();
        cells + self.vocabulary * self.embedding + self.vocabulary
    }

    /// Every size with its name as typed.
    fn named(&self) -> [(&'static str, usize); 6] {
        let Self { vocabulary, embedding, hidden, layers, batch, steps } = *self;
        [
            ("vocabulary-size", vocabulary),
            ("embedding", embedding),
            ("hidden", hidden),
            ("layers", layers),
            ("batch", batch),
            ("steps", steps),
        ]
    }

    /// Checks that there is such a network and that it fits into `memory` bytes.
    ///
    /// # Errors
    /// [`Error::Size`] naming the size at fault.
    pub fn check(&self, recipe: &Recipe, memory: usize) -> Result<()> {
        let named = self.named();
        if let Some(&(name, value)) = named.iter().find(|(_, value)| *value == 0) {
            return Err(Error::Size { name, value, problem: "must be at least 1".to_owned() });
        }
        if self.layers > Self::MOST_LAYERS {
            let problem = format!("at most {}", Self::MOST_LAYERS);
            return Err(Error::Size { name: "layers", value: self.layers, problem });
        }
        match self.bytes(recipe) {
            Some(bytes) if bytes <= memory => Ok(()),
            bytes => {
                let usual = Self::PUBLISHED.named().map(|(_, value)| value);
                let unusual = named.into_iter().zip(usual).max_by_key(|((_, value), usual)| value / usual);
                let (name, value) = unusual.map_or(("hidden", 0), |(named, _)| named);
                let needed =
                    bytes.map_or("more than can be counted".to_owned(), |bytes| format!("about {}", gib(bytes)));
                Err(Error::Size {
                    name,
                    value,
                    problem: format!("the network needs {needed}; there is {}", gib(memory)),
                })
            }
        }
    }

    /// An upper bound of the memory that all metrics need at once, in bytes: the weights in two layouts; the embedding;
    /// noise in f64; four passes, of which each keeps every node and every product with `x` at every step; second
    /// moments of units and of samples.
    fn bytes(&self, recipe: &Recipe) -> Option<usize> {
        let widest = self.embedding.max(self.hidden);
        let matrices = recipe.linears().map(|(_, node)| node.inputs.len()).sum::<usize>();
        let weights = widest.checked_mul(widest)?.checked_mul(3 * matrices)?.checked_mul(self.layers)?;
        let embedding = self.vocabulary.checked_mul(self.embedding)?;
        let state = self.batch.checked_mul(self.steps)?.checked_mul(widest)?;
        let kept = recipe.nodes().len() + recipe.linears().count() + 3;
        let passes = state.checked_mul(kept)?.checked_mul(self.layers)?.checked_mul(4)?;
        let split = state.checked_mul(matrices + 8)?;
        let moments = widest.checked_mul(widest)?.checked_mul(2 * self.layers + 4)?;
        let samples = self.batch.checked_mul(self.batch)?.checked_mul(24)?;
        let parts = [embedding, passes, split, moments, samples];
        parts.into_iter().try_fold(weights, usize::checked_add)?.checked_mul(4)
    }
}

/// Entries of the matrices and biases of one layer's cell that reads `input` and writes `output` units.
fn cell_parameters(recipe: &Recipe, (input, output): (usize, usize)) -> usize {
    let width = |source: &Source| source_width(*source, input, output);
    recipe.linears().map(|(_, node)| output + output * node.inputs.iter().map(width).sum::<usize>()).sum()
}

fn gib(bytes: usize) -> String {
    format!("{:.1} GiB", bytes as f64 / f64::from(1 << 30))
}
