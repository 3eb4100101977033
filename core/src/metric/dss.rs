//! DSS: with absolute weights, ones as input and R the sum of all logits, as in [`super::synflow`],
//!
//! ```text
//! Σ over the matrices of attention of ‖W‖∗ ‖∂R/∂W‖∗ + Σ over the other matrices of Σ |W · ∂R/∂W|
//! ```
//!
//! A matrix is one of attention by what it does; the published code takes every square one for that. Recurrent networks
//! have none. Zhou et al., *Training-free Transformer Architecture Search* (CVPR 2022).

use super::about::{About, LANGUAGE_MODELS};
use super::saliency::absolute_products;
use super::term_sum::{TermSum, Total};
use crate::linalg::nuclear_norm;
use crate::observation::{GradientOf, Need, Parameter, Reduction, Role};

const FLOW: Reduction = Reduction {
    id: "dss",
    selects: |spec| spec.role.is_inner() && spec.role != Role::Projection,
    term: diversity_or_saliency,
};

/// The sum.
pub const DSS: TermSum = TermSum {
    about: About {
        id: "dss",
        title: "DSS",
        summary: "How many directions attention spans, and how much flows through the other weights, without data.",
        formula: "sum ||W||* ||dR/dW||* over the matrices of attention + sum |W * dR/dW| over the others, R as in synflow",
        unit: "score",
        source: "Zhou et al., CVPR 2022",
    },
    families: LANGUAGE_MODELS,
    need: Need::Parameters(GradientOf::Absolute, &FLOW),
    total: Total::Sum,
};

fn diversity_or_saliency(parameter: &Parameter) -> f64 {
    let [rows, _] = parameter.spec.shape;
    match parameter.spec.role {
        Role::Operation | Role::OperationOutput => {
            nuclear_norm(parameter.weight, rows) * nuclear_norm(parameter.gradient, rows)
        }
        _ => absolute_products(parameter),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::{ParameterSpec, Site};

    /// W = diag(3, 4), g = (3, 4; 0, 0): 7 · 5 in attention, 9 elsewhere.
    #[test]
    fn terms_of_two_matrices() {
        let of = |role| {
            let spec = ParameterSpec { site: Site::in_layer(0, "a"), role, shape: [2, 2] };
            let (weight, gradient) = (&[3.0, 0.0, 0.0, 4.0], &[3.0, 4.0, 0.0, 0.0]);
            diversity_or_saliency(&Parameter { spec: &spec, weight, gradient, second: &[] })
        };
        assert!((of(Role::OperationOutput) - 35.0).abs() < 1e-12);
        assert_eq!(of(Role::FeedForward), 9.0);
    }
}
