//! Synaptic diversity: Σ ‖W‖∗ ‖dW‖∗ over the linear maps of each operation, with the one that ends it; ‖·‖∗ is the
//! nuclear norm. Zhou et al., *Training-free Transformer Architecture Search* (CVPR 2022).

use super::about::{About, LPZERO, PAPER};
use super::term_sum::{TermSum, Total};
use crate::family::Family;
use crate::linalg::nuclear_norm;
use crate::observation::{GradientOf, Need, Parameter, Reduction, Role};

const OPERATIONS: Reduction = Reduction {
    id: "synaptic_diversity",
    selects: |spec| matches!(spec.role, Role::Operation | Role::OperationOutput),
    term: norms,
};

const LAYERS: Reduction = Reduction { id: "synaptic_diversity", selects: |spec| spec.role.is_in_layer(), term: norms };

/// The sum.
pub const SUM: TermSum = TermSum {
    about: About {
        id: "synaptic_diversity",
        title: "Synaptic diversity",
        summary: "How many directions the matrices of the operations and their gradients span.",
        formula: "sum ||W||* ||dW||* over the linear maps of each operation, with the one that ends it",
        unit: "score",
        source: PAPER,
    },
    families: &[Family::Encoder],
    need: Need::Parameters(GradientOf::Output, &OPERATIONS),
    total: Total::Sum,
};

/// Of decoders, over all matrices of the layers, with the gradient of the loss.
pub const DECODER: TermSum = TermSum {
    about: About {
        summary: "How many directions the matrices of the layers and their gradients span.",
        formula: "sum ||W||* ||dW||* over the matrices of the layers; dW: gradient of the loss",
        source: LPZERO,
        ..SUM.about
    },
    families: &[Family::Decoder],
    need: Need::Parameters(GradientOf::Output, &LAYERS),
    total: Total::Sum,
};

/// The mean over the maps.
pub const NORMALIZED: TermSum = TermSum {
    about: About { id: "synaptic_diversity_normalized", title: "Synaptic diversity, normalised", ..SUM.about },
    total: Total::Mean,
    ..SUM
};

/// ‖W‖∗ ‖dW‖∗ of a parameter.
fn norms(parameter: &Parameter) -> f64 {
    let [rows, _] = parameter.spec.shape;
    nuclear_norm(parameter.weight, rows) * nuclear_norm(parameter.gradient, rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::{ParameterSpec, Site};

    /// W = diag(3, −4) has the norm 7, dW = (3, 4; 0, 0) has 5.
    #[test]
    fn diversity_of_two_matrices() {
        let site = Site::in_layer(0, "operation.output.dense");
        let spec = ParameterSpec { site, role: Role::OperationOutput, shape: [2, 2] };
        let parameter =
            Parameter { spec: &spec, weight: &[3.0, 0.0, 0.0, -4.0], gradient: &[3.0, 4.0, 0.0, 0.0], second: &[] };
        assert!((norms(&parameter) - 35.0).abs() < 1e-12);
    }
}
