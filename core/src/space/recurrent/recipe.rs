//! A cell as a checked graph.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Draft, Operation};
use crate::plain::excerpt;
use crate::{Error, Result};

/// Most states a cell of this space carries from step to step.
pub const MOST_STATES: usize = 3;

/// Where a node reads from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Source {
    /// The input of the step, `x`: [B, E] in the first layer, [B, H] above.
    Input,
    /// The k-th state of the step before, `h_prev_k`: [B, H].
    State(usize),
    /// The output of the node at this position of the recipe: [B, H].
    Node(usize),
}

/// One node of a cell.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Node {
    /// Its key in the recipe.
    pub name: String,
    /// What it does.
    pub operation: Operation,
    /// What it reads, in order.
    pub inputs: Vec<Source>,
}

/// A recurrent cell: one step from the input `x` and the states `h_prev_k` to the states `h_new_k`.
///
/// Always whole: every input exists, no node waits for itself, the states are numbered without a gap. Two recipes are
/// equal when they have the same nodes in the same order: the order decides which random numbers a weight gets.
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

    /// A recipe from the text of its JSON object. A golden file or a line of the published recipes serves too: their
    /// key `recipe` is read.
    ///
    /// # Errors
    /// [`Error::Recipe`] with the node, or the line and column, at fault.
    pub fn from_json(text: &str) -> Result<Self> {
        Draft::from_json(text)?.recipe()
    }

    /// The nodes in key order.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Positions of the nodes in an order in which every node comes after what it reads.
    pub fn order(&self) -> &[usize] {
        &self.order
    }

    /// Positions of the nodes that are the states of the next step: `h_new_0`, `h_new_1`, ….
    pub fn outputs(&self) -> &[usize] {
        &self.outputs
    }

    /// Whether another cell is the same but for the names of its nodes.
    pub fn computes_as(&self, other: &Self) -> bool {
        let alike = |(a, b): (&Node, &Node)| (a.operation, &a.inputs) == (b.operation, &b.inputs);
        self.nodes.len() == other.nodes.len()
            && self.outputs == other.outputs
            && self.nodes.iter().zip(&other.nodes).all(alike)
    }

    /// How many states the cell carries: 1 to [`MOST_STATES`].
    pub fn states(&self) -> usize {
        self.outputs.len()
    }

    /// The linear nodes in key order, with their positions.
    pub fn linears(&self) -> impl Iterator<Item = (usize, &Node)> {
        self.nodes.iter().enumerate().filter(|(_, node)| node.operation == Operation::Linear)
    }

    /// Nodes on the longest path through one step.
    pub fn depth(&self) -> usize {
        let mut depth = vec![0; self.nodes.len()];
        for &at in &self.order {
            depth[at] = 1 + predecessors(&self.nodes[at]).map(|before| depth[before]).max().unwrap_or(0);
        }
        depth.into_iter().max().unwrap_or(0)
    }

    /// The name of a source as it stands in a recipe.
    pub fn source_name(&self, source: Source) -> String {
        match source {
            Source::Input => "x".to_owned(),
            Source::State(state) => format!("h_prev_{state}"),
            Source::Node(at) => self.nodes[at].name.clone(),
        }
    }
}

/// The positions among nodes that a node reads.
fn predecessors(node: &Node) -> impl Iterator<Item = usize> {
    node.inputs.iter().filter_map(|input| match input {
        Source::Node(at) => Some(*at),
        Source::Input | Source::State(_) => None,
    })
}

fn outputs(nodes: &[Node]) -> Result<Vec<usize>> {
    let position = |state: usize| nodes.iter().position(|node| node.name == format!("h_new_{state}"));
    let outputs: Vec<usize> = (0..).map_while(position).collect();
    let beyond = nodes.iter().find(|node| {
        node.name.strip_prefix("h_new_").is_some_and(|digits| {
            digits.bytes().all(|byte| byte.is_ascii_digit()) && !outputs.iter().any(|&at| nodes[at].name == node.name)
        })
    });
    match beyond {
        _ if outputs.is_empty() => Err(wrong("h_new_0", "missing; a cell needs the state it hands to the next step")),
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
    for (at, node) in nodes.iter().enumerate() {
        predecessors(node).for_each(|before| readers[before].push(at));
    }
    let mut order: Vec<usize> = (0..nodes.len()).filter(|&at| waiting[at] == 0).collect();
    let mut done = 0;
    while let Some(&at) = order.get(done) {
        done += 1;
        for &reader in &readers[at] {
            waiting[reader] -= 1;
            if waiting[reader] == 0 {
                order.push(reader);
            }
        }
    }
    match (0..nodes.len()).find(|&at| waiting[at] > 0) {
        Some(at) => Err(wrong(&nodes[at].name, "waits for itself; the nodes of a step must not form a cycle")),
        None => Ok(order),
    }
}

pub(super) fn wrong(node: &str, problem: impl Into<String>) -> Error {
    Error::Recipe { place: format!("node {}", excerpt(node)), problem: problem.into() }
}

impl fmt::Display for Recipe {
    /// The recipe as JSON on one line, keys in order.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

impl Serialize for Recipe {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        Draft::from(self).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Recipe {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        Draft::deserialize(deserializer)?.recipe().map_err(serde::de::Error::custom)
    }
}
