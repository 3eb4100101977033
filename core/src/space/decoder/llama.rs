//! The `config.json` of a Llama, with the library's defaults.

use serde::Deserialize;
use serde_json::Value;

use super::check::head_size;
use super::fields::{Rope, activation, fields};
use super::{Biases, Decoder, Layer, MOST_LAYERS, Norm, Original, Position, Residual, Scale, Words};
use crate::Result;

#[derive(Deserialize)]
#[serde(default)]
struct Spelled {
    vocab_size: usize,
    max_position_embeddings: usize,
    hidden_size: usize,
    intermediate_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    num_key_value_heads: Option<usize>,
    head_dim: Option<usize>,
    hidden_act: String,
    rms_norm_eps: f64,
    initializer_range: f64,
    tie_word_embeddings: bool,
    attention_bias: bool,
    mlp_bias: bool,
    rope_theta: f64,
    rope_scaling: Option<Rope>,
    /// As newer versions of the library write it.
    rope_parameters: Option<Rope>,
}

impl Default for Spelled {
    fn default() -> Self {
        Self {
            vocab_size: 32_000,
            max_position_embeddings: 2_048,
            hidden_size: 4_096,
            intermediate_size: 11_008,
            num_hidden_layers: 32,
            num_attention_heads: 32,
            num_key_value_heads: None,
            head_dim: None,
            hidden_act: "silu".to_owned(),
            rms_norm_eps: 1e-6,
            initializer_range: 0.02,
            tie_word_embeddings: false,
            attention_bias: false,
            mlp_bias: false,
            rope_theta: 10_000.0,
            rope_scaling: None,
            rope_parameters: None,
        }
    }
}

impl Spelled {
    fn position(&self) -> Result<Position> {
        Rope::check([&self.rope_parameters, &self.rope_scaling])?;
        let theta = self.rope_parameters.as_ref().and_then(|rope| rope.rope_theta).unwrap_or(self.rope_theta);
        Ok(Position::Rotary { fraction: 1.0, theta })
    }
}

pub(super) fn read(json: Value) -> Result<Decoder> {
    let spelled: Spelled = fields(json)?;
    let (width, heads) = (spelled.hidden_size, spelled.num_attention_heads);
    let layer = Layer {
        heads,
        key_value_heads: spelled.num_key_value_heads.unwrap_or(heads),
        head_size: spelled.head_dim.map_or_else(|| head_size(0, width, heads), Ok)?,
        feed_forward: spelled.intermediate_size,
        window: None,
    };
    let attention = spelled.attention_bias;
    Ok(Decoder {
        original: Original::Llama,
        vocabulary: spelled.vocab_size,
        positions: spelled.max_position_embeddings,
        width,
        layers: vec![layer; spelled.num_hidden_layers.min(MOST_LAYERS + 1)],
        position: spelled.position()?,
        norm: Norm::RootMeanSquareBefore,
        epsilon: spelled.rms_norm_eps,
        residual: Residual::Sequential,
        scale: Scale::HeadSize,
        activation: activation(&spelled.hidden_act)?,
        gated: true,
        biases: Biases { query_key_value: attention, attention_output: attention, feed_forward: spelled.mlp_bias },
        words: Words::Whole { tied: spelled.tie_word_embeddings, bias: false },
        scaled_words: false,
        deviation: spelled.initializer_range,
    })
}
