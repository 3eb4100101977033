//! The configuration of an encoder.

use crate::{Error, Result};

/// Largest number of layers of an encoder; the published ones have 2 or 4.
pub const MOST_LAYERS: usize = 1_000;

/// Largest number of feed-forward layers in a layer; the published ones have 1 or 3.
const MOST_FEED_FORWARD_LAYERS: usize = 1_000;

/// An encoder, without the sizes that all of the space share: those of the embeddings and the length of a sequence.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Configuration {
    /// H: width of every layer.
    pub hidden: usize,
    /// Its layers, from the first to the last.
    pub layers: Vec<Layer>,
}

/// A layer: an operation that mixes tokens, then feed-forward layers applied to each token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Layer {
    /// How tokens are mixed.
    pub operation: Operation,
    /// A: heads.
    pub heads: usize,
    /// Width of the feed-forward layers.
    pub feed_forward: usize,
    /// Number of feed-forward layers.
    pub feed_forward_layers: usize,
}

/// How a layer mixes tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Self-attention (SA).
    Attention(Similarity),
    /// A linear transform over sequence and features, without weights (LT).
    Transform(Basis),
    /// Span-dynamic convolution of ConvBERT (Jiang et al., 2020), with half of the heads, next to attention (DSC).
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
    /// Weighted multiplicative attention: the query is multiplied with a second matrix (WMA).
    WeightedMultiplicative,
}

/// The basis of a linear transform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Basis {
    /// Real part of the discrete Fourier transform (DFT).
    Fourier,
    /// Discrete cosine transform (DCT).
    Cosine,
}

impl Configuration {
    /// The encoder that the published scorer built from it: with widths of 256 and, in the feed-forward layers, 1,024
    /// instead of those of the configuration.
    #[must_use]
    pub fn as_published(&self) -> Self {
        let layers = self.layers.iter().map(|layer| Layer { feed_forward: 1_024, ..*layer }).collect();
        Self { hidden: 256, layers }
    }

    /// What its training in the published benchmark depends on: its width, and heads and feed-forward layers of each
    /// layer. The released training code ignores the operations, and gives the first feed-forward layer a fixed width:
    /// that of the configuration counts only for further ones.
    pub fn trained(&self) -> (usize, Vec<(usize, usize, Option<usize>)>) {
        let further = |layer: &Layer| (layer.feed_forward_layers > 1).then_some(layer.feed_forward);
        let layer = |layer: &Layer| (layer.heads, layer.feed_forward_layers, further(layer));
        (self.hidden, self.layers.iter().map(layer).collect())
    }

    /// Checks that such an encoder exists.
    ///
    /// # Errors
    /// [`Error::Configuration`] with the layer at fault.
    pub fn check(&self) -> Result<()> {
        let wrong = |place: String, problem: String| Err(Error::Configuration { place, problem });
        if !(1..=MOST_LAYERS).contains(&self.layers.len()) {
            let problem = format!("{} layers; there must be 1 to {MOST_LAYERS}", self.layers.len());
            return wrong("encoder_layers".into(), problem);
        }
        if self.hidden == 0 {
            return wrong("hidden_size".into(), "must be at least 1".into());
        }
        for (index, layer) in self.layers.iter().enumerate() {
            if let Some(problem) = layer.problem(self.hidden) {
                return wrong(format!("layer {}", index + 1), problem);
            }
        }
        Ok(())
    }
}

impl Layer {
    fn problem(&self, hidden: usize) -> Option<String> {
        let Self { operation, heads, feed_forward, feed_forward_layers } = *self;
        match operation {
            _ if heads == 0 || !hidden.is_multiple_of(heads) => {
                Some(format!("{heads} heads do not divide a hidden size of {hidden}"))
            }
            _ if feed_forward == 0 => Some("feed_forward_dimension must be at least 1".to_owned()),
            _ if feed_forward_layers == 0 => Some("num_feed_forward must be at least 1".to_owned()),
            _ if feed_forward_layers > MOST_FEED_FORWARD_LAYERS => Some(format!(
                "{feed_forward_layers} feed-forward layers; there must be 1 to {MOST_FEED_FORWARD_LAYERS}"
            )),
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
