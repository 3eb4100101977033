//! What linear maps and activations give for all tokens of a batch, and how it becomes a number.

use std::cell::OnceCell;
use std::sync::Arc;

use super::{Gram, Site, Term};

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeKind {
    /// A linear map with its bias; of a recurrent network a linear node, the sum of its maps.
    Linear {
        /// Width of what it reads; of several inputs together.
        inputs: usize,
        /// Whether an activation reads it; every linear node of a recurrent network counts as read by one.
        activated: bool,
    },
    /// What an activation gives.
    Activation,
    /// What a block gives: of a transformer the sum after a residual branch, of a recurrent network the output of a layer.
    Block,
}

impl NodeKind {
    /// Whether it is a linear map or an activation.
    pub fn is_node(self) -> bool {
        self != Self::Block
    }
}

/// A node of a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeSpec {
    /// Where it is.
    pub site: Arc<Site>,
    /// What it is.
    pub kind: NodeKind,
}

/// The values of a node.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeValues {
    /// Which one.
    pub spec: NodeSpec,
    /// F: features.
    pub features: usize,
    /// [n, F]: of all tokens, sequence by sequence.
    pub values: Vec<f32>,
}

/// The values of a node as reductions read them.
#[derive(Debug, Clone)]
pub struct Node<'a> {
    /// What it is.
    pub kind: NodeKind,
    /// F: features.
    pub features: usize,
    /// [n, F]: of all tokens, sequence by sequence.
    pub values: &'a [f32],
    /// Tokens of the first sequence.
    pub first: usize,
    /// Computed when it is first read; none where a value is not finite.
    gram: OnceCell<Option<Gram>>,
}

impl<'a> Node<'a> {
    /// Values [n, F] of all tokens, of which the first sequence has `first`.
    pub fn new(kind: NodeKind, features: usize, values: &'a [f32], first: usize) -> Self {
        Self { kind, features, values, first, gram: OnceCell::new() }
    }

    /// The products of the values with themselves; none where one is not finite.
    pub fn gram(&self) -> Option<&Gram> {
        self.gram.get_or_init(|| Gram::new(self.values, self.features)).as_ref()
    }
}

/// What a metric makes of the values of nodes: one number each.
#[derive(Debug, Clone, Copy)]
pub struct NodeReduction {
    /// Metrics that read the same numbers share it.
    pub id: &'static str,
    /// Which nodes count.
    pub selects: fn(NodeKind) -> bool,
    /// The number.
    pub term: fn(&Node) -> f64,
}

impl NodeValues {
    /// The number of each reduction that counts it; `first` are the tokens of the first sequence.
    pub fn terms(&self, reductions: &[&'static NodeReduction], first: usize) -> Vec<Option<Term>> {
        let Self { spec, features, values } = self;
        let node = Node::new(spec.kind, *features, values, first.min(values.len() / features));
        let term = |reduction: &&NodeReduction| {
            (reduction.selects)(spec.kind)
                .then(|| Term { site: Arc::clone(&spec.site), value: (reduction.term)(&node) })
        };
        reductions.iter().map(term).collect()
    }
}

/// The values y of a linear node and their gradient dy of the loss, reduced: what depends on features is summed over them.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeGradient {
    /// Where it is.
    pub site: Arc<Site>,
    /// Width of what it reads; of several inputs together.
    pub inputs: usize,
    /// F: features.
    pub features: usize,
    /// Σ over features of the mean over all tokens of (y · dy)².
    pub by_token: f64,
    /// Σ over features of the mean over sequences of (Σ over tokens of y · dy)².
    pub by_sequence: f64,
}

/// What a metric makes of a linear node with its gradient.
#[derive(Debug, Clone, Copy)]
pub struct NodeGradientReduction {
    /// Metrics that read the same numbers share it.
    pub id: &'static str,
    /// The number.
    pub term: fn(&NodeGradient) -> f64,
}

/// Sums of a linear node over the tokens and sequences seen so far.
#[derive(Debug, Clone)]
pub struct NodeGradientSums {
    /// `[F]`: Σ over tokens of (y · dy)².
    tokens: Vec<f64>,
    /// `[F]`: Σ over sequences of (Σ over tokens of y · dy)².
    sequences: Vec<f64>,
    /// How many of each there were.
    counts: [usize; 2],
}

impl NodeGradientSums {
    /// Nothing yet, of so many features.
    pub fn new(features: usize) -> Self {
        Self { tokens: vec![0.0; features], sequences: vec![0.0; features], counts: [0; 2] }
    }

    /// Adds a sequence: values and gradients of every token, `[F]` each.
    pub fn add<'a>(&mut self, tokens: impl Iterator<Item = (&'a [f32], &'a [f32])>) {
        let mut sums = vec![0.0; self.tokens.len()];
        for (values, gradients) in tokens {
            self.counts[0] += 1;
            let entries = self.tokens.iter_mut().zip(&mut sums).zip(values.iter().zip(gradients));
            entries.for_each(|((squares, sum), (&y, &dy))| {
                let product = f64::from(y) * f64::from(dy);
                *squares += product * product;
                *sum += product;
            });
        }
        self.counts[1] += 1;
        self.sequences.iter_mut().zip(sums).for_each(|(squares, sum)| *squares += sum * sum);
    }

    /// The node, which reads inputs of this width together.
    pub fn finish(&self, site: Arc<Site>, inputs: usize) -> NodeGradient {
        let mean = |sums: &[f64], count: usize| sums.iter().sum::<f64>() / count as f64;
        let (by_token, by_sequence) = (mean(&self.tokens, self.counts[0]), mean(&self.sequences, self.counts[1]));
        NodeGradient { site, inputs, features: self.tokens.len(), by_token, by_sequence }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One feature, two tokens of one sequence with y · dy = 2 and −6: the mean of squares 20, the square of the sum 16.
    #[test]
    fn squares_by_token_and_by_sequence() {
        let mut sums = NodeGradientSums::new(1);
        let (values, gradients) = ([1.0, 2.0], [2.0, -3.0]);
        sums.add(values.chunks(1).zip(gradients.chunks(1)));
        let node = sums.finish(Site::in_layer(0, "a"), 3);
        assert_eq!((node.by_token, node.by_sequence), (20.0, 16.0));
    }
}
