//! The `config.json` of a GPT-2, with the library's defaults; heads and widths may also be lists, one number a layer.

use serde::Deserialize;
use serde_json::Value;

use super::check::{head_size, wrong};
use super::fields::{PerLayer, activation, read as fields};
use super::{Biases, Decoder, Layer, Norm, Original, Position, Residual, Scale, Words};
use crate::Result;

#[derive(Deserialize)]
#[serde(default)]
struct Spelled {
    vocab_size: usize,
    #[serde(alias = "max_position_embeddings")]
    n_positions: usize,
    #[serde(alias = "hidden_size")]
    n_embd: usize,
    #[serde(alias = "num_hidden_layers")]
    n_layer: usize,
    #[serde(alias = "num_attention_heads")]
    n_head: PerLayer,
    n_inner: Option<PerLayer>,
    activation_function: String,
    layer_norm_epsilon: f64,
    initializer_range: f64,
    scale_attn_weights: bool,
    scale_attn_by_inverse_layer_idx: bool,
    add_cross_attention: bool,
    tie_word_embeddings: bool,
    position_embedding_type: Option<String>,
    /// As LTS has it where all words are one cluster: embeddings · √H, and a head with a bias.
    scaled_embeddings_and_head_bias: bool,
}

impl Default for Spelled {
    fn default() -> Self {
        Self {
            vocab_size: 50_257,
            n_positions: 1_024,
            n_embd: 768,
            n_layer: 12,
            n_head: PerLayer::All(12),
            n_inner: None,
            activation_function: "gelu_new".to_owned(),
            layer_norm_epsilon: 1e-5,
            initializer_range: 0.02,
            scale_attn_weights: true,
            scale_attn_by_inverse_layer_idx: false,
            add_cross_attention: false,
            tie_word_embeddings: true,
            position_embedding_type: None,
            scaled_embeddings_and_head_bias: false,
        }
    }
}

/// Width of the feed-forward layer where none is given, in widths of the decoder; GPT-Neo's, too.
pub(super) const FEED_FORWARD: usize = 4;

pub(super) fn read(json: Value) -> Result<Decoder> {
    let spelled: Spelled = fields(json)?;
    if spelled.add_cross_attention {
        return wrong("add_cross_attention", "there is no encoder that a decoder could attend to");
    }
    if let Some(kind) = spelled.position_embedding_type.filter(|kind| kind != "absolute") {
        return wrong("position_embedding_type", format!("positions of the kind '{kind}' are not known for GPT-2"));
    }
    let (width, count) = (spelled.n_embd, spelled.n_layer);
    let heads = spelled.n_head.of("n_head", count)?;
    let inner = spelled.n_inner.unwrap_or(PerLayer::All(FEED_FORWARD.saturating_mul(width))).of("n_inner", count)?;
    let layer = |(index, (&heads, &inner)): (usize, (&usize, &usize))| {
        Ok(Layer::full(heads, head_size(index, width, heads)?, inner))
    };
    let scale = match (spelled.scale_attn_weights, spelled.scale_attn_by_inverse_layer_idx) {
        (true, false) => Scale::HeadSize,
        (true, true) => Scale::HeadSizeAndDepth,
        (false, false) => Scale::One,
        (false, true) => {
            return wrong("scale_attn_by_inverse_layer_idx", "scores cannot be scaled by depth and not by head size");
        }
    };
    let special = spelled.scaled_embeddings_and_head_bias;
    Ok(Decoder {
        original: Original::Gpt2,
        vocabulary: spelled.vocab_size,
        positions: spelled.n_positions,
        width,
        layers: heads.iter().zip(&inner).enumerate().map(layer).collect::<Result<_>>()?,
        position: Position::Learned,
        norm: Norm::LayerBefore,
        epsilon: spelled.layer_norm_epsilon,
        residual: Residual::Sequential,
        scale,
        activation: activation(&spelled.activation_function)?,
        gated: false,
        biases: Biases::ALL,
        words: Words::Whole { tied: spelled.tie_word_embeddings, bias: special },
        scaled_words: special,
        deviation: spelled.initializer_range,
    })
}
