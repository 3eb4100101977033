//! What an encoder is.

use serde::{Deserialize, Serialize};

use super::spelled::Spelled;
use crate::error::without_place;
use crate::text::without_mark;
use crate::{Error, Result};

/// Most layers of an encoder; the published ones have 2 or 4.
pub const MOST_LAYERS: usize = 1_000;

/// Most feed-forward stacks of a layer; the published ones have 1 or 3.
const MOST_STACKS: usize = 1_000;

/// An encoder, but for what all of the space share: the embeddings and the length of a sequence.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Spelled", into = "Spelled")]
pub struct Configuration {
    /// H: width of every layer.
    pub hidden: usize,
    /// From the first to the last.
    pub layers: Vec<Layer>,
}

/// A layer: tokens are mixed, then each goes through the feed-forward stacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Layer {
    /// How tokens are mixed.
    pub operation: Operation,
    /// A: heads.
    pub heads: usize,
    /// Width of the feed-forward stacks.
    pub feed_forward: usize,
    /// Feed-forward stacks.
    pub stacks: usize,
}

/// How a layer mixes tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Self-attention (SA).
    Attention(Similarity),
    /// A linear transform over sequence and features, without weights (LT).
    Transform(Basis),
    /// Span-dynamic convolution of ConvBERT (Jiang et al., 2020), half of the heads beside attention (DSC).
    Convolution {
        /// Tokens a kernel spans; odd.
        kernel: usize,
    },
}

/// How attention compares query and key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Similarity {
    /// Scaled dot product (SDP).
    ScaledDotProduct,
    /// Weighted multiplicative attention: the query passes a further matrix (WMA).
    WeightedMultiplicative,
}

/// What tokens are transformed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Basis {
    /// Real part of the discrete Fourier transform (DFT).
    Fourier,
    /// Discrete cosine transform (DCT).
    Cosine,
}

impl Configuration {
    /// Reads JSON: `{"hidden_size": .., "nas_config": {"encoder_layers": [..]}}`.
    ///
    /// # Errors
    /// [`Error::Configuration`] with the layer, or the line and column, at fault.
    pub fn from_json(text: &str) -> Result<Self> {
        let spelled: Spelled = serde_json::from_str(without_mark(text)).map_err(|error| {
            let place = format!("line {} column {}", error.line(), error.column());
            Error::Configuration { place, problem: without_place(&error) }
        })?;
        spelled.try_into()
    }

    /// What the published scorer made of it: 256 wide, with feed-forward stacks of 1,024, whatever it says.
    #[must_use]
    pub fn as_published(&self) -> Self {
        let layers = self.layers.iter().map(|layer| Layer { feed_forward: 1_024, ..*layer }).collect();
        Self { hidden: 256, layers }
    }

    /// What decides how it trains in the published benchmark: its width, and heads and feed-forward stacks of each layer.
    /// The released training code passes over the operations, and gives the first stack a width of its own: that of the
    /// configuration counts only where further stacks follow.
    pub fn trained(&self) -> (usize, Vec<(usize, usize, Option<usize>)>) {
        let further = |layer: &Layer| (layer.stacks > 1).then_some(layer.feed_forward);
        (self.hidden, self.layers.iter().map(|layer| (layer.heads, layer.stacks, further(layer))).collect())
    }

    /// Checks that there is such an encoder.
    ///
    /// # Errors
    /// [`Error::Configuration`] with the layer at fault.
    pub fn check(&self) -> Result<()> {
        let wrong = |place: String, problem: String| Err(Error::Configuration { place, problem });
        if !(1..=MOST_LAYERS).contains(&self.layers.len()) {
            return wrong("encoder_layers".into(), format!("{} layers; 1 to {MOST_LAYERS} can be", self.layers.len()));
        }
        if self.hidden == 0 {
            return wrong("hidden_size".into(), "must be at least 1".into());
        }
        for (at, layer) in self.layers.iter().enumerate() {
            if let Some(problem) = layer.problem(self.hidden) {
                return wrong(format!("layer {}", at + 1), problem);
            }
        }
        Ok(())
    }
}

impl Layer {
    fn problem(&self, hidden: usize) -> Option<String> {
        let Self { operation, heads, feed_forward, stacks } = *self;
        match operation {
            _ if heads == 0 || !hidden.is_multiple_of(heads) => {
                Some(format!("{heads} heads do not divide a hidden size of {hidden}"))
            }
            _ if feed_forward == 0 => Some("feed_forward_dimension must be at least 1".to_owned()),
            _ if stacks == 0 => Some("num_feed_forward must be at least 1".to_owned()),
            _ if stacks > MOST_STACKS => Some(format!("{stacks} feed-forward stacks; 1 to {MOST_STACKS} can be")),
            Operation::Convolution { kernel } if kernel.is_multiple_of(2) => {
                Some(format!("a kernel of {kernel} tokens has no middle; it must be odd"))
            }
            Operation::Convolution { .. } if !heads.is_multiple_of(2) => {
                Some(format!("half of {heads} heads convolve; their number must be even"))
            }
            _ => None,
        }
    }
}
