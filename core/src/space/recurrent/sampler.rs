//! The generator of NAS-Bench-NLP, draw by draw, with configurable settings.

use std::collections::{HashMap, HashSet};

use super::{MOST_STATES, Node, Operation, Recipe, Source};
use crate::random::numpy::Numpy;
use crate::{Error, Result};

/// Draws cells. The same settings and seed always give the same cell, or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sampler {
    states: usize,
    budget: usize,
    order: Vec<usize>,
}

/// A node while the cell grows: inputs are names, because indices still change.
struct Sketch {
    name: String,
    operation: Operation,
    inputs: Vec<String>,
}

/// The operations that are drawn, and their relative probabilities.
const OPERATIONS: [Operation; 4] = [Operation::Linear, Operation::Blend, Operation::Product, Operation::Sum];
const OPERATION_WEIGHTS: [f64; 4] = [3.0, 1.0, 1.0, 1.0];
/// Two inputs of a linear map are four times as likely as three.
const CONNECTION_WEIGHTS: [f64; 2] = [4.0, 1.0];
const ACTIVATIONS: [Operation; 3] = [Operation::Tanh, Operation::Sigmoid, Operation::LeakyRelu];

impl Sampler {
    /// The published budget: number of nodes drawn beyond one per state, before pruning.
    pub const PUBLISHED_BUDGET: usize = 13;

    /// Largest accepted budget, far above any useful cell.
    const MOST_BUDGET: usize = 500;

    /// The order in which the published generator listed the states as candidates for gates and products.
    pub fn published_order(states: usize) -> Vec<usize> {
        match states {
            3 => vec![1, 0, 2],
            states => (0..states.min(MOST_STATES + 1)).rev().collect(),
        }
    }

    /// A sampler of cells with this number of `states`, grown to `budget` nodes beyond one per state, that lists the
    /// previous states as candidates in `order`.
    ///
    /// # Errors
    /// [`Error::Size`] when the settings describe no cell of this space.
    pub fn new(states: usize, budget: usize, order: Vec<usize>) -> Result<Self> {
        let size = |name, value, problem: String| Err(Error::Size { name, value, problem });
        let mut sorted = order.clone();
        sorted.sort_unstable();
        if !(1..=MOST_STATES).contains(&states) {
            return size("states", states, format!("must be from 1 to {MOST_STATES}"));
        }
        if !(1..=Self::MOST_BUDGET).contains(&budget) {
            return size("budget", budget, format!("must be from 1 to {}", Self::MOST_BUDGET));
        }
        if sorted != (0..states).collect::<Vec<_>>() {
            let last = states - 1;
            return size(
                "states",
                states,
                format!("the order must name every state from 0 to {last} once, not {order:?}"),
            );
        }
        Ok(Self { states, budget, order })
    }

    /// The sampler the benchmark was drawn with; `None` for a number of states it does not have.
    pub fn published(states: usize) -> Option<Self> {
        Self::new(states, Self::PUBLISHED_BUDGET, Self::published_order(states)).ok()
    }

    /// The cell of this seed; `None` where the generator rejects the draw: not every source is used, or a new state
    /// reads a previous one directly.
    pub fn sample(&self, seed: u32) -> Option<Recipe> {
        let mut random = Numpy::from_seed(seed);
        let mut nodes = self.grow(&mut random);
        self.name_states(&mut nodes, &mut random);
        self.prune(&mut nodes);
        if !self.accepts(&nodes) {
            return None;
        }
        let positions: HashMap<String, usize> =
            nodes.iter().enumerate().map(|(index, node)| (node.name.clone(), index)).collect();
        let nodes = nodes.into_iter().map(|node| self.finish(node, &positions)).collect();
        Recipe::new(nodes).ok()
    }

    fn grow(&self, random: &mut Numpy) -> Vec<Sketch> {
        let base: Vec<String> = std::iter::once("x".to_owned()).chain((0..self.states).map(previous)).collect();
        let mut nodes: Vec<Sketch> = Vec::new();
        // Nodes are numbered as they are drawn, so a node's number is its index before pruning.
        while nodes.len() < self.states + self.budget {
            match OPERATIONS[random.weighted(&OPERATION_WEIGHTS)] {
                Operation::Linear => grow_linear(&mut nodes, &base, random),
                operation => self.grow_gate(&mut nodes, operation, random),
            }
        }
        nodes
    }

    fn grow_gate(&self, nodes: &mut Vec<Sketch>, operation: Operation, random: &mut Numpy) {
        let (fewest, _) = operation.arity();
        let states = self.order.iter().copied().map(previous);
        let candidates: Vec<String> = states.chain(nodes.iter().map(|node| node.name.clone())).collect();
        if candidates.len() >= fewest {
            let inputs = random.without_replacement(&candidates, fewest);
            push(nodes, operation, inputs);
        }
    }

    /// Draws the nodes that become the new states; they move to the end in the order drawn.
    fn name_states(&self, nodes: &mut Vec<Sketch>, random: &mut Numpy) {
        let names: Vec<String> = nodes.iter().map(|node| node.name.clone()).collect();
        for (state, drawn) in random.without_replacement(&names, self.states).iter().enumerate() {
            let renamed = next(state);
            for input in nodes.iter_mut().flat_map(|node| &mut node.inputs).filter(|input| *input == drawn) {
                input.clone_from(&renamed);
            }
            if let Some(index) = nodes.iter().position(|node| node.name == *drawn) {
                let node = nodes.remove(index);
                nodes.push(Sketch { name: renamed, ..node });
            }
        }
    }

    fn prune(&self, nodes: &mut Vec<Sketch>) {
        let reached = self.reached(nodes);
        nodes.retain(|node| reached.contains(&node.name));
    }

    /// Names of the new states and of everything that they read, directly or indirectly.
    fn reached(&self, nodes: &[Sketch]) -> HashSet<String> {
        let inputs: HashMap<&str, &[String]> =
            nodes.iter().map(|node| (node.name.as_str(), node.inputs.as_slice())).collect();
        let mut reached = HashSet::new();
        let mut open: Vec<String> = (0..self.states).map(next).collect();
        while let Some(name) = open.pop() {
            if let Some(inputs) = inputs.get(name.as_str()).filter(|_| !reached.contains(&name)) {
                open.extend_from_slice(inputs);
            }
            reached.insert(name);
        }
        reached
    }

    fn accepts(&self, nodes: &[Sketch]) -> bool {
        let reached = self.reached(nodes);
        let all_used = reached.contains("x") && (0..self.states).all(|state| reached.contains(&previous(state)));
        let direct = |node: &Sketch| node.inputs.iter().any(|input| input.starts_with("h_prev_"));
        all_used && !nodes.iter().any(|node| node.name.starts_with("h_new_") && direct(node))
    }

    fn finish(&self, node: Sketch, positions: &HashMap<String, usize>) -> Node {
        let source = |name: &String| match positions.get(name) {
            Some(&index) => Source::Node(index),
            None => (0..self.states).find(|&state| *name == previous(state)).map_or(Source::Input, Source::State),
        };
        Node { inputs: node.inputs.iter().map(source).collect(), name: node.name, operation: node.operation }
    }
}

fn grow_linear(nodes: &mut Vec<Sketch>, base: &[String], random: &mut Numpy) {
    let activated = nodes.iter().filter(|node| node.operation.is_activation()).map(|node| node.name.clone());
    let candidates: Vec<String> = base.iter().cloned().chain(activated).collect();
    let connections = (2 + random.weighted(&CONNECTION_WEIGHTS)).min(candidates.len());
    let inputs = random.without_replacement(&candidates, connections);
    let linear = push(nodes, Operation::Linear, inputs);
    let activation = ACTIVATIONS[random.weighted(&[1.0; 3])];
    push(nodes, activation, vec![linear]);
}

fn push(nodes: &mut Vec<Sketch>, operation: Operation, inputs: Vec<String>) -> String {
    let name = format!("node_{}", nodes.len());
    nodes.push(Sketch { name: name.clone(), operation, inputs });
    name
}

fn previous(state: usize) -> String {
    format!("h_prev_{state}")
}

fn next(state: usize) -> String {
    format!("h_new_{state}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn settings_that_describe_no_cell_are_refused() {
        for (states, budget, order) in
            [(0, 13, vec![]), (4, 13, vec![0, 1, 2, 3]), (2, 0, vec![0, 1]), (2, 13, vec![0, 0])]
        {
            assert!(Sampler::new(states, budget, order).is_err());
        }
    }

    proptest! {
        #[test]
        fn samples_are_valid_and_repeatable(seed: u32, states in 1..=3usize, budget in 1..40usize) {
            let sampler = Sampler::new(states, budget, Sampler::published_order(states)).unwrap();
            let recipe = sampler.sample(seed);
            prop_assert_eq!(&recipe, &sampler.sample(seed));
            if let Some(recipe) = recipe {
                prop_assert_eq!(recipe.states(), states);
                prop_assert_eq!(Recipe::from_json(&recipe.to_string()).unwrap(), recipe);
            }
        }
    }
}
