//! Parts of AZ-NAS (Lee and Ham, CVPR 2024), of what the blocks of a network give, fᵢ [n tokens, D]: of a transformer the sums
//! after its residual branches, of a recurrent network the outputs of its layers.
//!
//! ```text
//! expressivity   Σᵢ −Σ p ln(p + 1e-8), p the eigenvalues of cov(fᵢ) over their sum
//! progressivity  the smallest difference of neighbouring terms of it
//! trainability   mean over i ≥ 1 of 2 − s − 1 / (s + 1e-6), s the largest singular value of dᵀ g / n,
//!                g random signs in the place of the gradient of fᵢ, d what becomes of them at fᵢ₋₁
//! ```
//!
//! AZ-NAS adds up ln(rank / N) of these among N networks, with their floating-point operations. Progressivity was not used
//! for transformers.

use super::about::{About, LANGUAGE_MODELS, Metric};
use super::term_sum::{TermSum, Total, total};
use crate::family::Family;
use crate::linalg::entropy;
use crate::observation::{Gram, Need, Node, NodeKind, NodeReduction, Observation, Term};
use crate::undefined::Undefined;

const ENTROPIES: NodeReduction =
    NodeReduction { id: "az_expressivity", selects: |kind| kind == NodeKind::Block, term: expressivity };

/// Keeps the logarithm finite; the authors' value.
const EPSILON: f64 = 1e-8;

/// Σ over blocks of the entropy.
pub const AZ_EXPRESSIVITY: TermSum = TermSum {
    about: About {
        id: "az_expressivity",
        title: "AZ-NAS expressivity",
        summary: "How evenly what the blocks give extends in its directions.",
        formula: "sum over blocks of -sum p ln(p + 1e-8), p the eigenvalues of the covariance of features over their sum",
        unit: "nats",
        source: "Lee and Ham, CVPR 2024",
    },
    families: LANGUAGE_MODELS,
    need: Need::Nodes(&ENTROPIES),
    total: Total::Sum,
};

/// The smallest difference of neighbouring blocks.
pub struct Progressivity;

impl Metric for Progressivity {
    fn about(&self) -> &About {
        &About {
            id: "az_progressivity",
            title: "AZ-NAS progressivity",
            summary: "How much expressivity grows from block to block, at least.",
            formula: "smallest difference of neighbouring terms of az_expressivity",
            ..AZ_EXPRESSIVITY.about
        }
    }

    fn families(&self) -> &'static [Family] {
        LANGUAGE_MODELS
    }

    fn needs(&self) -> Vec<Need> {
        AZ_EXPRESSIVITY.needs()
    }

    fn score(&self, seen: &Observation) -> Result<f64, Undefined> {
        let terms = seen.terms(AZ_EXPRESSIVITY.need)?;
        total(&terms, Total::Sum)?;
        let differences = terms.windows(2).map(|pair| pair[1].value - pair[0].value);
        differences.reduce(f64::min).ok_or_else(|| Undefined::nan("one block alone has no neighbour"))
    }
}

/// How gradients pass through the blocks.
pub struct Trainability;

impl Metric for Trainability {
    fn about(&self) -> &About {
        &About {
            id: "az_trainability",
            title: "AZ-NAS trainability",
            summary: "How near the blocks are to passing gradients on as they are.",
            formula: "mean over blocks but the first of 2 - s - 1 / (s + 1e-6), s the largest singular value of d'g / n, g random signs, d their backward pass",
            unit: "score",
            ..AZ_EXPRESSIVITY.about
        }
    }

    fn families(&self) -> &'static [Family] {
        LANGUAGE_MODELS
    }

    fn needs(&self) -> Vec<Need> {
        vec![Need::Trainability]
    }

    fn score(&self, seen: &Observation) -> Result<f64, Undefined> {
        total(&self.terms(seen), Total::Mean)
    }

    fn terms(&self, seen: &Observation) -> Vec<Term> {
        let terms = seen.terms(Need::Trainability).unwrap_or_default();
        terms.into_iter().map(|Term { site, value: s }| Term { site, value: 2.0 - s - 1.0 / (s + 1e-6) }).collect()
    }
}

fn expressivity(node: &Node) -> f64 {
    node.gram()
        .and_then(Gram::variances)
        .map_or(f64::NAN, |values| entropy(values.into_iter().map(|value| value.max(0.0)), EPSILON))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::{Kind, Site};

    /// Tokens (1, 0), (−1, 0), (0, 1), (0, −1): both variances are equal, the entropy ln 2. Terms 1, 3, 4 differ by 1 at
    /// least. s = 1 and 2: 2 − 1 − 1 and 2 − 2 − ½, whose mean is −¼.
    #[test]
    fn parts_of_small_networks() {
        let values = &[1.0, 0.0, -1.0, 0.0, 0.0, 1.0, 0.0, -1.0];
        let node = Node::new(NodeKind::Block, 2, values, 4);
        assert!((expressivity(&node) - 2f64.ln()).abs() < 1e-7);
        let mut seen = Observation::default();
        let terms = |values: &[f64]| {
            let term = |&value| Term { site: Site::in_layer(0, "layer"), value };
            values.iter().map(term).collect::<Vec<_>>()
        };
        seen.add(Kind::Nodes("az_expressivity"), terms(&[1.0, 3.0, 4.0]));
        seen.add(Kind::Trainability, terms(&[1.0, 2.0]));
        assert_eq!(Progressivity.score(&seen), Ok(1.0));
        assert!((Trainability.score(&seen).unwrap() + 0.25).abs() < 1e-5);
    }
}
