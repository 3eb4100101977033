//! A cell as a checked graph.

use super::Operation;
use crate::plain::excerpt;
use crate::{Error, Result};

/// Largest number of states that a cell of this space carries from step to step.
pub const MOST_STATES: usize = 3;

/// The source of an input of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Source {
    /// The input of the step, `x`: [B, E] in the first layer, [B, H] above.
    Input,
    /// The k-th state of the step before, `h_prev_k`: [B, H].
    State(usize),
    /// The output of the node with this index in the recipe: [B, H].
    Node(usize),
}

/// One node of a cell.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Node {
    /// Its key in the recipe.
    pub name: String,
    /// Its operation.
    pub operation: Operation,
    /// Its inputs, in order.
    pub inputs: Vec<Source>,
}

/// A recurrent cell: one step from the input `x` and the states `h_prev_k` to the states `h_new_k`.
///
/// Always valid: every input exists, no node depends on itself, the states are numbered without a gap. Two recipes are
/// equal when they have the same nodes in the same order: the order determines which random numbers a weight gets.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Recipe {
    nodes: Vec<Node>,
    order: Vec<usize>,
    outputs: Vec<usize>,
}

impl Recipe {
    /// A recipe from its nodes in key order.
    ///
    /// # Errors
    /// [`Error::Recipe`] with the node at fault: a missing or repeated state, a wrong number of inputs, a cycle.
    pub fn new(nodes: Vec<Node>) -> Result<Self> {
        let outputs = outputs(&nodes)?;
        for node in &nodes {
            check_inputs(node, outputs.len())?;
        }
        let order = topological_order(&nodes)?;
        Ok(Self { nodes, order, outputs })
    }

    /// The nodes in key order.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Indices of the nodes in topological order: every node comes after its inputs.
    pub fn order(&self) -> &[usize] {
        &self.order
    }

    /// Indices of the nodes that are the states of the next step: `h_new_0`, `h_new_1`, ….
    pub fn outputs(&self) -> &[usize] {
        &self.outputs
    }

    /// Whether another cell differs at most in the names of its nodes.
    pub fn computes_as(&self, other: &Self) -> bool {
        let alike = |(a, b): (&Node, &Node)| (a.operation, &a.inputs) == (b.operation, &b.inputs);
        self.nodes.len() == other.nodes.len()
            && self.outputs == other.outputs
            && self.nodes.iter().zip(&other.nodes).all(alike)
    }

    /// Number of states that the cell carries: 1 to [`MOST_STATES`].
    pub fn states(&self) -> usize {
        self.outputs.len()
    }

    /// The linear nodes in key order, with their indices.
    pub fn linears(&self) -> impl Iterator<Item = (usize, &Node)> {
        self.nodes.iter().enumerate().filter(|(_, node)| node.operation == Operation::Linear)
    }

    /// Nodes on the longest path through one step.
    pub fn depth(&self) -> usize {
        let mut depth = vec![0; self.nodes.len()];
        for &index in &self.order {
            depth[index] = 1 + predecessors(&self.nodes[index]).map(|before| depth[before]).max().unwrap_or(0);
        }
        depth.into_iter().max().unwrap_or(0)
    }

    /// The name of a source in a recipe.
    pub fn source_name(&self, source: Source) -> String {
        match source {
            Source::Input => "x".to_owned(),
            Source::State(state) => format!("h_prev_{state}"),
            Source::Node(index) => self.nodes[index].name.clone(),
        }
    }
}

/// Indices of the nodes that a node reads.
fn predecessors(node: &Node) -> impl Iterator<Item = usize> {
    node.inputs.iter().filter_map(|input| match input {
        Source::Node(index) => Some(*index),
        Source::Input | Source::State(_) => None,
    })
}

fn outputs(nodes: &[Node]) -> Result<Vec<usize>> {
    let position = |state: usize| nodes.iter().position(|node| node.name == format!("h_new_{state}"));
    let outputs: Vec<usize> = (0..).map_while(position).collect();
    let beyond = nodes.iter().find(|node| {
        node.name.strip_prefix("h_new_").is_some_and(|digits| {
            let known = outputs.iter().any(|&index| nodes[index].name == node.name);
            digits.bytes().all(|byte| byte.is_ascii_digit()) && !known
        })
    });
    match beyond {
        _ if outputs.is_empty() => Err(wrong("h_new_0", "missing; a cell needs a state for the next step")),
        Some(node) => {
            Err(wrong(&node.name, format!("there is no h_new_{}; states are numbered without a gap", outputs.len())))
        }
        None if outputs.len() > MOST_STATES => Err(wrong("h_new_3", "a cell carries at most three states")),
        None => Ok(outputs),
    }
}

fn check_inputs(node: &Node, states: usize) -> Result<()> {
    let (fewest, most) = node.operation.arity();
    let count = node.inputs.len();
    if !(fewest..=most).contains(&count) {
        let wanted = match (fewest, most) {
            (fewest, most) if fewest == most => fewest.to_string(),
            (fewest, most) => format!("{fewest} to {most}"),
        };
        return Err(wrong(&node.name, format!("{} takes {wanted} inputs, not {count}", node.operation.name())));
    }
    let absent = node.inputs.iter().find(|input| matches!(input, Source::State(state) if *state >= states));
    match absent {
        Some(Source::State(state)) => {
            Err(wrong(&node.name, format!("input h_prev_{state} does not exist; the cell has no h_new_{state}")))
        }
        _ if node.operation != Operation::Linear && node.inputs.contains(&Source::Input) => {
            Err(wrong(&node.name, "only a linear node can read x, whose width may differ from the state's"))
        }
        _ => Ok(()),
    }
}

fn topological_order(nodes: &[Node]) -> Result<Vec<usize>> {
    let mut waiting: Vec<usize> = nodes.iter().map(|node| predecessors(node).count()).collect();
    let mut readers = vec![Vec::new(); nodes.len()];
    for (index, node) in nodes.iter().enumerate() {
        predecessors(node).for_each(|before| readers[before].push(index));
    }
    let mut order: Vec<usize> = (0..nodes.len()).filter(|&index| waiting[index] == 0).collect();
    let mut done = 0;
    while let Some(&index) = order.get(done) {
        done += 1;
        for &reader in &readers[index] {
            waiting[reader] -= 1;
            if waiting[reader] == 0 {
                order.push(reader);
            }
        }
    }
    match (0..nodes.len()).find(|&index| waiting[index] > 0) {
        Some(index) => Err(wrong(&nodes[index].name, "depends on itself; the nodes of a step must not form a cycle")),
        None => Ok(order),
    }
}

pub(super) fn wrong(node: &str, problem: impl Into<String>) -> Error {
    Error::Recipe { place: format!("node {}", excerpt(node)), problem: problem.into() }
}

/// Checks that a node can have this name.
///
/// # Errors
/// [`Error::Recipe`] where a source of the step has it, or it cannot be printed.
pub(super) fn check_name(name: &str) -> Result<()> {
    if name.chars().any(char::is_control) {
        return Err(wrong(&name.escape_debug().to_string(), "a name must not hold control characters"));
    }
    if name == "x" || name.starts_with("h_prev_") {
        return Err(wrong(name, "this name is taken by a source of the step"));
    }
    Ok(())
}
