//! LPZero: the mean over the matrices of mean(W²) + mean(softmax(g)²), the softmax over the rows of the gradient g of
//! the loss, column by column. Dong et al., *LPZero* (Findings of EMNLP 2024), their final symbolic form.
//!
//! At fresh weights the gradients are so small that every softmax is 1 / rows: the score is a function of widths and of
//! the initial variance, and larger is worse.

use super::about::{About, LANGUAGE_MODELS};
use super::term_sum::{TermSum, Total};
use crate::observation::{GradientOf, Need, Parameter, Reduction};

const SQUARES: Reduction = Reduction { id: "lpzero", selects: |spec| spec.role.is_inner(), term: squares };

/// The mean.
pub const LPZERO: TermSum = TermSum {
    about: About {
        id: "lpzero",
        title: "LPZero",
        summary: "Squares of weights and of the softmax of their gradients.",
        formula: "mean over the matrices of mean(W^2) + mean(softmax over rows of g, squared), g the gradient of the loss",
        unit: "score",
        source: "Dong et al., EMNLP 2024 Findings",
    },
    families: LANGUAGE_MODELS,
    need: Need::Parameters(GradientOf::Loss, &SQUARES),
    total: Total::Mean,
};

fn squares(parameter: &Parameter) -> f64 {
    let [rows, columns] = parameter.spec.shape;
    let count = (rows * columns) as f64;
    let weights: f64 = parameter.weight.iter().map(|&weight| f64::from(weight).powi(2)).sum();
    let column = |column: usize| {
        let values = || parameter.gradient.iter().skip(column).step_by(columns).map(|&value| f64::from(value));
        let top = values().fold(f64::NEG_INFINITY, f64::max);
        let powers: f64 = values().map(|value| (value - top).exp()).sum();
        values().map(|value| ((value - top).exp() / powers).powi(2)).sum::<f64>()
    };
    (weights + (0..columns).map(column).sum::<f64>()) / count
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::{ParameterSpec, Role, Site};

    /// W = (1; 3), g = (0; ln 3): mean(W²) = 5, softmax (1/4; 3/4), mean of squares 5/16.
    #[test]
    fn score_of_two_weights() {
        let spec = ParameterSpec { site: Site::in_layer(0, "a, input 0"), role: Role::FirstInput, shape: [2, 1] };
        let parameter = Parameter { spec: &spec, weight: &[1.0, 3.0], gradient: &[0.0, 3_f32.ln()], second: &[] };
        assert!((squares(&parameter) - 5.3125).abs() < 1e-6);
    }
}
