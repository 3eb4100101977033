//! Gradients of all weights of small decoders against central differences, and what a token may depend on.

use super::{Sequence, hidden};
use crate::network::decoder::from_seed;
use crate::network::decoder::training::{DropoutRates, Dropouts, gradients};
use crate::network::transformer::Weights;
use crate::random::Placed;
use crate::space::decoder::{Activation, Decoder};

/// What every entry of a weight is moved by.
const STEP: f32 = 1e-3;

/// Of the loss in f32, over the step.
const NOISE: f64 = 1e-3;

const TOKENS: [[u32; 6]; 2] = [[1, 10, 3, 7, 4, 0], [5, 2, 9, 9, 8, 6]];

/// Grouped heads that are wider than their share; a window and a head of its own; parallel halves; clusters of one
/// table with a projection, tied in part; clusters of their own tables with distances.
const SMALL: [&str; 5] = [
    r#"{"model_type": "llama", "vocab_size": 11, "hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 4,
        "num_key_value_heads": 2, "head_dim": 4, "intermediate_size": 12, "initializer_range": 0.4,
        "attention_bias": true, "mlp_bias": true}"#,
    r#"{"model_type": "gpt_neo", "vocab_size": 11, "hidden_size": 8, "num_layers": 2, "num_heads": 2,
        "attention_types": [[["global", "local"], 1]], "window_size": 2, "initializer_range": 0.4,
        "tie_word_embeddings": false, "max_position_embeddings": 7}"#,
    r#"{"model": "hw_gpt", "vocab_size": 11, "n_embd": 8, "n_layer": 2, "n_head": [2, 1], "mlp_ratio": [2, 3],
        "head_size": 4, "bias": true}"#,
    r#"{"model": "lts_gpt2", "n_token": 11, "tgt_len": 6, "d_model": 8, "d_embed": 4, "n_layer": 2, "n_head": [2, 4],
        "d_inner": [9, 7], "cutoffs": [4, 8], "div_val": 1, "tie_projs": [false, true, true]}"#,
    r#"{"model": "lts_xl", "n_token": 11, "tgt_len": 6, "d_model": 8, "d_embed": 4, "n_layer": 2, "n_head": [2, 4],
        "d_inner": [9, 7], "cutoffs": [4, 8], "div_val": 2, "tie_projs": [false, true, false]}"#,
];

/// The decoder, its weights made large enough for their gradients to be.
fn small(json: &str) -> (Decoder, Weights) {
    let mut decoder = Decoder { deviation: 0.4, ..Decoder::from_json(json).unwrap() };
    // A difference quotient over a kink is no derivative.
    if decoder.activation == Activation::Relu {
        decoder.activation = Activation::Gelu;
    }
    let mut weights = from_seed(&decoder, 1);
    let source = Placed::from_seed(2);
    for (place, (_, array)) in weights.iter_mut().enumerate() {
        let source = source.at(place as u64);
        let values = array.values.iter_mut().enumerate();
        values.for_each(|(index, value)| *value += 0.2 * (source.uniform(index as u32) as f32 - 0.5));
    }
    (decoder, weights)
}

fn sequences() -> Vec<Sequence<'static>> {
    TOKENS.iter().map(|tokens| Sequence { tokens, targets: &tokens[1..] }).collect()
}

#[test]
fn gradients_are_central_differences() {
    SMALL.iter().for_each(|json| differences(json, Dropouts::none()));
}

/// What is dropped follows from its place, so that it is the same with moved weights.
#[test]
fn gradients_with_dropout_are_central_differences() {
    let rates = DropoutRates { hidden: 0.2, attention: 0.3 };
    SMALL.iter().for_each(|json| differences(json, Dropouts::new(rates, Placed::from_seed(4))));
}

/// Every weight is moved in a direction of signs; the loss changes by the product of direction and gradient.
fn differences(json: &str, dropouts: Dropouts) {
    let (decoder, weights) = small(json);
    let (_, found) = gradients(&decoder, &weights, &sequences(), dropouts).unwrap();
    for (place, (name, gradient)) in found.iter().enumerate() {
        let source = Placed::from_seed(3).at(place as u64);
        let sign = |index: usize| if source.word(index as u32).is_multiple_of(2) { 1.0 } else { -1.0 };
        let loss = |step: f32| {
            let mut moved = weights.clone();
            let values = &mut moved.get_mut(name).unwrap().values;
            values.iter_mut().enumerate().for_each(|(index, value)| *value += step * sign(index));
            gradients(&decoder, &moved, &sequences(), dropouts).unwrap().0
        };
        // The error is of the fourth order in the step.
        let difference = |step: f32| (loss(step) - loss(-step)) / f64::from(2.0 * step);
        let expected = (4.0 * difference(STEP) - difference(2.0 * STEP)) / 3.0;
        let product: f32 = gradient.values.iter().enumerate().map(|(index, value)| sign(index) * value).sum();
        let norm = gradient.values.iter().map(|value| value * value).sum::<f32>().sqrt();
        assert!(norm > 1e-4, "{name}: no gradient");
        let deviation = (f64::from(product) - expected).abs();
        assert!(deviation < 5e-3 * f64::from(norm) + NOISE, "{name}: {product}, not {expected} ({norm})");
    }
}

/// With another last token, and without it, all states before it stay the same.
#[test]
fn no_token_depends_on_those_after_it() {
    for json in SMALL {
        let (decoder, weights) = small(json);
        let read = |tokens: &[u32]| hidden(&decoder, &weights, &[tokens]).unwrap();
        let [mut other, tokens] = [TOKENS[0]; 2];
        other[5] = 9;
        let (all, other, first) = (read(&tokens), read(&other), read(&tokens[..5]));
        let before = 5 * decoder.width;
        let furthest = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert_eq!(first.len(), before);
        // Embeddings are mapped cluster by cluster, so that other words round differently.
        assert!(furthest(&all[..before], &other) < 5e-6 && furthest(&all[..before], &first) < 5e-6, "{json}");
        assert!(furthest(&all[before..], &other[before..]) > 0.1, "{json}");
    }
}
