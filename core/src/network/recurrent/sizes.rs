//! Sizes of a recurrent network and of the batch it reads.

use serde::{Deserialize, Serialize};

use crate::corpus::Shape;
use crate::observation::Needs;
use crate::space::recurrent::{Recipe, Source};
use crate::{Error, Result};

/// Sizes of a recurrent network and of the batch it reads. The last layer is as wide as the embedding it is tied to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Sizes {
    /// V: tokens of the vocabulary.
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

    /// Largest number of layers: the noised gradients of deeper networks are all zero or infinite.
    pub const MOST_LAYERS: usize = 64;

    /// Widths of the input and of the output of layer `layer`, counted from 0.
    pub fn widths(&self, layer: usize) -> (usize, usize) {
        let input = if layer == 0 { self.embedding } else { self.hidden };
        let output = if layer + 1 == self.layers { self.embedding } else { self.hidden };
        (input, output)
    }

    /// Trained parameters: the cells of all layers, the tied embedding, and the decoder's bias, as published.
    pub fn parameters(&self, recipe: &Recipe) -> usize {
        self.inner_parameters(recipe) + self.vocabulary * self.embedding + self.vocabulary
    }

    /// Parameters of the cells of all layers.
    pub fn inner_parameters(&self, recipe: &Recipe) -> usize {
        (0..self.layers).map(|layer| cell_parameters(recipe, self.widths(layer))).sum()
    }

    /// Every size with its name on the command line.
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

    /// Checks that a network of these sizes exists.
    ///
    /// # Errors
    /// [`Error::Size`] naming the size at fault.
    pub fn check(&self) -> Result<()> {
        if let Some((name, value)) = self.named().into_iter().find(|(_, value)| *value == 0) {
            return Err(Error::Size { name, value, problem: "must be at least 1".to_owned() });
        }
        if self.layers > Self::MOST_LAYERS {
            let problem = format!("at most {}", Self::MOST_LAYERS);
            return Err(Error::Size { name: "layers", value: self.layers, problem });
        }
        Ok(())
    }

    /// Checks that the network has every layer that is to be observed.
    ///
    /// # Errors
    /// [`Error::Size`] with the layer that is missing.
    pub fn check_layers(&self, needs: &Needs) -> Result<()> {
        let layer = needs.highest_layer();
        if layer > self.layers {
            let problem = format!("a metric reads layer {layer}");
            return Err(Error::Size { name: "layers", value: self.layers, problem });
        }
        Ok(())
    }

    /// Every size with its name on the command line, and the published value.
    pub(super) fn with_defaults(&self) -> [(&'static str, usize, usize); 6] {
        let defaults = Self::PUBLISHED.named();
        std::array::from_fn(|index| (self.named()[index].0, self.named()[index].1, defaults[index].1))
    }
}

/// Number of matrix and bias entries of a cell that reads `input` units and writes `output` units.
fn cell_parameters(recipe: &Recipe, (input, output): (usize, usize)) -> usize {
    let width = |source: &Source| source_width(*source, input, output);
    recipe.linears().map(|(_, node)| output + output * node.inputs.iter().map(width).sum::<usize>()).sum()
}

/// Width of a source in a cell that reads `input` and writes `width` units.
pub(super) fn source_width(source: Source, input: usize, width: usize) -> usize {
    if source == Source::Input { input } else { width }
}

impl From<&Sizes> for Shape {
    fn from(sizes: &Sizes) -> Self {
        Self { vocabulary: sizes.vocabulary, batch: sizes.batch, steps: sizes.steps }
    }
}
