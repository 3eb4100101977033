//! The `config.json` of a GPT-NeoX, such as Pythia, with the library's defaults.

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
    hidden_act: String,
    layer_norm_eps: f64,
    initializer_range: f64,
    tie_word_embeddings: bool,
    attention_bias: bool,
    use_parallel_residual: bool,
    rotary_pct: f64,
    rotary_emb_base: f64,
    rope_scaling: Option<Rope>,
    /// As newer versions of the library write it.
    rope_parameters: Option<Rope>,
}

impl Default for Spelled {
    fn default() -> Self {
        Self {
            vocab_size: 50_432,
            max_position_embeddings: 2_048,
            hidden_size: 6_144,
            intermediate_size: 24_576,
            num_hidden_layers: 44,
            num_attention_heads: 64,
            hidden_act: "gelu".to_owned(),
            layer_norm_eps: 1e-5,
            initializer_range: 0.02,
            tie_word_embeddings: false,
            attention_bias: true,
            use_parallel_residual: true,
            rotary_pct: 0.25,
            rotary_emb_base: 10_000.0,
            rope_scaling: None,
            rope_parameters: None,
        }
    }
}

impl Spelled {
    fn position(&self) -> Result<Position> {
        Rope::check([&self.rope_parameters, &self.rope_scaling])?;
        let newer = self.rope_parameters.as_ref();
        let fraction = newer.and_then(|rope| rope.partial_rotary_factor).unwrap_or(self.rotary_pct);
        let theta = newer.and_then(|rope| rope.rope_theta).unwrap_or(self.rotary_emb_base);
        Ok(Position::Rotary { fraction, theta })
    }
}

pub(super) fn read(json: Value) -> Result<Decoder> {
    let spelled: Spelled = fields(json)?;
    let (width, heads) = (spelled.hidden_size, spelled.num_attention_heads);
    let layer = Layer::full(heads, head_size(0, width, heads)?, spelled.intermediate_size);
    let attention = spelled.attention_bias;
    Ok(Decoder {
        original: Original::GptNeoX,
        vocabulary: spelled.vocab_size,
        positions: spelled.max_position_embeddings,
        width,
        layers: vec![layer; spelled.num_hidden_layers.min(MOST_LAYERS + 1)],
        position: spelled.position()?,
        norm: Norm::LayerBefore,
        epsilon: spelled.layer_norm_eps,
        residual: if spelled.use_parallel_residual { Residual::Parallel } else { Residual::Sequential },
        scale: Scale::HeadSize,
        activation: activation(&spelled.hidden_act)?,
        gated: false,
        biases: Biases { query_key_value: attention, attention_output: attention, feed_forward: true },
        words: Words::Whole { tied: spelled.tie_word_embeddings, bias: false },
        scaled_words: false,
        deviation: spelled.initializer_range,
    })
}
