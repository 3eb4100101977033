//! An encoder's layers, drawn to scale: widths, heads, feed-forward layers.

use leptos::prelude::*;
use untrained_core::figure::words::count;
use untrained_core::space::encoder::{Basis, Configuration, Layer, Operation, Similarity};

/// Pixels of the widest block.
pub(super) const WIDTH: f64 = 190.0;

/// Units that it represents, if no layer is wider.
pub(super) const UNITS: usize = 1_024;

pub(super) const MIX: f64 = 20.0;
pub(super) const STACK: f64 = 12.0;
pub(super) const GAP: f64 = 4.0;

/// A rectangle of a drawing: class, position and size.
pub(super) type Rectangle = (&'static str, f64, f64, f64, f64);

/// The layers, from the first to the last.
#[component]
pub fn Layers(
    /// The encoder.
    configuration: Configuration,
    /// An encoder to compare with: differences are marked.
    other: Option<Configuration>,
) -> impl IntoView {
    let widest = configuration.layers.iter().map(|layer| layer.feed_forward).max().unwrap_or(0);
    let scale = WIDTH / widest.max(configuration.hidden).max(UNITS) as f64;
    let hidden = configuration.hidden;
    let other_width = other.as_ref().is_some_and(|other| other.hidden != hidden);
    let layers = configuration.layers.iter().enumerate().map(|(index, layer)| {
        let other = other.as_ref().map(|other| other.layers.get(index).copied());
        view! {
            <li>
                {drawing(&blocks(*layer, hidden, scale))}
                <div>{described(*layer, hidden, other_width, other)}</div>
            </li>
        }
    });
    let layers = layers.collect_view();
    view! { <ol class="layers" aria-label="Layers, from the first to the last">{layers}</ol> }
}

/// The layer as text; `other` is the layer at the same index of another encoder, if there is one.
fn described(layer: Layer, hidden: usize, other_width: bool, other: Option<Option<Layer>>) -> impl IntoView {
    let apart =
        |same: fn(Layer, Layer) -> bool| other.is_some_and(|other| !other.is_some_and(|other| same(other, layer)));
    let width = hidden / layer.heads;
    let heads = match layer.operation {
        Operation::Attention(_) => format!("{} heads of {width} units", layer.heads),
        Operation::Transform(_) => format!("over {hidden} units, without weights"),
        Operation::Convolution { .. } => {
            format!("{0} of {1} heads of {width} units convolve, {0} attend", layer.heads / 2, layer.heads)
        }
    };
    let stacks = match layer.feed_forward_layers {
        1 => format!("one feed-forward layer, {} wide", count(layer.feed_forward)),
        n => format!("{n} feed-forward layers, {} wide", count(layer.feed_forward)),
    };
    let counts_heads = !matches!(layer.operation, Operation::Transform(_));
    view! {
        <strong class:apart=apart(|a, b| a.operation == b.operation)>{name(layer.operation)}</strong>
        <span class:apart=other_width || counts_heads && apart(|a, b| a.heads == b.heads)>{heads}</span>
        <span class:apart=apart(|a, b| (a.feed_forward_layers, a.feed_forward) == (b.feed_forward_layers, b.feed_forward))>{stacks}</span>
    }
}

/// The operation for a person: "Attention, scaled dot product".
fn name(operation: Operation) -> String {
    match operation {
        Operation::Attention(Similarity::ScaledDotProduct) => "Attention, scaled dot product".to_owned(),
        Operation::Attention(Similarity::WeightedMultiplicative) => "Attention, weighted multiplicative".to_owned(),
        Operation::Transform(Basis::Fourier) => "Fourier transform".to_owned(),
        Operation::Transform(Basis::Cosine) => "Cosine transform".to_owned(),
        Operation::Convolution { kernel } => format!("Convolution over {kernel} tokens, span-dynamic"),
    }
}

/// The heads next to each other, as wide as the layer; below, the feed-forward layers.
fn blocks(layer: Layer, hidden: usize, scale: f64) -> Vec<Rectangle> {
    let middle = |width: f64| (WIDTH - width) / 2.0;
    let width = hidden as f64 * scale;
    let head = width / layer.heads as f64;
    let heads =
        (0..layer.heads).map(|index| (class(layer, index), middle(width) + index as f64 * head, 0.0, head, MIX));
    let wide = layer.feed_forward as f64 * scale;
    let stack = |index: usize| ("stack", middle(wide), MIX + GAP + index as f64 * (STACK + GAP / 2.0), wide, STACK);
    let heads: Vec<Rectangle> = match layer.operation {
        Operation::Transform(_) => vec![("transform", middle(width), 0.0, width, MIX)],
        _ => heads.collect(),
    };
    heads.into_iter().chain((0..layer.feed_forward_layers).map(stack)).collect()
}

/// The class of a head: of a convolution, the first half attends.
fn class(layer: Layer, head: usize) -> &'static str {
    match layer.operation {
        Operation::Convolution { .. } if 2 * head >= layer.heads => "convolution",
        _ => "attention",
    }
}

/// The blocks.
pub(super) fn drawing(blocks: &[Rectangle]) -> impl IntoView + use<> {
    let height = blocks.iter().map(|(_, _, y, _, height)| y + height).fold(0.0, f64::max) + 1.0;
    let drawn = blocks.iter().map(|&(class, x, y, width, height)| {
        view! { <rect class=class x=x y=y + 0.5 width=width height=height rx="2"/> }
    });
    let drawn = drawn.collect_view();
    view! { <svg class="blocks" width=WIDTH height=height viewBox=format!("0 0 {WIDTH} {height}") aria-hidden="true">{drawn}</svg> }
}
