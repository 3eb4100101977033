//! A window in training: the loss, and the gradient of every weight.

use super::super::Weights;
use super::super::training::{
    CarriedStates, Masks, Objective, Reading, Window, WindowLoss, add_embedding, drop_matrices, drop_out, dropped,
    embedded,
};
use super::super::weights::CellWeights;
use super::backward::Gradients;
use super::distinct_tokens::DistinctTokens;
use super::forward::{Input, Pass, Saves, Trace};
use super::plan::Plan;
use crate::network::vocabulary::{Targets, Words};
use crate::progress::Progress;
use crate::space::recurrent::Recipe;

/// Outputs that are decoded at a time: all logits of a window would take much memory.
pub const DECODED: usize = 512;

/// The decoder, whose matrix is the embedding.
pub fn decoder(weights: &Weights) -> Words<'_> {
    Words { table: &weights.embedding, bias: &weights.decoder_bias }
}

/// Outputs [N, E] and next words `[N]`, so many at a time.
pub fn decoded<'a>(outputs: &'a [f32], targets: &'a [u32]) -> impl Iterator<Item = (&'a [f32], &'a [u32])> {
    let width = outputs.len() / targets.len();
    outputs.chunks(DECODED * width).zip(targets.chunks(DECODED))
}

/// The loss of a window, the gradients of all weights, and the states it leaves. Gradients of frozen matrices are
/// empty.
pub fn gradient(recipe: &Recipe, weights: &Weights, reading: Reading) -> (WindowLoss, Weights, CarriedStates) {
    let Reading { window, masks, states, objective } = reading;
    let layers = dropped(recipe, weights, masks);
    let plans: Vec<Plan> = layers.iter().map(|cell| Plan::new(recipe, cell)).collect();
    let traces = forward(&plans, embedded(weights, &window, masks), &window, (masks, states));
    let (mut embedding, mut decoder_bias) = (vec![0.0; weights.embedding.len()], vec![0.0; weights.decoder_bias.len()]);
    let outputs = traces.last().map_or(&[][..], Trace::outgoing);
    let (loss, upstream) = loss(weights, outputs, &reading, (&mut embedding, &mut decoder_bias));
    let (cells, input) = backward(&plans, &traces, upstream, (masks, objective));
    add_embedding(&mut embedding, input, &window, masks);
    let left = CarriedStates(traces.iter().map(Trace::last).collect());
    (loss, Weights { embedding, decoder_bias, layers: cells }, left)
}

/// The mean cross-entropy, in nats a word, of a text [N, B] that is read from zero states in windows of so many steps,
/// without dropout. Its first words are predicted from nothing and do not count.
pub fn evaluate(recipe: &Recipe, weights: &Weights, text: Window, steps: usize) -> f64 {
    let plans: Vec<Plan> = weights.layers.iter().map(|cell| Plan::new(recipe, cell)).collect();
    let mut states: Vec<Vec<Vec<f32>>> = vec![Vec::new(); plans.len()];
    let windows = text.tokens.chunks(steps * text.rows).zip(text.targets.chunks(steps * text.rows));
    let loss = |(tokens, targets): (&[u32], &[u32])| {
        let distinct = DistinctTokens::new(tokens);
        let window = Window { rows: text.rows, tokens, targets };
        let mut rows = embedded(weights, &window, &Masks::default());
        for (layer, (plan, states)) in plans.iter().zip(&mut states).enumerate() {
            let tokens = (layer == 0).then_some(&distinct);
            let input = Input { rows: std::mem::take(&mut rows), tokens };
            let pass = Pass { rows: text.rows, states, saves: Saves::States };
            let trace = Trace::run(plan, input, pass, &Progress::default());
            *states = trace.last();
            rows = trace.outgoing().to_vec();
        }
        decoded(&rows, targets).map(|(rows, ids)| decoder(weights).logits(rows).loss(ids).0).sum::<f64>()
    };
    windows.map(loss).sum::<f64>() / text.targets.len() as f64
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
            drop_out(&mut rows, masks.of_layer(layer - 1));
        }
        let input = Input { rows: std::mem::take(&mut rows), tokens: None };
        let pass = Pass { rows: window.rows, states, saves: Saves::ForGradients };
        traces.push(Trace::run(plan, input, pass, &Progress::default()));
    }
    traces
}

/// The loss of the outputs h [T, B, E] of the last layer, and its gradient by h; adds those of the decoder.
fn loss(
    weights: &Weights,
    outputs: &[f32],
    reading: &Reading,
    (embedding, bias): (&mut [f32], &mut [f32]),
) -> (WindowLoss, Vec<f32>) {
    let Reading { window, masks, objective, .. } = reading;
    let mut dropped = outputs.to_vec();
    drop_out(&mut dropped, &masks.output);
    let (mut sum, mut upstream, scale) = (0.0, Vec::with_capacity(outputs.len()), 1.0 / window.targets.len() as f64);
    for (rows, ids) in decoded(&dropped, window.targets) {
        let logits = decoder(weights).logits(rows);
        sum += logits.loss(ids).0;
        let (of_rows, of_logits) = logits.differentiate(Targets { ids, scale });
        of_logits.add_to_table(embedding);
        of_logits.add_to_bias(bias);
        upstream.extend(of_rows);
    }
    let cross_entropy = sum * scale;
    let count = outputs.len() as f64;
    let slope = (2.0 * objective.activation / count) as f32;
    upstream.iter_mut().zip(&dropped).for_each(|(upstream, value)| *upstream += slope * value);
    drop_out(&mut upstream, &masks.output);
    let squares = dropped.iter().map(|&value| f64::from(value).powi(2)).sum::<f64>() / count;
    let change =
        changes(outputs, &mut upstream, outputs.len() / (window.targets.len() / window.rows), objective.change);
    let total = cross_entropy + objective.activation * squares + change;
    (WindowLoss { cross_entropy, total }, upstream)
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
            drop_out(&mut upstream, masks.of_layer(layer - 1));
        }
    }
    cells.reverse();
    if let Some(plan) = plans.first().filter(|_| !objective.frozen) {
        drop_matrices(plan.recipe, &mut cells, masks);
    }
    (cells, upstream)
}
