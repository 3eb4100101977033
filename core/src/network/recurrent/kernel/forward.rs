//! One pass of a layer over all steps.

use std::borrow::Cow;
use std::ops::Range;

use rayon::prelude::*;

use super::buffer::Buffer;
use super::elementwise::{activate, add, blend, multiply};
use super::panels::Store;
use super::plan::{Action, Group, Plan, reads_again};
use super::words::Words;
use crate::progress::Progress;
use crate::space::recurrent::{Node, Operation, Source};

/// Entries of a node that one thread computes at a time, at least.
const SHARE: usize = 8_192;

/// The values of one layer: R samples, T steps.
#[derive(Debug)]
pub struct Trace<'a> {
    /// [T, R, width of x].
    input: Vec<f32>,
    /// Per node.
    values: Vec<Buffer>,
    /// Per group: its product with the source, [R, users · H] a step; with the input of words, [users · H] a word.
    parts: Vec<Buffer>,
    /// Which rows of the input are the same, where they hang on their words alone.
    words: Option<&'a Words>,
    /// The node that is `h_new_k`, per state.
    outputs: &'a [usize],
    /// [R, H]: the node being computed.
    scratch: Vec<f32>,
    /// R · width of x.
    input_size: usize,
}

/// What a layer reads.
pub struct Input<'a> {
    /// [T, R, width of x].
    pub rows: Vec<f32>,
    /// Which rows are the same, where they hang on their words alone.
    pub words: Option<&'a Words>,
}

/// One way through a layer.
#[derive(Clone, Copy)]
pub struct Pass {
    /// R.
    pub rows: usize,
    /// Whether a backward pass follows.
    pub keep: bool,
}

impl<'a> Trace<'a> {
    /// Runs the layer from zero states.
    pub fn run(plan: &'a Plan, input: Input<'a>, pass: Pass, progress: &Progress) -> Self {
        let input_size = pass.rows * plan.input;
        let steps = input.rows.len() / input_size;
        let mut trace = Self {
            values: values(plan, steps, pass),
            parts: parts(plan, &input, steps, pass.rows),
            words: input.words,
            input: input.rows,
            outputs: plan.recipe.outputs(),
            scratch: vec![0.0; pass.rows * plan.width],
            input_size,
        };
        for step in 0..steps {
            for &action in &plan.actions {
                match action {
                    Action::Product(group) => trace.multiply(group, &plan.groups[group], step),
                    Action::Node(node) => trace.compute(node, plan, step),
                }
            }
            progress.advance(1);
        }
        // Read by no backward pass.
        (trace.parts, trace.scratch) = (Vec::new(), Vec::new());
        trace
    }

    /// Steps of the pass.
    pub fn steps(&self) -> usize {
        self.input.len() / self.input_size
    }

    /// [T, R, H]: the states `h_prev_0` the cell saw, from the zeros of the first step on.
    pub fn incoming(&self) -> &[f32] {
        self.values[self.outputs[0]].incoming()
    }

    /// [T, R, H]: the states `h_new_0`, which the layer above reads.
    pub fn outgoing(&self) -> &[f32] {
        self.values[self.outputs[0]].outgoing()
    }

    /// The values of a node, [T, R, H]; all of them only where the pass kept them.
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

    fn multiply(&mut self, at: usize, group: &Group, step: usize) {
        let mut parts = std::mem::take(&mut self.parts);
        group.forward().multiply(parts[at].at_mut(step), Store::Replace, self.read(group.source, step));
        self.parts = parts;
    }

    fn compute(&mut self, at: usize, plan: &Plan, step: usize) {
        // A new state may read the old one, which lies in the same buffer.
        let mut out = std::mem::take(&mut self.scratch);
        let share = SHARE.next_multiple_of(plan.width);
        out.par_chunks_mut(share).enumerate().for_each(|(chunk, out)| {
            let entries = chunk * share..chunk * share + out.len();
            match plan.recipe.nodes()[at].operation {
                Operation::Linear => self.linear(at, plan, step, (entries.start / plan.width, out)),
                _ => self.gate(&plan.recipe.nodes()[at], step, entries, out),
            }
        });
        self.values[at].at_mut(step).copy_from_slice(&out);
        self.scratch = out;
    }

    /// A linear node for the rows of `out`, of which the first is row `first` of the batch.
    fn linear(&self, node: usize, plan: &Plan, step: usize, (first, out): (usize, &mut [f32])) {
        out.chunks_mut(plan.width).for_each(|row| row.copy_from_slice(plan.biases[node]));
        for (group, slot) in plan.parts(node) {
            let stride = plan.groups[group].users.len() * plan.width;
            for (at, row) in out.chunks_mut(plan.width).enumerate() {
                add(row, &self.part((group, stride), plan, step, first + at)[slot * plan.width..]);
            }
        }
    }

    /// The product of a group, of that `stride`, with a row of its source.
    fn part(&self, (group, stride): (usize, usize), plan: &Plan, step: usize, row: usize) -> &[f32] {
        let product = &self.parts[group];
        match self.words {
            Some(words) if plan.groups[group].source == Source::Input => {
                let place = step * (self.input_size / plan.input) + row;
                &product.outgoing()[words.at(place) * stride..][..stride]
            }
            _ => &product.at(step)[row * stride..][..stride],
        }
    }

    /// Any other node, for some of its entries.
    fn gate(&self, node: &Node, step: usize, entries: Range<usize>, out: &mut [f32]) {
        let input = |at: usize| &self.read(node.inputs[at], step)[entries.clone()];
        match node.operation {
            Operation::Blend => blend(out, input(0), input(1), input(2)),
            Operation::Product | Operation::Sum => {
                out.copy_from_slice(input(0));
                for at in 1..node.inputs.len() {
                    match node.operation {
                        Operation::Sum => add(out, input(at)),
                        _ => multiply(out, input(at)),
                    }
                }
            }
            activation => activate(activation, input(0), out),
        }
    }
}

fn values(plan: &Plan, steps: usize, Pass { rows, keep }: Pass) -> Vec<Buffer> {
    let size = rows * plan.width;
    let node = |node| {
        if plan.recipe.outputs().contains(&node) {
            Buffer::state(steps, size)
        } else {
            Buffer::new(if keep && reads_again(plan.recipe, node) { steps } else { 1 }, size)
        }
    };
    (0..plan.recipe.nodes().len()).map(node).collect()
}

fn parts(plan: &Plan, input: &Input, steps: usize, rows: usize) -> Vec<Buffer> {
    let Input { rows: all, words } = input;
    let distinct = words.map_or(Cow::Borrowed(all.as_slice()), |words| Cow::Owned(words.rows(all)));
    let part = |group: &Group| {
        let stride = group.users.len() * plan.width;
        if group.source != Source::Input {
            return Buffer::new(1, rows * stride);
        }
        let mut all =
            words.map_or_else(|| Buffer::new(steps, rows * stride), |words| Buffer::new(words.count(), stride));
        group.forward().multiply(all.outgoing_mut(), Store::Replace, &distinct);
        all
    };
    plan.groups.iter().map(part).collect()
}
