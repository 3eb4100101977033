//! The decoders of LTS, by the columns of its tables.

use serde::Deserialize;
use serde_json::Value;

use super::check::{head_size, wrong};
use super::fields::{PerLayer, read as fields};
use super::{Activation, Adaptive, Biases, Decoder, Layer, Norm, Original, Position, Residual, Scale, Words};
use crate::Result;

#[derive(Deserialize)]
struct Spelled {
    #[serde(alias = "vocab_size")]
    n_token: usize,
    tgt_len: usize,
    d_model: usize,
    /// −1 is the width of the layers.
    #[serde(default = "as_given")]
    d_embed: i64,
    /// −1 is the width of the layers over the number of heads.
    #[serde(default = "as_given")]
    d_head: i64,
    n_layer: usize,
    n_head: PerLayer,
    d_inner: PerLayer,
    #[serde(default)]
    cutoffs: Vec<usize>,
    div_val: usize,
    tie_projs: Option<Vec<bool>>,
    #[serde(default = "epsilon")]
    layer_norm_epsilon: f64,
}

/// First cutoff of the published vocabularies of which all clusters but the first tie their projections.
const TIED_FROM: usize = 19_997;

fn as_given() -> i64 {
    -1
}

fn epsilon() -> f64 {
    1e-5
}

impl Spelled {
    /// The clusters; the published cutoffs end with the number of words, and those beyond it are dropped.
    fn words(&self) -> Words {
        let cutoffs: Vec<usize> = self.cutoffs.iter().copied().filter(|&cutoff| cutoff < self.n_token).collect();
        let ties = cutoffs.first() == Some(&TIED_FROM);
        let tied = || (0..=cutoffs.len()).map(|cluster| ties && cluster > 0).collect();
        Words::Adaptive(Adaptive {
            embedding: usize::try_from(self.d_embed).unwrap_or(self.d_model),
            division: self.div_val,
            tied_projections: self.tie_projs.clone().unwrap_or_else(tied),
            cutoffs,
        })
    }

    fn layers(&self) -> Result<Vec<Layer>> {
        let heads = self.n_head.of("n_head", self.n_layer)?;
        let inner = self.d_inner.of("d_inner", self.n_layer)?;
        let layer = |(index, (&heads, &inner)): (usize, (&usize, &usize))| {
            let given = usize::try_from(self.d_head).ok();
            Ok(Layer::full(heads, given.map_or_else(|| head_size(index, self.d_model, heads), Ok)?, inner))
        };
        heads.iter().zip(&inner).enumerate().map(layer).collect()
    }
}

/// GPT-2 with heads and widths of their own in every layer.
pub(super) fn read_gpt2(json: Value) -> Result<Decoder> {
    let spelled: Spelled = fields(json)?;
    if spelled.d_head >= 0 {
        return wrong("d_head", "the heads of a GPT-2 are together as wide as the layer; it must be -1");
    }
    decoder(&spelled, Original::Gpt2)
}

/// Transformer-XL with heads and widths of their own in every layer.
pub(super) fn read_xl(json: Value) -> Result<Decoder> {
    decoder(&fields(json)?, Original::TransformerXl)
}

fn decoder(spelled: &Spelled, original: Original) -> Result<Decoder> {
    let is_xl = original == Original::TransformerXl;
    let without = Biases { query_key_value: false, attention_output: false, ..Biases::ALL };
    Ok(Decoder {
        original,
        vocabulary: spelled.n_token,
        positions: spelled.tgt_len,
        width: spelled.d_model,
        layers: spelled.layers()?,
        position: if is_xl { Position::Relative } else { Position::Learned },
        norm: if is_xl { Norm::LayerAfter } else { Norm::LayerBefore },
        epsilon: spelled.layer_norm_epsilon,
        residual: Residual::Sequential,
        scale: Scale::HeadSize,
        activation: if is_xl { Activation::Relu } else { Activation::GeluTanh },
        gated: false,
        biases: if is_xl { without } else { Biases::ALL },
        words: spelled.words(),
        scaled_words: true,
        deviation: 0.02,
    })
}
