//! The backward pass of one layer through all steps.

use super::super::reduce::{absolute_product, matrix_spec};
use super::super::sizes::source_width;
use super::super::weights::{CellWeights, LinearWeights};
use super::buffer::Buffer;
use super::elementwise::{activate_backward, add, add_product, multiply};
use super::forward::Trace;
use super::panels::Store;
use super::plan::{Action, Plan};
use crate::network::matmul::{matrix, product};
use crate::observation::{Needs, NodeGradient, NodeGradientSums, Parameter, Site};
use crate::progress::Progress;
use crate::space::recurrent::{Node, Operation, Source};

/// The gradients of one layer; R samples, as in [`Trace`].
pub struct Gradients<'a> {
    plan: &'a Plan<'a>,
    trace: &'a Trace<'a>,
    /// [R, H] per node, of the current step.
    nodes: Vec<Vec<f32>>,
    /// [R, H] per state, added to the gradients of the step before.
    states: Vec<Vec<f32>>,
    /// Per group: the gradients of its users, concatenated, [R, users · H] a step.
    parts: Vec<Buffer>,
    /// Σ |h · dh| over the incoming states `h_prev_0`: what the next step and the layer above read of them, as
    /// published, not what nodes of the same step read.
    pub hidden_saliency: f64,
}

impl<'a> Gradients<'a> {
    /// Runs the backward pass from `upstream` [T, R, H], the gradient of `h_new_0` at every step. With `save` the
    /// weights' gradients can be computed afterwards.
    pub fn run(plan: &'a Plan, trace: &'a Trace, upstream: &[f32], save: bool, progress: &Progress) -> Self {
        let (steps, size) = (trace.steps(), upstream.len() / trace.steps());
        let parts = plan.groups.iter().map(|group| {
            let slots = if save || group.source == Source::Input { steps } else { 1 };
            Buffer::new(slots, size * group.users.len())
        });
        let mut gradients = Self {
            plan,
            trace,
            nodes: vec![vec![0.0; size]; plan.recipe.nodes().len()],
            states: vec![vec![0.0; size]; plan.recipe.states()],
            parts: parts.collect(),
            hidden_saliency: 0.0,
        };
        for step in (0..steps).rev() {
            gradients.step(step, &upstream[step * size..][..size]);
            progress.advance(2);
        }
        gradients
    }

    /// [T, R, width of x]: the gradient of the layer's input.
    pub fn input(&self) -> Vec<f32> {
        let mut gradient = vec![0.0; self.trace.of_source(Source::Input).len()];
        let group = self.plan.groups.iter().zip(&self.parts).find(|(group, _)| group.source == Source::Input);
        if let Some((group, part)) = group {
            group.backward().multiply(&mut gradient, Store::Replace, part.outgoing());
        }
        gradient
    }

    /// Calls `visit` with every matrix whose gradient is read, of a layer counted from 0. Needs `save`.
    pub fn parameters(&self, layer: usize, needs: &Needs, visit: &mut dyn FnMut(&Parameter)) {
        let width = self.plan.width;
        for (group, part) in self.plan.groups.iter().zip(&self.parts) {
            let specs =
                group.users.iter().map(|&user| matrix_spec(self.plan.recipe, layer, user, [width, group.width]));
            let read: Vec<_> = specs.enumerate().filter(|(_, spec)| needs.reads(spec)).collect();
            if read.is_empty() {
                continue;
            }
            let source = matrix(self.trace.of_source(group.source), group.width);
            let users = matrix(part.outgoing(), group.users.len() * width);
            let mut gradient = vec![0.0; width * group.width];
            for (slot, spec) in &read {
                let user = users.subcols(slot * width, width).transpose();
                product(&mut gradient, user, source);
                visit(&Parameter { spec, weight: group.matrices[*slot], gradient: &gradient, second: &[] });
            }
        }
    }

    /// The gradients of all weights of the cell; of matrices that do not read `x` only where `all` says so. Needs
    /// `save`.
    pub fn weights(&self, all: bool) -> CellWeights {
        let Plan { recipe, width, input, .. } = *self.plan;
        let linear = |(index, node): (usize, &Node)| LinearWeights {
            bias: self.bias(index),
            matrices: vec![Vec::new(); node.inputs.len()],
        };
        let mut linears: Vec<LinearWeights> = recipe.linears().map(linear).collect();
        let position = |node| recipe.linears().position(|(index, _)| index == node);
        let groups = self.plan.groups.iter().zip(&self.parts).filter(|(group, _)| all || group.source == Source::Input);
        for (group, part) in groups {
            let source = matrix(self.trace.of_source(group.source), group.width);
            let users = matrix(part.outgoing(), group.users.len() * width);
            let mut gradient = vec![0.0; group.users.len() * width * group.width];
            product(&mut gradient, users.transpose(), source);
            for (&(node, input), gradient) in group.users.iter().zip(gradient.chunks(width * group.width)) {
                if let Some(linear) = position(node) {
                    linears[linear].matrices[input] = gradient.to_vec();
                }
            }
        }
        CellWeights { input, width, linears }
    }

    /// Every linear node of a layer, counted from 0, with the squares of its values times their gradients. Needs `save`, and
    /// the values of all nodes.
    pub fn nodes(&self, layer: usize) -> Vec<NodeGradient> {
        let Plan { recipe, width, .. } = *self.plan;
        let node = |(index, node): (usize, &Node)| {
            let inputs = node.inputs.iter().map(|&source| source_width(source, self.plan.input, width)).sum();
            let mut sums = NodeGradientSums::new(width);
            if let Some((group, slot)) = self.plan.parts(index).next() {
                let stride = self.plan.groups[group].users.len() * width;
                let gradients: Vec<&[f32]> = self.parts[group].outgoing().chunks(stride).collect();
                let values: Vec<&[f32]> = self.trace.of_node(index).chunks(width).collect();
                let rows = values.len() / self.trace.steps();
                for row in 0..rows {
                    let tokens = values.iter().zip(&gradients).skip(row).step_by(rows);
                    sums.add(tokens.map(|(values, gradients)| (*values, &gradients[slot * width..][..width])));
                }
            }
            sums.finish(Site::in_layer(layer, &node.name), inputs)
        };
        recipe.linears().map(node).collect()
    }

    /// `[H]`: the gradient of the bias of a linear node, which is summed over all samples and steps.
    fn bias(&self, node: usize) -> Vec<f32> {
        let width = self.plan.width;
        let mut bias = vec![0.0; width];
        if let Some((group, slot)) = self.plan.parts(node).next() {
            let stride = self.plan.groups[group].users.len() * width;
            let rows = self.parts[group].outgoing().chunks(stride);
            rows.for_each(|row| add(&mut bias, &row[slot * width..][..width]));
        }
        bias
    }

    /// The backward pass of one step from the upstream gradient [R, H].
    fn step(&mut self, step: usize, upstream: &[f32]) {
        self.nodes.iter_mut().for_each(|gradient| gradient.fill(0.0));
        add(&mut self.nodes[self.plan.recipe.outputs()[0]], upstream);
        for (&node, state) in self.plan.recipe.outputs().iter().zip(&mut self.states) {
            add(&mut self.nodes[node], state);
            state.fill(0.0);
        }
        if step + 1 < self.trace.steps() {
            let state = self.plan.recipe.outputs()[0];
            self.hidden_saliency += absolute_product(&self.nodes[state], self.trace.read(Source::Node(state), step));
        }
        for &action in self.plan.actions.iter().rev() {
            match action {
                Action::Product(group) => self.multiply(group, step),
                Action::Node(node) => self.differentiate(node, step),
            }
        }
    }

    /// Adds the gradients of a group's users, times its matrices, to the gradient of its source.
    fn multiply(&mut self, index: usize, step: usize) {
        let group = &self.plan.groups[index];
        let target = match group.source {
            Source::Node(node) => &mut self.nodes[node],
            Source::State(state) => &mut self.states[state],
            Source::Input => return,
        };
        group.backward().multiply(target, Store::Add, self.parts[index].at(step));
    }

    /// Propagates the gradient of a node, complete by now, to its inputs.
    fn differentiate(&mut self, index: usize, step: usize) {
        let gradient = std::mem::take(&mut self.nodes[index]);
        let node = &self.plan.recipe.nodes()[index];
        let read = |input: usize| self.trace.read(node.inputs[input], step);
        match node.operation {
            Operation::Linear => self.split(index, step, &gradient),
            Operation::Sum => {
                for &source in &node.inputs {
                    self.accumulate(source, |target| add(target, &gradient));
                }
            }
            Operation::Product => self.product_rule(index, step, &gradient),
            Operation::Blend => {
                let (z, a, b) = (read(0), read(1), read(2));
                let difference: Vec<f32> = a.iter().zip(b).map(|(a, b)| a - b).collect();
                self.accumulate(node.inputs[0], |target| add_product(target, &gradient, &difference, |d| d));
                self.accumulate(node.inputs[1], |target| add_product(target, &gradient, z, |z| z));
                self.accumulate(node.inputs[2], |target| add_product(target, &gradient, z, |z| 1.0 - z));
            }
            activation => {
                let out = self.trace.read(Source::Node(index), step);
                self.accumulate(node.inputs[0], |target| activate_backward(activation, out, &gradient, target));
            }
        }
        self.nodes[index] = gradient;
    }

    /// Every input's gradient is the upstream gradient [R, H] times all other inputs.
    fn product_rule(&mut self, index: usize, step: usize, gradient: &[f32]) {
        let node = &self.plan.recipe.nodes()[index];
        for (own, &source) in node.inputs.iter().enumerate() {
            let mut share = gradient.to_vec();
            for (_, &other) in node.inputs.iter().enumerate().filter(|(input, _)| *input != own) {
                multiply(&mut share, self.trace.read(other, step));
            }
            self.accumulate(source, |target| add(target, &share));
        }
    }

    /// Copies the gradient [R, H] of a linear node into the parts of its groups, next to those of the other nodes that
    /// read the same source.
    fn split(&mut self, node: usize, step: usize, gradient: &[f32]) {
        let width = self.plan.width;
        for (group, slot) in self.plan.parts(node) {
            let stride = self.plan.groups[group].users.len() * width;
            let rows = self.parts[group].at_mut(step).chunks_mut(stride);
            for (row, gradient) in rows.zip(gradient.chunks(width)) {
                row[slot * width..][..width].copy_from_slice(gradient);
            }
        }
    }

    /// Applies `change` to the gradient [R, H] of a source. Only linear nodes read `x`; its gradient is computed for
    /// all steps at once by [`Self::input`].
    fn accumulate(&mut self, source: Source, change: impl FnOnce(&mut [f32])) {
        match source {
            Source::Node(node) => change(&mut self.nodes[node]),
            Source::State(state) => change(&mut self.states[state]),
            Source::Input => {}
        }
    }
}
