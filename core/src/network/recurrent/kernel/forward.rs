//! The forward pass of one layer over all steps.

use std::borrow::Cow;
use std::ops::Range;

use rayon::prelude::*;

use super::buffer::Buffer;
use super::distinct_tokens::DistinctTokens;
use super::elementwise::{activate, add, blend, multiply};
use super::panels::Store;
use super::plan::{Action, Group, Plan, reads_again};
use crate::progress::Progress;
use crate::space::recurrent::{Node, Operation, Source};

/// Least number of entries of a node that one thread computes at a time.
const SHARE: usize = 8_192;

/// The values of one layer: R samples, T steps.
#[derive(Debug)]
pub struct Trace<'a> {
    /// [T, R, width of x].
    input: Vec<f32>,
    /// Per node.
    values: Vec<Buffer>,
    /// Per group: its product with the source, [R, users · H] a step; with the input of the first layer, [users · H] a
    /// distinct token.
    parts: Vec<Buffer>,
    /// Which rows of the input are equal, where a row depends only on its token.
    tokens: Option<&'a DistinctTokens>,
    /// The node that is `h_new_k`, per state.
    outputs: &'a [usize],
    /// [R, H]: the node being computed.
    scratch: Vec<f32>,
    /// R · width of x.
    input_size: usize,
}

/// The input of a layer.
pub struct Input<'a> {
    /// [T, R, width of x].
    pub rows: Vec<f32>,
    /// Which rows are equal, where a row depends only on its token.
    pub tokens: Option<&'a DistinctTokens>,
}

/// Settings of one pass through a layer.
#[derive(Clone, Copy)]
pub struct Pass<'a> {
    /// R: samples.
    pub rows: usize,
    /// [R, H] per state, before the first step; empty where they are zero.
    pub states: &'a [Vec<f32>],
    /// Which values of nodes are saved.
    pub saves: Saves,
}

/// Which values of nodes are saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saves {
    /// Those of states.
    States,
    /// Those that a backward pass reads, too.
    ForGradients,
    /// All of them.
    All,
}

impl<'a> Trace<'a> {
    /// Runs the layer over all steps.
    pub fn run(plan: &'a Plan, input: Input<'a>, pass: Pass, progress: &Progress) -> Self {
        let input_size = pass.rows * plan.input;
        let steps = input.rows.len() / input_size;
        let mut trace = Self {
            values: values(plan, steps, pass),
            parts: parts(plan, &input, steps, pass.rows),
            tokens: input.tokens,
            input: input.rows,
            outputs: plan.recipe.outputs(),
            scratch: vec![0.0; pass.rows * plan.width],
            input_size,
        };
        for (&node, state) in trace.outputs.iter().zip(pass.states) {
            trace.values[node].first_mut().copy_from_slice(state);
        }
        for step in 0..steps {
            for &action in &plan.actions {
                match action {
                    Action::Product(group) => trace.multiply(group, &plan.groups[group], step),
                    Action::Node(node) => trace.compute(node, plan, step),
                }
            }
            progress.advance(1);
        }
        // Not read by the backward pass.
        (trace.parts, trace.scratch) = (Vec::new(), Vec::new());
        trace
    }

    /// Steps of the pass.
    pub fn steps(&self) -> usize {
        self.input.len() / self.input_size
    }

    /// [R, H] per state, after the last step.
    pub fn last(&self) -> Vec<Vec<f32>> {
        self.outputs.iter().map(|&node| self.values[node].at(self.steps() - 1).to_vec()).collect()
    }

    /// [T, R, H]: the states `h_prev_0` that the cell reads, from those before the first step on.
    pub fn incoming(&self) -> &[f32] {
        self.values[self.outputs[0]].incoming()
    }

    /// [T, R, H]: the states `h_new_0`, which the layer above reads.
    pub fn outgoing(&self) -> &[f32] {
        self.values[self.outputs[0]].outgoing()
    }

    /// The values of a node, [T, R, H]; all of them only where the pass saved them.
    pub fn of_node(&self, node: usize) -> &[f32] {
        self.values[node].outgoing()
    }

    /// Everything read from a source over all steps, [T, R, width].
    pub fn of_source(&self, source: Source) -> &[f32] {
        match source {
            Source::Input => &self.input,
            Source::State(state) => self.values[self.outputs[state]].incoming(),
            Source::Node(node) => self.values[node].outgoing(),
        }
    }

    /// What is read from a source at a step, [R, width].
    pub fn read(&self, source: Source, step: usize) -> &[f32] {
        match source {
            Source::Input => &self.input[step * self.input_size..][..self.input_size],
            Source::State(state) => self.values[self.outputs[state]].before(step),
            Source::Node(node) => self.values[node].at(step),
        }
    }

    /// Computes the product of group `index` with its source at a step.
    fn multiply(&mut self, index: usize, group: &Group, step: usize) {
        let mut parts = std::mem::take(&mut self.parts);
        group.forward().multiply(parts[index].at_mut(step), Store::Replace, self.read(group.source, step));
        self.parts = parts;
    }

    /// Computes node `index` at a step.
    fn compute(&mut self, index: usize, plan: &Plan, step: usize) {
        // A new state may read the old one, which lies in the same buffer.
        let mut out = std::mem::take(&mut self.scratch);
        let share = SHARE.next_multiple_of(plan.width);
        out.par_chunks_mut(share).enumerate().for_each(|(chunk, out)| {
            let entries = chunk * share..chunk * share + out.len();
            match plan.recipe.nodes()[index].operation {
                Operation::Linear => self.linear(index, plan, step, (entries.start / plan.width, out)),
                _ => self.gate(&plan.recipe.nodes()[index], step, entries, out),
            }
        });
        self.values[index].at_mut(step).copy_from_slice(&out);
        self.scratch = out;
    }

    /// A linear node for the rows of `out` [rows, H], of which the first is row `first` of the batch.
    fn linear(&self, node: usize, plan: &Plan, step: usize, (first, out): (usize, &mut [f32])) {
        out.chunks_mut(plan.width).for_each(|row| row.copy_from_slice(plan.biases[node]));
        for (group, slot) in plan.parts(node) {
            let stride = plan.groups[group].users.len() * plan.width;
            for (index, row) in out.chunks_mut(plan.width).enumerate() {
                add(row, &self.part((group, stride), plan, step, first + index)[slot * plan.width..]);
            }
        }
    }

    /// The product of a group with one row of its source, `[users · H]`; `stride` is users · H.
    fn part(&self, (group, stride): (usize, usize), plan: &Plan, step: usize, row: usize) -> &[f32] {
        let product = &self.parts[group];
        match self.tokens {
            Some(tokens) if plan.groups[group].source == Source::Input => {
                let position = step * (self.input_size / plan.input) + row;
                &product.outgoing()[tokens.at(position) * stride..][..stride]
            }
            _ => &product.at(step)[row * stride..][..stride],
        }
    }

    /// Any other node, for the given range of its R · H entries.
    fn gate(&self, node: &Node, step: usize, entries: Range<usize>, out: &mut [f32]) {
        let input = |index: usize| &self.read(node.inputs[index], step)[entries.clone()];
        match node.operation {
            Operation::Blend => blend(out, input(0), input(1), input(2)),
            Operation::Product | Operation::Sum => {
                out.copy_from_slice(input(0));
                for index in 1..node.inputs.len() {
                    match node.operation {
                        Operation::Sum => add(out, input(index)),
                        _ => multiply(out, input(index)),
                    }
                }
            }
            activation => activate(activation, input(0), out),
        }
    }
}

/// Zeros for the values of every node.
fn values(plan: &Plan, steps: usize, Pass { rows, saves, .. }: Pass) -> Vec<Buffer> {
    let size = rows * plan.width;
    let node = |node| {
        if plan.recipe.outputs().contains(&node) {
            Buffer::state(steps, size)
        } else {
            let saved = match saves {
                Saves::States => false,
                Saves::ForGradients => reads_again(plan.recipe, node),
                Saves::All => true,
            };
            Buffer::new(if saved { steps } else { 1 }, size)
        }
    };
    (0..plan.recipe.nodes().len()).map(node).collect()
}

/// Per group the product with its source: of the input computed for all steps, of any other source zeros.
fn parts(plan: &Plan, input: &Input, steps: usize, rows: usize) -> Vec<Buffer> {
    let Input { rows: all, tokens } = input;
    let distinct = tokens.map_or(Cow::Borrowed(all.as_slice()), |tokens| Cow::Owned(tokens.rows(all)));
    let part = |group: &Group| {
        let stride = group.users.len() * plan.width;
        if group.source != Source::Input {
            return Buffer::new(1, rows * stride);
        }
        let mut all =
            tokens.map_or_else(|| Buffer::new(steps, rows * stride), |tokens| Buffer::new(tokens.count(), stride));
        group.forward().multiply(all.outgoing_mut(), Store::Replace, &distinct);
        all
    };
    plan.groups.iter().map(part).collect()
}
