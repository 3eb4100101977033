//! Scores that were made to prune weights, from the gradient g = ∂L/∂W of the loss of the untrained network, over the
//! matrices W of its linear maps; not over tables, norms, biases and head:
//!
//! ```text
//! grad_norm = Σ_W ‖g‖₂        snip = Σ_W Σ |W · g|        plain = Σ_W Σ W · g
//! ```
//!
//! The sum of norms is published, not the norm of all together. Abdelfattah et al., *Zero-Cost Proxies for Lightweight
//! NAS* (ICLR 2021); Lee et al., *SNIP* (ICLR 2019).

use super::about::{About, LANGUAGE_MODELS};
use super::saliency::absolute_products;
use super::term_sum::{TermSum, Total};
use crate::linalg::norm;
use crate::observation::{GradientOf, Need, Parameter, Reduction};

const NORMS: Reduction =
    Reduction { id: "grad_norm", selects: |spec| spec.role.is_inner(), term: |parameter| norm(parameter.gradient) };
const ABSOLUTE: Reduction = Reduction { id: "snip", term: absolute_products, ..NORMS };
const SIGNED: Reduction = Reduction { id: "plain", term: products, ..NORMS };

/// Σ ‖g‖₂.
pub const GRAD_NORM: TermSum = TermSum {
    about: About {
        id: "grad_norm",
        title: "Gradient norm",
        summary: "How steep the loss is in the weights.",
        formula: "sum ||g|| over the matrices, g the gradient of the loss",
        unit: "score",
        source: "Abdelfattah et al., ICLR 2021",
    },
    families: LANGUAGE_MODELS,
    need: Need::Parameters(GradientOf::Loss, &NORMS),
    total: Total::Sum,
};

/// Σ |W · g|.
pub const SNIP: TermSum = TermSum {
    about: About {
        id: "snip",
        title: "SNIP",
        summary: "How much the loss changes where single weights are removed.",
        formula: "sum |W * g| over the matrices, g the gradient of the loss",
        unit: "nats",
        source: "Lee et al., ICLR 2019",
    },
    need: Need::Parameters(GradientOf::Loss, &ABSOLUTE),
    ..GRAD_NORM
};

/// Σ W · g.
pub const PLAIN: TermSum = TermSum {
    about: About {
        id: "plain",
        title: "Plain",
        summary: "How the loss changes where all weights shrink together.",
        formula: "sum W * g over the matrices, g the gradient of the loss",
        unit: "nats",
        source: "Abdelfattah et al., ICLR 2021",
    },
    need: Need::Parameters(GradientOf::Loss, &SIGNED),
    ..GRAD_NORM
};

fn products(parameter: &Parameter) -> f64 {
    parameter.weight.iter().zip(parameter.gradient).map(|(&w, &g)| f64::from(w) * f64::from(g)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::{ParameterSpec, Role, Site};

    /// W = (1, −2), g = (3, 4): ‖g‖ = 5, |3| + |−8| = 11, 3 − 8 = −5.
    #[test]
    fn scores_of_two_weights() {
        let spec = ParameterSpec { site: Site::in_layer(0, "a, input 0"), role: Role::FirstInput, shape: [1, 2] };
        let parameter = Parameter { spec: &spec, weight: &[1.0, -2.0], gradient: &[3.0, 4.0], second: &[] };
        let of = |reduction: Reduction| (reduction.term)(&parameter);
        assert_eq!([of(NORMS), of(ABSOLUTE), of(SIGNED)], [5.0, 11.0, -5.0]);
        assert!((NORMS.selects)(&spec));
        assert!(!(NORMS.selects)(&ParameterSpec { role: Role::TiedEmbedding, ..spec.clone() }));
    }
}
