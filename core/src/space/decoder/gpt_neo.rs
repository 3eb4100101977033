//! The `config.json` of a GPT-Neo, with the library's defaults.

use serde::Deserialize;
use serde_json::Value;

use super::check::{head_size, wrong};
use super::fields::{activation, read as fields};
use super::gpt2::FEED_FORWARD;
use super::{Biases, Decoder, Layer, MOST_LAYERS, Norm, Original, Position, Residual, Scale, Words};
use crate::{Result, nearest};

#[derive(Deserialize)]
#[serde(default)]
struct Spelled {
    vocab_size: usize,
    max_position_embeddings: usize,
    hidden_size: usize,
    #[serde(alias = "num_hidden_layers")]
    num_layers: usize,
    /// Kinds of attention in turn, and how often the turn is repeated.
    attention_types: Vec<(Vec<String>, usize)>,
    #[serde(alias = "num_attention_heads")]
    num_heads: usize,
    intermediate_size: Option<usize>,
    window_size: usize,
    activation_function: String,
    layer_norm_epsilon: f64,
    initializer_range: f64,
    tie_word_embeddings: bool,
}

const GLOBAL: &str = "global";
const LOCAL: &str = "local";

impl Default for Spelled {
    fn default() -> Self {
        Self {
            vocab_size: 50_257,
            max_position_embeddings: 2_048,
            hidden_size: 2_048,
            num_layers: 24,
            attention_types: vec![(vec![GLOBAL.to_owned(), LOCAL.to_owned()], 12)],
            num_heads: 16,
            intermediate_size: None,
            window_size: 256,
            activation_function: "gelu_new".to_owned(),
            layer_norm_epsilon: 1e-5,
            initializer_range: 0.02,
            tie_word_embeddings: true,
        }
    }
}

impl Spelled {
    /// Per layer: the tokens that it attends to, all where there is none.
    fn windows(&self) -> Result<Vec<Option<usize>>> {
        let repeated = |(turn, times): &(Vec<String>, usize)| turn.len().saturating_mul(*times);
        let listed = self.attention_types.iter().map(repeated).fold(0, usize::saturating_add);
        if listed != self.num_layers || listed > MOST_LAYERS {
            let problem = format!("{listed} kinds of attention for {} layers", self.num_layers);
            return wrong("attention_types", problem);
        }
        let kinds = self.attention_types.iter().flat_map(|(turn, times)| turn.iter().cycle().take(turn.len() * times));
        let window = |kind: &String| match kind.as_str() {
            GLOBAL => Ok(None),
            LOCAL => Ok(Some(self.window_size)),
            other => Err(nearest::unknown("kind of attention", other, [GLOBAL, LOCAL])),
        };
        kinds.map(window).collect()
    }
}

pub(super) fn read(json: Value) -> Result<Decoder> {
    let spelled: Spelled = fields(json)?;
    let (width, heads) = (spelled.hidden_size, spelled.num_heads);
    let size = head_size(0, width, heads)?;
    let inner = spelled.intermediate_size.unwrap_or(FEED_FORWARD.saturating_mul(width));
    let layer = |window| Layer { window, ..Layer::full(heads, size, inner) };
    Ok(Decoder {
        original: Original::GptNeo,
        vocabulary: spelled.vocab_size,
        positions: spelled.max_position_embeddings,
        width,
        layers: spelled.windows()?.into_iter().map(layer).collect(),
        position: Position::Learned,
        norm: Norm::LayerBefore,
        epsilon: spelled.layer_norm_epsilon,
        residual: Residual::Sequential,
        scale: Scale::One,
        activation: activation(&spelled.activation_function)?,
        gated: false,
        biases: Biases { query_key_value: false, ..Biases::ALL },
        words: Words::Whole { tied: spelled.tie_word_embeddings, bias: false },
        scaled_words: false,
        deviation: spelled.initializer_range,
    })
}
