//! A network as a language model on the CPU: what its loss, its logits and its nodes show.

use super::super::Weights;
use super::backward::Gradients;
use super::forward::{Input, Pass, Saves, Trace};
use super::plan::Plan;
use super::training::{decoded, decoder};
use crate::linalg::column_sums;
use crate::network::recurrent::weights::CellWeights;
use crate::network::vocabulary::Targets;
use crate::observation::{Codes, Needs, NodeGradient, NodeKind, NodeSpec, NodeValues, Site};
use crate::progress::Progress;
use crate::space::recurrent::Recipe;

/// A network after a forward pass from zero states.
pub struct Run<'a> {
    plans: &'a [Plan<'a>],
    traces: Vec<Trace<'a>>,
    /// B.
    rows: usize,
}

/// The cells of all layers.
pub fn plans<'a>(recipe: &'a Recipe, weights: &'a Weights) -> Vec<Plan<'a>> {
    weights.layers.iter().map(|cell| Plan::new(recipe, cell)).collect()
}

/// What a backward pass gives.
pub struct Backward {
    /// The gradients of the cells, where they were needed.
    pub cells: Vec<CellWeights>,
    /// The linear nodes with their gradients, where they were needed.
    pub nodes: Vec<NodeGradient>,
    /// [T, B, E]: the gradient of the input.
    pub input: Vec<f32>,
}

/// What is needed of a backward pass.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted {
    /// The gradients of the cells.
    pub cells: bool,
    /// Those of what linear nodes give.
    pub nodes: bool,
}

impl<'a> Run<'a> {
    /// Runs `rows` samples of an input [T, B, E].
    pub fn new(plans: &'a [Plan<'a>], input: Vec<f32>, rows: usize, saves: Saves) -> Self {
        let mut traces: Vec<Trace> = Vec::new();
        let mut input = input;
        for plan in plans {
            let pass = Pass { rows, states: &[], saves };
            let trace = Trace::run(plan, Input { rows: input, tokens: None }, pass, &Progress::default());
            input = trace.outgoing().to_vec();
            traces.push(trace);
        }
        Self { plans, traces, rows }
    }

    /// [T, B, E]: what the last layer gives.
    pub fn outputs(&self) -> &[f32] {
        self.traces.last().map_or(&[], Trace::outgoing)
    }

    /// The mean cross-entropy of the first positions, as many as there are targets, NaN of none, and its gradient by what the last layer
    /// gives, [T, B, E].
    pub fn loss(&self, weights: &Weights, targets: &[u32]) -> (f64, Vec<f32>) {
        let outputs = self.outputs();
        if targets.is_empty() {
            return (f64::NAN, vec![0.0; outputs.len()]);
        }
        let width = weights.embedding.len() / weights.decoder_bias.len();
        let read = &outputs[..targets.len() * width];
        let (mut sum, mut upstream, scale) = (0.0, Vec::with_capacity(outputs.len()), 1.0 / targets.len() as f64);
        for (rows, ids) in decoded(read, targets) {
            let logits = decoder(weights).logits(rows);
            sum += logits.loss(ids).0;
            upstream.extend(logits.differentiate(Targets { ids, scale }).0);
        }
        upstream.resize(outputs.len(), 0.0);
        (sum * scale, upstream)
    }

    /// The gradient of the sum of all logits by what the last layer gives, [T, B, E].
    pub fn of_logits(&self, weights: &Weights) -> Vec<f32> {
        let width = weights.embedding.len() / weights.decoder_bias.len();
        let sums = column_sums(weights.embedding.chunks(width), width);
        let sums: Vec<f32> = sums.into_iter().map(|sum| sum as f32).collect();
        sums.repeat(self.outputs().len() / width)
    }

    /// Goes backward from a gradient of what the last layer gives, [T, B, E].
    pub fn backward(&self, mut upstream: Vec<f32>, wanted: Wanted) -> Backward {
        let (mut cells, mut nodes) = (Vec::new(), Vec::new());
        for (layer, (plan, trace)) in self.plans.iter().zip(&self.traces).enumerate().rev() {
            let save = wanted.cells || wanted.nodes;
            let gradients = Gradients::run(plan, trace, &upstream, save, &Progress::default());
            if wanted.cells {
                cells.push(gradients.weights(true));
            }
            if wanted.nodes {
                nodes.push(gradients.nodes(layer));
            }
            upstream = gradients.input();
        }
        cells.reverse();
        Backward { cells, nodes: nodes.into_iter().rev().flatten().collect(), input: upstream }
    }

    /// Per layer but the first what becomes of `upstream` [T, B, H], in the place of the gradient of what it gives, at its
    /// input: [T, B, width of the input]. Layers are counted from 0.
    pub fn through_layer(&self, layer: usize, upstream: &[f32]) -> Vec<f32> {
        let (plan, trace) = (&self.plans[layer], &self.traces[layer]);
        Gradients::run(plan, trace, upstream, false, &Progress::default()).input()
    }

    /// The nodes that are read, with their values, [B, T, H]. Needs the values of all nodes.
    pub fn nodes(&self, needs: &Needs) -> Vec<NodeValues> {
        let mut nodes = Vec::new();
        for (layer, (plan, trace)) in self.plans.iter().zip(&self.traces).enumerate() {
            let mut add = |part: &str, kind, values| {
                if needs.node_reductions().iter().any(|reduction| (reduction.selects)(kind)) {
                    let spec = NodeSpec { site: Site::in_layer(layer, part), kind };
                    nodes.push(NodeValues { spec, features: plan.width, values: self.by_sample(values, plan.width) });
                }
            };
            for (index, node) in plan.recipe.nodes().iter().enumerate() {
                if let Some(kind) = plan.kind(index) {
                    add(&node.name, kind, trace.of_node(index));
                }
            }
            add("output", NodeKind::Block, trace.outgoing());
        }
        nodes
    }

    /// Which activations are on. Needs the values of all nodes.
    pub fn codes(&self) -> Codes {
        let steps = self.traces.first().map_or(0, Trace::steps);
        let mut samples: Vec<Codes> = (0..self.rows).map(|_| Codes::new(steps)).collect();
        for (plan, trace) in self.plans.iter().zip(&self.traces) {
            for node in plan.recipe.nodes().iter().filter(|node| node.operation.is_activation()) {
                let values = trace.of_source(node.inputs[0]);
                let width = values.len() / (steps * self.rows);
                let by_sample = self.by_sample(values, width);
                samples.iter_mut().zip(by_sample.chunks(steps * width)).for_each(|(codes, own)| codes.add(own));
            }
        }
        let all = samples.into_iter().reduce(|mut all, sample| {
            all.append(sample);
            all
        });
        all.unwrap_or_default()
    }

    /// [B, T, H], from [T, B, H].
    fn by_sample(&self, values: &[f32], width: usize) -> Vec<f32> {
        let steps = values.len() / (self.rows * width);
        let token = |index: usize| &values[(index % steps * self.rows + index / steps) * width..][..width];
        (0..steps * self.rows).flat_map(token).copied().collect()
    }
}
