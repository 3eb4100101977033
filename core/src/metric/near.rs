//! NEAR: Σ over linear nodes and activations of the effective rank of what they give, exp of the entropy of s / Σ s, with s
//! the singular values of y [tokens, features], which is not centred. Husistein, Reiher and Eckhoff, *NEAR* (ICLR 2025).
//!
//! The published code takes a random square window of y, and norms and tables, too; here all tokens count.

use super::about::{About, LANGUAGE_MODELS};
use super::term_sum::{TermSum, Total};
use crate::linalg::entropy;
use crate::observation::{Gram, Need, Node, NodeKind, NodeReduction};

const RANKS: NodeReduction = NodeReduction { id: "near", selects: NodeKind::is_node, term: effective_rank };

/// The sum.
pub const NEAR: TermSum = TermSum {
    about: About {
        id: "near",
        title: "NEAR",
        summary: "In how many directions what the nodes give extends.",
        formula: "sum over linear nodes and activations of exp(-sum p ln p), p = s / sum s, s the singular values of y: tokens x features",
        unit: "directions",
        source: "Husistein et al., ICLR 2025",
    },
    families: LANGUAGE_MODELS,
    need: Need::Nodes(&RANKS),
    total: Total::Sum,
};

fn effective_rank(node: &Node) -> f64 {
    let values = node.gram().and_then(Gram::singular_values);
    values.map_or(f64::NAN, |values| entropy(values.into_iter(), 0.0).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Singular values 2 and 2: entropy ln 2, rank 2. One direction: rank 1.
    #[test]
    fn ranks_of_two_tokens() {
        let of = |values: &[f32]| effective_rank(&Node::new(NodeKind::Activation, 2, values, 2));
        assert!((of(&[2.0, 0.0, 0.0, -2.0]) - 2.0).abs() < 1e-12);
        assert!((of(&[1.0, 1.0, 2.0, 2.0]) - 1.0).abs() < 1e-6);
    }
}
