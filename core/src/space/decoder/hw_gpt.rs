//! The decoders of HW-GPT-Bench, by the columns of its tables: GPT-NeoX blocks whose heads have one width, whatever
//! that of the layers.

use serde::Deserialize;
use serde_json::Value;

use super::fields::{PerLayer, read as fields};
use super::{Activation, Biases, Decoder, Layer, Norm, Original, Position, Residual, Scale, Words};
use crate::Result;

#[derive(Deserialize)]
struct Spelled {
    #[serde(default = "vocabulary")]
    vocab_size: usize,
    #[serde(default = "positions")]
    n_positions: usize,
    #[serde(alias = "embed_dim")]
    n_embd: usize,
    n_layer: usize,
    n_head: PerLayer,
    mlp_ratio: PerLayer,
    #[serde(default = "head_size")]
    head_size: usize,
    bias: bool,
    #[serde(default = "rotary_percentage")]
    rotary_percentage: f64,
    #[serde(default = "parallel_residual")]
    parallel_residual: bool,
    #[serde(default = "epsilon")]
    layer_norm_epsilon: f64,
}

fn vocabulary() -> usize {
    50_254
}

fn positions() -> usize {
    1_024
}

fn head_size() -> usize {
    64
}

fn rotary_percentage() -> f64 {
    0.5
}

fn parallel_residual() -> bool {
    true
}

fn epsilon() -> f64 {
    1e-5
}

pub(super) fn read(json: Value) -> Result<Decoder> {
    let spelled: Spelled = fields(json)?;
    let heads = spelled.n_head.of("n_head", spelled.n_layer)?;
    let ratios = spelled.mlp_ratio.of("mlp_ratio", spelled.n_layer)?;
    let layer = |(&heads, &ratio): (&usize, &usize)| {
        Layer::full(heads, spelled.head_size, spelled.n_embd.saturating_mul(ratio))
    };
    Ok(Decoder {
        original: Original::HwGpt,
        vocabulary: spelled.vocab_size,
        positions: spelled.n_positions,
        width: spelled.n_embd,
        layers: heads.iter().zip(&ratios).map(layer).collect(),
        position: Position::Rotary { fraction: spelled.rotary_percentage, theta: 10_000.0 },
        norm: Norm::LayerBefore,
        epsilon: spelled.layer_norm_epsilon,
        residual: if spelled.parallel_residual { Residual::Parallel } else { Residual::Sequential },
        scale: Scale::HeadSize,
        activation: Activation::Gelu,
        gated: false,
        biases: if spelled.bias { Biases::ALL } else { Biases::NONE },
        words: Words::Whole { tied: true, bias: false },
        scaled_words: false,
        deviation: 0.02,
    })
}
