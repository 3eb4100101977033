//! A window in training: the loss, and the gradient of every weight.

use std::borrow::Cow;

use super::super::Weights;
use super::super::training::{CarriedStates, Masks, Objective, Window, WindowLoss};
use super::super::weights::CellWeights;
use super::backward::Gradients;
use super::distinct_tokens::DistinctTokens;
use super::elementwise::{add_product, multiply};
use super::forward::{Input, Pass, Trace};
use super::plan::Plan;
use super::softmax_loss::{Decoder, DecoderGradient};
use crate::progress::Progress;
use crate::space::recurrent::{Recipe, Source};

/// A window read with dropout, the states before it, and what is minimised.
#[derive(Clone, Copy)]
pub struct Reading<'a> {
    /// The text.
    pub window: Window<'a>,
    /// What is dropped.
    pub masks: &'a Masks,
    /// Left by the window before.
    pub states: &'a CarriedStates,
    /// What is minimised.
    pub objective: Objective,
}

/// The loss of a window, the gradients of all weights, and the states it leaves. Gradients of frozen matrices are
/// empty.
pub fn gradient(recipe: &Recipe, weights: &Weights, reading: Reading) -> (WindowLoss, Weights, CarriedStates) {
    let Reading { window, masks, states, objective } = reading;
    let layers = dropped(recipe, weights, masks);
    let plans: Vec<Plan> = layers.iter().map(|cell| Plan::new(recipe, cell)).collect();
    let traces = forward(&plans, embedded(weights, &window, masks), &window, (masks, states));
    let (loss, upstream, decoder) = loss(weights, traces.last().map_or(&[], Trace::outgoing), &reading);
    let (cells, input) = backward(&plans, &traces, upstream, (masks, objective));
    let mut embedding = decoder.embedding;
    add_embedding(&mut embedding, input, &window, masks);
    let left = CarriedStates(traces.iter().map(Trace::last).collect());
    (loss, Weights { embedding, decoder_bias: decoder.bias, layers: cells }, left)
}

/// The mean cross-entropy, in nats a word, of a text [N, B] that is read from zero states in windows of so many steps,
/// without dropout. Its first words are predicted from nothing and do not count.
pub fn evaluate(recipe: &Recipe, weights: &Weights, text: Window, steps: usize) -> f64 {
    let plans: Vec<Plan> = weights.layers.iter().map(|cell| Plan::new(recipe, cell)).collect();
    let decoder = Decoder { embedding: &weights.embedding, bias: &weights.decoder_bias };
    let mut states: Vec<Vec<Vec<f32>>> = vec![Vec::new(); plans.len()];
    let windows = text.tokens.chunks(steps * text.rows).zip(text.targets.chunks(steps * text.rows));
    let loss = |(tokens, targets): (&[u32], &[u32])| {
        let distinct = DistinctTokens::new(tokens);
        let window = Window { rows: text.rows, tokens, targets };
        let mut rows = embedded(weights, &window, &Masks::default());
        for (layer, (plan, states)) in plans.iter().zip(&mut states).enumerate() {
            let tokens = (layer == 0).then_some(&distinct);
            let input = Input { rows: std::mem::take(&mut rows), tokens };
            let pass = Pass { rows: text.rows, states, save: false };
            let trace = Trace::run(plan, input, pass, &Progress::default());
            *states = trace.last();
            rows = trace.outgoing().to_vec();
        }
        decoder.loss(&rows, targets)
    };
    windows.map(loss).sum::<f64>() / text.targets.len() as f64
}

/// The cells with their recurrent matrices times the masks.
fn dropped<'a>(recipe: &Recipe, weights: &'a Weights, masks: &Masks) -> Cow<'a, [CellWeights]> {
    if masks.matrices.is_empty() {
        return Cow::Borrowed(&weights.layers);
    }
    let mut layers = weights.layers.clone();
    recurrent(recipe, &mut layers).zip(&masks.matrices).for_each(|(matrix, mask)| multiply(matrix, mask));
    Cow::Owned(layers)
}

/// The recurrent matrices of all layers, in order.
fn recurrent<'a>(recipe: &'a Recipe, layers: &'a mut [CellWeights]) -> impl Iterator<Item = &'a mut Vec<f32>> {
    layers.iter_mut().flat_map(move |cell| {
        recipe.linears().zip(&mut cell.linears).flat_map(|((_, node), linear)| {
            let matrices = node.inputs.iter().zip(&mut linear.matrices);
            matrices.filter(|(source, _)| **source != Source::Input).map(|(_, matrix)| matrix)
        })
    })
}

/// The embedded input with dropout, [T, B, E].
fn embedded(weights: &Weights, window: &Window, masks: &Masks) -> Vec<f32> {
    let width = weights.embedding.len() / weights.decoder_bias.len();
    let mut rows = Vec::with_capacity(window.tokens.len() * width);
    for &id in window.tokens {
        let factor = masks.words.get(id as usize).copied().unwrap_or(1.0);
        rows.extend(weights.embedding[id as usize * width..][..width].iter().map(|value| factor * value));
    }
    drop_out(&mut rows, &masks.input);
    rows
}

/// Multiplies every step of values [T, B, H] with a mask [B, H].
fn drop_out(values: &mut [f32], mask: &[f32]) {
    if !mask.is_empty() {
        values.chunks_mut(mask.len()).for_each(|step| multiply(step, mask));
    }
}

/// The mask of the output of a layer that is not the last.
fn layer_mask(masks: &Masks, layer: usize) -> &[f32] {
    masks.layers.get(layer).map_or(&[], Vec::as_slice)
}

/// Runs all layers on an input [T, B, E].
fn forward<'a>(
    plans: &'a [Plan<'a>],
    input: Vec<f32>,
    window: &Window,
    (masks, states): (&Masks, &CarriedStates),
) -> Vec<Trace<'a>> {
    let mut traces: Vec<Trace> = Vec::new();
    let mut rows = input;
    for (layer, (plan, states)) in plans.iter().zip(&states.0).enumerate() {
        if let Some(below) = traces.last() {
            rows = below.outgoing().to_vec();
            drop_out(&mut rows, layer_mask(masks, layer - 1));
        }
        let input = Input { rows: std::mem::take(&mut rows), tokens: None };
        let pass = Pass { rows: window.rows, states, save: true };
        traces.push(Trace::run(plan, input, pass, &Progress::default()));
    }
    traces
}

/// The loss of the outputs h [T, B, E] of the last layer, its gradient by h, and the gradients of the decoder.
fn loss(weights: &Weights, outputs: &[f32], reading: &Reading) -> (WindowLoss, Vec<f32>, DecoderGradient) {
    let Reading { window, masks, objective, .. } = reading;
    let mut dropped = outputs.to_vec();
    drop_out(&mut dropped, &masks.output);
    let decoder = Decoder { embedding: &weights.embedding, bias: &weights.decoder_bias };
    let (sum, mut gradient) = decoder.gradient(&dropped, window.targets);
    let cross_entropy = sum / window.targets.len() as f64;
    let mut upstream = std::mem::take(&mut gradient.outputs);
    let count = outputs.len() as f64;
    let slope = (2.0 * objective.activation / count) as f32;
    upstream.iter_mut().zip(&dropped).for_each(|(upstream, value)| *upstream += slope * value);
    drop_out(&mut upstream, &masks.output);
    let squares = dropped.iter().map(|&value| f64::from(value).powi(2)).sum::<f64>() / count;
    let change =
        changes(outputs, &mut upstream, outputs.len() / (window.targets.len() / window.rows), objective.change);
    let total = cross_entropy + objective.activation * squares + change;
    (WindowLoss { cross_entropy, total }, upstream, gradient)
}

/// β · mean of (hₜ₊₁ − hₜ)², of steps of `size` values each; adds its gradient. Zero of a single step.
fn changes(outputs: &[f32], upstream: &mut [f32], size: usize, factor: f64) -> f64 {
    let count = outputs.len() - size;
    if count == 0 {
        return 0.0;
    }
    let slope = (2.0 * factor / count as f64) as f32;
    let mut squares = 0.0;
    for index in 0..count {
        let change = outputs[index + size] - outputs[index];
        squares += f64::from(change).powi(2);
        upstream[index + size] += slope * change;
        upstream[index] -= slope * change;
    }
    factor * squares / count as f64
}

/// The gradients of all cells, and of the embedded input with dropout [T, B, E].
fn backward(
    plans: &[Plan],
    traces: &[Trace],
    mut upstream: Vec<f32>,
    (masks, objective): (&Masks, Objective),
) -> (Vec<CellWeights>, Vec<f32>) {
    let mut cells = Vec::new();
    for (layer, (plan, trace)) in plans.iter().zip(traces).enumerate().rev() {
        let gradients = Gradients::run(plan, trace, &upstream, true, &Progress::default());
        cells.push(gradients.weights(!objective.frozen));
        upstream = gradients.input();
        if layer > 0 {
            drop_out(&mut upstream, layer_mask(masks, layer - 1));
        }
    }
    cells.reverse();
    if let Some(plan) = plans.first().filter(|_| !objective.frozen) {
        let matrices = recurrent(plan.recipe, &mut cells);
        matrices.zip(&masks.matrices).for_each(|(gradient, mask)| multiply(gradient, mask));
    }
    (cells, upstream)
}

/// Adds the gradient of the embedded input [T, B, E] to that of the embedding.
fn add_embedding(embedding: &mut [f32], mut input: Vec<f32>, window: &Window, masks: &Masks) {
    drop_out(&mut input, &masks.input);
    let width = input.len() / window.tokens.len();
    for (&id, row) in window.tokens.iter().zip(input.chunks(width)) {
        let factor = masks.words.get(id as usize).copied().unwrap_or(1.0);
        add_product(&mut embedding[id as usize * width..][..width], row, row, |_| factor);
    }
}
