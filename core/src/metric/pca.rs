//! Principal components of what is read by the activations of the feed-forward layers (of a recurrent network: of what its
//! linear nodes give): Σ of k / min(fan-in, features), with k the fewest of the largest eigenvalues of the covariance whose
//! share exceeds 0.99. The product with the number of parameters is W-PCA. Wang et al., *W-PCA* (ICLR 2025).
//!
//! The division is that of one of the published files; others divide by the width, or not at all and take 0.9.

use super::about::{About, LANGUAGE_MODELS, Metric};
use super::term_sum::{TermSum, Total, total};
use crate::family::Family;
use crate::observation::{Gram, Need, Node, NodeKind, NodeReduction, Observation};
use crate::undefined::Undefined;

const SHARES: NodeReduction = NodeReduction {
    id: "v_pca",
    selects: |kind| matches!(kind, NodeKind::Linear { activated: true, .. }),
    term: share_of_components,
};

/// Share of the variance that the components exceed.
const EXPLAINED: f64 = 0.99;

/// Σ k / min(fan-in, features).
pub const V_PCA: TermSum = TermSum {
    about: About {
        id: "v_pca",
        title: "V-PCA",
        summary: "How many directions explain what the activations read.",
        formula: "sum of k / min(fan-in, features), k the fewest principal components that explain more than 0.99",
        unit: "share",
        source: "Wang et al., ICLR 2025",
    },
    families: LANGUAGE_MODELS,
    need: Need::Nodes(&SHARES),
    total: Total::Sum,
};

/// Parameters · V-PCA.
pub struct WPca;

impl Metric for WPca {
    fn about(&self) -> &About {
        &About {
            id: "w_pca",
            title: "W-PCA",
            summary: "How many directions explain what the activations read, times the number of parameters.",
            formula: "parameters * v_pca",
            unit: "score",
            ..V_PCA.about
        }
    }

    fn families(&self) -> &'static [Family] {
        LANGUAGE_MODELS
    }

    fn needs(&self) -> Vec<Need> {
        V_PCA.needs()
    }

    fn score(&self, seen: &Observation) -> Result<f64, Undefined> {
        let parameters = ["parameters", "num_parameters"].iter().find_map(|id| seen.counts.get(id));
        let parameters = parameters.ok_or_else(|| Undefined::unobserved("counts"))?;
        Ok(parameters * total(&V_PCA.terms(seen), Total::Sum)?)
    }
}

fn share_of_components(node: &Node) -> f64 {
    let inputs = match node.kind {
        NodeKind::Linear { inputs, .. } => inputs,
        NodeKind::Activation | NodeKind::Block => node.features,
    };
    let Some(values) = node.gram().and_then(Gram::variances) else { return f64::NAN };
    let total: f64 = values.iter().map(|value| value.max(0.0)).sum();
    let mut sum = 0.0;
    let explained = |value: &f64| {
        sum += value.max(0.0);
        sum > EXPLAINED * total
    };
    let components = values.iter().rev().position(explained).map_or(0, |index| index + 1);
    components as f64 / inputs.min(node.features) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Variances 1 and 1 need both components of a fan-in of 4; variances 1 and 0 one.
    #[test]
    fn components_of_two_features() {
        let kind = NodeKind::Linear { inputs: 4, activated: true };
        let of = |values: &[f32]| share_of_components(&Node::new(kind, 2, values, 4));
        assert_eq!(of(&[1.0, 0.0, -1.0, 0.0, 0.0, 1.0, 0.0, -1.0]), 1.0);
        assert_eq!(of(&[1.0, 5.0, -1.0, 5.0]), 0.5);
    }
}
