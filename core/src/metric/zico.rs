//! ZiCo: Σ over the matrices of ln Σ over entries of mean |g| / std g, over the gradients g of the loss for two batches,
//! with the population standard deviation: large where gradients are large and agree. Li et al., *ZiCo* (ICLR 2023).
//!
//! Of two batches it is (|g₁| + |g₂|) / |g₁ − g₂|, which has a heavy tail: entries in which the batches nearly agree
//! decide, and the value of one network scatters. Entries that agree exactly are left out; a matrix of which none is left
//! counts 0. Without a second batch the two halves of the batch are compared.

use super::about::{About, LANGUAGE_MODELS};
use super::term_sum::{TermSum, Total};
use crate::observation::{GradientOf, Need, Parameter, Reduction};

const RATIOS: Reduction = Reduction { id: "zico", selects: |spec| spec.role.is_inner(), term: log_ratios };

/// The sum.
pub const ZICO: TermSum = TermSum {
    about: About {
        id: "zico",
        title: "ZiCo",
        summary: "How large the gradients are, compared with how much they differ between two batches.",
        formula: "sum over the matrices of ln sum (|g1| + |g2|) / |g1 - g2|, gradients of the loss for two batches",
        unit: "score",
        source: "Li et al., ICLR 2023",
    },
    families: LANGUAGE_MODELS,
    need: Need::Parameters(GradientOf::TwoBatches, &RATIOS),
    total: Total::Sum,
};

fn log_ratios(parameter: &Parameter) -> f64 {
    let pairs = parameter.gradient.iter().zip(parameter.second).map(|(&a, &b)| (f64::from(a), f64::from(b)));
    // Not a comparison with zero alone: NaN stays.
    let ratios = pairs.filter(|(a, b)| a != b).map(|(a, b)| (a.abs() + b.abs()) / (a - b).abs());
    match ratios.sum::<f64>() {
        0.0 => 0.0,
        sum => sum.ln(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::{ParameterSpec, Role, Site};

    /// g₁ = (1, 2, 5), g₂ = (3, −2, 5): 4/2 + 4/4, the last entry left out.
    #[test]
    fn score_of_three_entries() {
        let spec = ParameterSpec { site: Site::in_layer(0, "a"), role: Role::Operation, shape: [1, 3] };
        let of = |gradient, second| log_ratios(&Parameter { spec: &spec, weight: &[], gradient, second });
        assert!((of(&[1.0, 2.0, 5.0], &[3.0, -2.0, 5.0]) - 3f64.ln()).abs() < 1e-12);
        assert_eq!(of(&[1.0], &[1.0]), 0.0);
    }
}
