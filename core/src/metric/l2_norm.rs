//! Σ over the matrices of ‖W‖₂: what the weights say without any pass. Abdelfattah et al. (ICLR 2021) list it among their
//! baselines.

use super::about::{About, LANGUAGE_MODELS};
use super::term_sum::{TermSum, Total};
use crate::linalg::norm;
use crate::observation::{GradientOf, Need, Reduction};

const NORMS: Reduction =
    Reduction { id: "l2_norm", selects: |spec| spec.role.is_inner(), term: |parameter| norm(parameter.weight) };

/// The sum.
pub const L2_NORM: TermSum = TermSum {
    about: About {
        id: "l2_norm",
        title: "Norm of the weights",
        summary: "How large the weights are.",
        formula: "sum ||W|| over the matrices",
        unit: "score",
        source: "Abdelfattah et al., ICLR 2021",
    },
    families: LANGUAGE_MODELS,
    need: Need::Parameters(GradientOf::Nothing, &NORMS),
    total: Total::Sum,
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::{Parameter, ParameterSpec, Role, Site};

    /// W = (3, −4): 5.
    #[test]
    fn norm_of_two_weights() {
        let spec = ParameterSpec { site: Site::in_layer(0, "a"), role: Role::Operation, shape: [1, 2] };
        assert_eq!((NORMS.term)(&Parameter { spec: &spec, weight: &[3.0, -4.0], gradient: &[], second: &[] }), 5.0);
    }
}
