//! A cell prepared to run: the order of its operations, and its matrices joined by source.

use std::sync::OnceLock;

use super::super::sizes::source_width;
use super::super::weights::CellWeights;
use super::panels::Panels;
use crate::observation::NodeKind;
use crate::space::recurrent::{Node, Operation, Recipe, Source};

/// One operation of a step.
#[derive(Debug, Clone, Copy)]
pub enum Action {
    /// Multiply the group's source with its matrices.
    Product(usize),
    /// Compute the node with this index in the recipe.
    Node(usize),
}

/// All matrices that read one source, concatenated along their rows.
#[derive(Debug)]
pub struct Group<'a> {
    /// The source they read.
    pub source: Source,
    /// The linear node of each, and its index among the inputs of that node.
    pub users: Vec<(usize, usize)>,
    /// [H, width] of each.
    pub matrices: Vec<&'a [f32]>,
    /// Width of the source.
    pub width: usize,
    /// H.
    height: usize,
    forward: OnceLock<Panels>,
    backward: OnceLock<Panels>,
}

impl Group<'_> {
    fn new(source: Source, width: usize, height: usize) -> Self {
        let (forward, backward) = (OnceLock::new(), OnceLock::new());
        Self { source, users: Vec::new(), matrices: Vec::new(), width, height, forward, backward }
    }

    /// [width, users · H]: the transposed matrices, for the forward pass.
    pub fn forward(&self) -> &Panels {
        self.forward.get_or_init(|| Panels::from_columns(self.width, self.rows(), |column| self.row(column)))
    }

    /// [users · H, width]: the matrices, for the backward pass.
    pub fn backward(&self) -> &Panels {
        self.backward.get_or_init(|| Panels::from_rows(self.rows(), self.width, |row| self.row(row)))
    }

    /// users · H.
    fn rows(&self) -> usize {
        self.matrices.len() * self.height
    }

    /// A row [width] of the concatenated matrices [users · H, width].
    fn row(&self, index: usize) -> &[f32] {
        &self.matrices[index / self.height][index % self.height * self.width..][..self.width]
    }
}

/// A cell with its weights.
#[derive(Debug)]
pub struct Plan<'a> {
    /// The cell.
    pub recipe: &'a Recipe,
    /// Matrices by source.
    pub groups: Vec<Group<'a>>,
    /// [H] per node; empty where the node is not linear.
    pub biases: Vec<&'a [f32]>,
    /// The operations of a step, in order.
    pub actions: Vec<Action>,
    /// Width of `x`.
    pub input: usize,
    /// H.
    pub width: usize,
}

impl<'a> Plan<'a> {
    /// Plans the cell of one layer.
    pub fn new(recipe: &'a Recipe, weights: &'a CellWeights) -> Self {
        let mut groups: Vec<Group<'a>> = Vec::new();
        let mut biases: Vec<&[f32]> = vec![&[]; recipe.nodes().len()];
        for ((index, node), linear) in recipe.linears().zip(&weights.linears) {
            biases[index] = &linear.bias;
            for (input, (&source, matrix)) in node.inputs.iter().zip(&linear.matrices).enumerate() {
                let width = source_width(source, weights.input, weights.width);
                let known = groups.iter().position(|group| group.source == source);
                let group = known.unwrap_or_else(|| {
                    groups.push(Group::new(source, width, weights.width));
                    groups.len() - 1
                });
                groups[group].users.push((index, input));
                groups[group].matrices.push(matrix);
            }
        }
        let actions = actions(recipe, &groups);
        Self { recipe, groups, biases, actions, input: weights.input, width: weights.width }
    }

    /// What a node is, where it is a linear map or an activation.
    pub fn kind(&self, node: usize) -> Option<NodeKind> {
        let Node { operation, inputs, .. } = &self.recipe.nodes()[node];
        if *operation == Operation::Linear {
            let inputs = inputs.iter().map(|&source| source_width(source, self.input, self.width)).sum();
            return Some(NodeKind::Linear { inputs, activated: true });
        }
        operation.is_activation().then_some(NodeKind::Activation)
    }

    /// The parts a linear node is the sum of: the group and the index in it.
    pub fn parts(&self, node: usize) -> impl Iterator<Item = (usize, usize)> {
        self.groups.iter().enumerate().flat_map(move |(group, matrices)| {
            let users = matrices.users.iter().enumerate();
            users.filter_map(move |(slot, (user, _))| (*user == node).then_some((group, slot)))
        })
    }
}

/// Whether a gradient reads the values of this node at earlier steps.
pub fn reads_again(recipe: &Recipe, node: usize) -> bool {
    let reads = |reader: &Node| {
        matches!(reader.operation, Operation::Linear | Operation::Product | Operation::Blend)
            && reader.inputs.contains(&Source::Node(node))
    };
    recipe.nodes()[node].operation.is_activation() || recipe.nodes().iter().any(reads)
}

/// Products with the states first, those with a node right after it; the product with `x` is computed for all steps at
/// once.
fn actions(recipe: &Recipe, groups: &[Group]) -> Vec<Action> {
    let with = |wanted: &dyn Fn(Source) -> bool| -> Vec<Action> {
        (0..groups.len()).filter(|&group| wanted(groups[group].source)).map(Action::Product).collect()
    };
    let states = with(&|source| matches!(source, Source::State(_)));
    let nodes = recipe
        .order()
        .iter()
        .flat_map(|&node| std::iter::once(Action::Node(node)).chain(with(&|source| source == Source::Node(node))));
    states.into_iter().chain(nodes).collect()
}
