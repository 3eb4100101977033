//! The architecture of a decoder.

use serde::{Deserialize, Serialize};

use super::{Original, Words};

/// Largest number of layers of a decoder; the published ones have up to 36.
pub const MOST_LAYERS: usize = 1_000;

/// A decoder: a table of words, layers that read only what came before, and a head that predicts the next word.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decoder {
    /// Whose names and layout its weights have.
    pub original: Original,
    /// V: words.
    pub vocabulary: usize,
    /// Longest sequence: rows of the table of positions, where there is one.
    pub positions: usize,
    /// H: width of every layer.
    pub width: usize,
    /// Its layers, from the first to the last.
    pub layers: Vec<Layer>,
    /// How a token knows where it is.
    pub position: Position,
    /// The norms.
    pub norm: Norm,
    /// ε: added to the variance, or to the mean square, in every norm.
    pub epsilon: f64,
    /// How the halves of a layer are added up.
    pub residual: Residual,
    /// The factor of the scores of attention.
    pub scale: Scale,
    /// The activation of the feed-forward layers.
    pub activation: Activation,
    /// Whether the activation of one map is multiplied with another map of the same input (SwiGLU where it is SiLU).
    pub gated: bool,
    /// Which maps have a bias.
    pub biases: Biases,
    /// The table of words and the head.
    pub words: Words,
    /// Whether embeddings of words are multiplied with √H.
    pub scaled_words: bool,
    /// Standard deviation of the initial matrices.
    pub deviation: f64,
}

/// A layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layer {
    /// A: heads.
    pub heads: usize,
    /// Heads of keys and values, each of which serves as many heads of queries; A where nothing is shared.
    pub key_value_heads: usize,
    /// Width of a head.
    pub head_size: usize,
    /// Width of the feed-forward layer.
    pub feed_forward: usize,
    /// How many tokens a token attends to, itself the last of them; all before it where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<usize>,
}

/// How a token knows where it is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Position {
    /// A table of positions is added to the embeddings.
    Learned,
    /// The first entries of queries and keys are rotated by an angle that grows with the position (Su et al., 2021).
    Rotary {
        /// Share of a head that is rotated.
        fraction: f64,
        /// The longest wave is 2π times this long, nearly.
        theta: f64,
    },
    /// Scores depend on the distance, through a map of its sine and cosine (Transformer-XL).
    Relative,
}

/// The norms of a decoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Norm {
    /// Layer norm before each half of a layer, and after the last layer.
    LayerBefore,
    /// Layer norm after each half of a layer.
    LayerAfter,
    /// Division by the root of the mean square, before each half of a layer and after the last layer.
    RootMeanSquareBefore,
}

/// How the halves of a layer are added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Residual {
    /// The feed-forward layer reads what attention was added to.
    Sequential,
    /// Both read the input of the layer.
    Parallel,
}

/// The factor of the scores of attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// 1 / √d for heads of the width d.
    HeadSize,
    /// The same, divided by the number of the layer, counted from 1.
    HeadSizeAndDepth,
    /// 1.
    One,
}

/// The activation of the feed-forward layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// x · Φ(x).
    Gelu,
    /// The same with the hyperbolic tangent in the place of Φ's error function.
    GeluTanh,
    /// max(x, 0).
    Relu,
    /// x · sigmoid(x).
    Silu,
}

/// Which maps have a bias.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Biases {
    /// Those to queries, keys and values.
    pub query_key_value: bool,
    /// That of the mixed values.
    pub attention_output: bool,
    /// Those of the feed-forward layer.
    pub feed_forward: bool,
}

impl Biases {
    /// None.
    pub const NONE: Self = Self { query_key_value: false, attention_output: false, feed_forward: false };
    /// All of them.
    pub const ALL: Self = Self { query_key_value: true, attention_output: true, feed_forward: true };
}

impl Decoder {
    /// How many residual sums there are: two in a layer, or one where its halves run in parallel.
    pub fn blocks(&self) -> usize {
        self.layers.len() * if self.residual == Residual::Parallel { 1 } else { 2 }
    }
}

impl Layer {
    /// A layer in which no head is shared and every token before is attended to.
    pub fn full(heads: usize, head_size: usize, feed_forward: usize) -> Self {
        Self { heads, key_value_heads: heads, head_size, feed_forward, window: None }
    }

    /// Width of all queries together, and of what attention mixes: heads · head size.
    pub fn mixed(&self) -> usize {
        self.heads * self.head_size
    }

    /// Width of all keys together, as of all values.
    pub fn key_value(&self) -> usize {
        self.key_value_heads * self.head_size
    }
}

impl Scale {
    /// The factor in a layer, counted from 0, with heads of this width.
    pub fn of(self, layer: usize, head_size: usize) -> f32 {
        let root = (head_size as f32).sqrt();
        match self {
            Self::HeadSize => 1.0 / root,
            Self::HeadSizeAndDepth => 1.0 / (root * (layer + 1) as f32),
            Self::One => 1.0,
        }
    }
}

impl Norm {
    /// Whether it subtracts the mean and adds a bias.
    pub fn is_centred(self) -> bool {
        self != Self::RootMeanSquareBefore
    }

    /// Whether it stands before each half of a layer, and one more after the last layer.
    pub fn is_before(self) -> bool {
        self != Self::LayerAfter
    }
}

impl Position {
    /// How many entries of a head of this width are rotated.
    pub fn rotated(self, head_size: usize) -> usize {
        match self {
            Self::Rotary { fraction, .. } => (fraction * head_size as f64) as usize,
            Self::Learned | Self::Relative => 0,
        }
    }
}
