//! MeCo: Σ over linear nodes and activations of the smallest eigenvalue of the correlations of what they give. Rows are the
//! tokens of the first sequence, columns features, as the published code reads such an array; or rows are features, columns
//! all tokens. Correlations that are not finite, of constant rows, count 0, and negative eigenvalues 0. Jiang et al.,
//! *MeCo* (NeurIPS 2023).
//!
//! More rows than columns depend on each other: then the term is 0. The published code reads containers of nodes, too.

use super::about::{About, LANGUAGE_MODELS};
use super::term_sum::{TermSum, Total};
use crate::linalg::eigenvalues;
use crate::observation::{Gram, Need, Node, NodeKind, NodeReduction};

const TOKENS: NodeReduction = NodeReduction { id: "meco", selects: NodeKind::is_node, term: of_tokens };
const FEATURES: NodeReduction = NodeReduction { id: "meco_features", term: of_features, ..TOKENS };

/// Of the tokens of the first sequence.
pub const MECO: TermSum = TermSum {
    about: About {
        id: "meco",
        title: "MeCo",
        summary: "How far what the nodes give for the tokens of a sequence is from depending on each other.",
        formula: "sum over linear nodes and activations of the smallest eigenvalue of corr(y), y: tokens of sequence 0 x features",
        unit: "score",
        source: "Jiang et al., NeurIPS 2023",
    },
    families: LANGUAGE_MODELS,
    need: Need::Nodes(&TOKENS),
    total: Total::Sum,
};

/// Of features.
pub const MECO_FEATURES: TermSum = TermSum {
    about: About {
        id: "meco_features",
        title: "MeCo of features",
        summary: "How far the features that the nodes give are from depending on each other.",
        formula: "sum over linear nodes and activations of the smallest eigenvalue of corr(y'), y: tokens x features",
        ..MECO.about
    },
    need: Need::Nodes(&FEATURES),
    ..MECO
};

/// Of the tokens of the first sequence: features of the transposed values.
fn of_tokens(node: &Node) -> f64 {
    let first = &node.values[..node.first * node.features];
    let value = |index: usize| first[index % node.first * node.features + index / node.first];
    let transposed: Vec<f32> = (0..first.len()).map(value).collect();
    Gram::new(&transposed, node.first.max(1)).map_or(f64::NAN, |gram| smallest(&gram))
}

fn of_features(node: &Node) -> f64 {
    node.gram().map_or(f64::NAN, smallest)
}

/// The smallest eigenvalue of the correlations.
fn smallest(gram: &Gram) -> f64 {
    let Some(correlations) = gram.correlations() else { return 0.0 };
    let values = eigenvalues(&correlations);
    values.and_then(|values| values.first().copied()).map_or(f64::NAN, |value| value.max(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows (1, 2, 3) and (1, 3, 2) have correlation ½: eigenvalues 3/2 and ½. As features of three tokens the same; with a
    /// constant row 0.
    #[test]
    fn smallest_eigenvalues_of_two_rows() {
        fn of(values: &[f32], features: usize, first: usize) -> Node<'_> {
            Node::new(NodeKind::Activation, features, values, first)
        }
        assert!((of_tokens(&of(&[1.0, 2.0, 3.0, 1.0, 3.0, 2.0], 3, 2)) - 0.5).abs() < 1e-12);
        assert!((of_features(&of(&[1.0, 1.0, 2.0, 3.0, 3.0, 2.0], 2, 3)) - 0.5).abs() < 1e-12);
        assert_eq!(of_tokens(&of(&[1.0, 2.0, 3.0, 1.0, 1.0, 1.0], 3, 2)), 0.0);
        assert_eq!(of_tokens(&of(&[1.0, 2.0], 1, 2)), 0.0);
    }
}
