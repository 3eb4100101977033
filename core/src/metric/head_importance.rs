//! Head importance as published: Σ |w · dw| over the linear maps inside each operation whose matrix has at least 128
//! rows. Michel et al. (NeurIPS 2019) define another quantity ([`super::attention`]).

use super::about::{About, LPZERO, PAPER};
use super::saliency::absolute_products;
use super::term_sum::{TermSum, Total};
use crate::family::Family;
use crate::observation::{GradientOf, Need, Reduction, Role};

/// The published code counts no smaller matrix.
const ROWS: usize = 128;

const HEADS: Reduction = Reduction {
    id: "head_importance",
    selects: |spec| spec.role == Role::Operation && spec.shape[0] >= ROWS,
    term: absolute_products,
};

/// The sum.
pub const SUM: TermSum = TermSum {
    about: About {
        id: "head_importance",
        title: "Head importance",
        summary: "How much the output depends on the weights of the heads.",
        formula: "sum |w * dw| over the linear maps inside each operation whose matrix has at least 128 rows",
        unit: "score",
        source: PAPER,
    },
    families: &[Family::Encoder],
    need: Need::Parameters(GradientOf::Output, &HEADS),
    total: Total::Sum,
};

/// The same of decoders, in which every matrix of the layers counts, by the rows that it is stored with.
const MATRICES: Reduction = Reduction {
    id: "head_importance",
    selects: |spec| spec.role.is_in_layer() && spec.shape[0] >= ROWS,
    term: absolute_products,
};

/// Of decoders.
pub const DECODER: TermSum = TermSum {
    about: About {
        summary: "How much the loss depends on the larger matrices of the layers.",
        formula: "sum |w * dw| over the matrices of the layers with at least 128 rows; dw: gradient of the loss",
        source: LPZERO,
        ..SUM.about
    },
    families: &[Family::Decoder],
    need: Need::Parameters(GradientOf::Output, &MATRICES),
    total: Total::Sum,
};

/// The mean over the maps.
pub const NORMALIZED: TermSum = TermSum {
    about: About { id: "head_importance_normalized", title: "Head importance, normalised", ..SUM.about },
    total: Total::Mean,
    ..SUM
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::{ParameterSpec, Site};

    #[test]
    fn small_matrices_and_other_maps_do_not_count() {
        let counts = |role, rows| {
            let site = Site::in_layer(0, "operation.operation.query");
            (HEADS.selects)(&ParameterSpec { site, role, shape: [rows, 4] })
        };
        let site = Site::in_layer(0, "mlp.c_fc");
        let spec = ParameterSpec { site, role: Role::FeedForward, shape: [128, 4] };
        assert!((MATRICES.selects)(&spec) && !(HEADS.selects)(&spec));
        assert!(counts(Role::Operation, 128) && !counts(Role::Operation, 127) && !counts(Role::OperationOutput, 128));
    }
}
