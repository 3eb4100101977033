//! A decoder's layers, drawn to scale; equal ones next to each other once.

use leptos::prelude::*;
use untrained_core::figure::words::count;
use untrained_core::network::decoder::Structure;
use untrained_core::space::decoder::{Activation, Decoder, Layer, Norm, Position};

use super::layers::{GAP, MIX, Rectangle, STACK, UNITS, WIDTH, drawing};

/// What it has besides layers in a sentence, then its layers from the first to the last.
#[component]
pub fn DecoderLayers(
    /// The decoder.
    decoder: Decoder,
) -> impl IntoView {
    let widest = decoder.layers.iter().map(|layer| layer.feed_forward).max().unwrap_or(0);
    let scale = WIDTH / widest.max(decoder.width).max(UNITS) as f64;
    let runs: Vec<(usize, usize, Layer)> = runs(&decoder.layers);
    let layers = runs.into_iter().map(|(first, last, layer)| {
        let numbers = if first == last { format!("Layer {first}") } else { format!("Layers {first} to {last}") };
        view! {
            <li>
                {drawing(&blocks(layer, scale))}
                <div><strong>{numbers}</strong><span>{heads(layer)}</span><span>{feed_forward(layer, &decoder)}</span></div>
            </li>
        }
    });
    let layers = layers.collect_view();
    view! {
        <p class="note" id="decoder">{sentence(&decoder)}</p>
        <ol class="layers many" aria-label="Layers, from the first to the last">{layers}</ol>
    }
}

/// Equal layers next to each other: the numbers of the first and the last, from 1.
fn runs(layers: &[Layer]) -> Vec<(usize, usize, Layer)> {
    let mut before = 0;
    let run = |equal: &[Layer]| {
        let first = before + 1;
        before += equal.len();
        (first, before, equal[0])
    };
    layers.chunk_by(|one, other| one == other).map(run).collect()
}

fn sentence(decoder: &Decoder) -> String {
    let Decoder { vocabulary, width, layers, position, norm, positions, .. } = decoder;
    let position = match position {
        Position::Learned => "learned positions",
        Position::Rotary { .. } => "rotary positions",
        Position::Relative => "relative positions",
    };
    let norm = match norm {
        Norm::LayerBefore => "layer norm before each half",
        Norm::LayerAfter => "layer norm after each half",
        Norm::RootMeanSquareBefore => "root-mean-square norm before each half",
    };
    let parameters = Structure::new(decoder, *positions).parameters;
    format!(
        "{} parameters: {} layers, {} wide, {} words, {position}, {norm}; up to {} tokens.",
        count(parameters as usize),
        layers.len(),
        count(*width),
        count(*vocabulary),
        count(*positions)
    )
}

fn heads(layer: Layer) -> String {
    let Layer { heads, key_value_heads, head_size, window, .. } = layer;
    let shared =
        if key_value_heads == heads { String::new() } else { format!(", {key_value_heads} of keys and values") };
    let window = window.map_or_else(String::new, |tokens| format!(", over the last {} tokens", count(tokens)));
    format!("{heads} heads of {head_size} units{shared}{window}")
}

fn feed_forward(layer: Layer, decoder: &Decoder) -> String {
    let activation = match decoder.activation {
        Activation::Gelu | Activation::GeluTanh => "GELU",
        Activation::Relu => "ReLU",
        Activation::Silu => "SiLU",
    };
    let gated = if decoder.gated { ", gated" } else { "" };
    format!("feed-forward layer {} wide, {activation}{gated}", count(layer.feed_forward))
}

/// The heads next to each other; below, the feed-forward layer.
fn blocks(layer: Layer, scale: f64) -> Vec<Rectangle> {
    let middle = |width: f64| (WIDTH - width) / 2.0;
    let head = layer.head_size as f64 * scale;
    let start = middle(head * layer.heads as f64);
    let heads = (0..layer.heads).map(|index| ("attention", start + index as f64 * head, 0.0, head, MIX));
    let wide = layer.feed_forward as f64 * scale;
    heads.chain([("stack", middle(wide), MIX + GAP, wide, STACK)]).collect()
}
