//! EZNAS: Σ over the matrices of σ(ln |det s sᵀ|), s the signs of the gradient of the loss, rows × columns as stored.
//! Where the rows of s are linearly dependent the determinant is 0, and so is the term. Akhauri et al., *EZNAS*
//! (NeurIPS 2022), as LPZero ported it to text.
//!
//! The determinant is a whole number, so a term is 0, ½ or close to 1: the score counts the matrices that are regular.
//! Published values that come from elimination are larger where a singular matrix slipped through; here a pivot that is
//! 0 to rounding decides.

use faer::Mat;

use super::about::{About, LANGUAGE_MODELS};
use super::term_sum::{TermSum, Total};
use crate::linalg::log_determinant;
use crate::observation::{GradientOf, Need, Parameter, Reduction};

const SIGNS: Reduction = Reduction { id: "eznas", selects: |spec| spec.role.is_inner(), term: regular };

/// The sum.
pub const EZNAS: TermSum = TermSum {
    about: About {
        id: "eznas",
        title: "EZNAS",
        summary: "How many matrices have gradients whose signs span all directions.",
        formula: "sum sigmoid(ln |det(s s^T)|) over the matrices, s the signs of the gradient of the loss",
        unit: "matrices",
        source: "Akhauri et al., NeurIPS 2022",
    },
    families: LANGUAGE_MODELS,
    need: Need::Parameters(GradientOf::Loss, &SIGNS),
    total: Total::Sum,
};

fn regular(parameter: &Parameter) -> f64 {
    let [rows, columns] = parameter.spec.shape;
    if !parameter.gradient.iter().all(|value| value.is_finite()) {
        return f64::NAN;
    }
    if rows > columns {
        return 0.0;
    }
    let sign = |value: f32| if value == 0.0 { 0.0 } else { f64::from(value.signum()) };
    let signs = Mat::from_fn(rows, columns, |row, column| sign(parameter.gradient[row * columns + column]));
    let determinant = log_determinant(&(&signs * signs.transpose()));
    determinant.map_or(0.0, |logarithm| 1.0 / (1.0 + (-logarithm).exp()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::{ParameterSpec, Role, Site};

    fn term(shape: [usize; 2], gradient: &[f32]) -> f64 {
        let spec = ParameterSpec { site: Site::in_layer(0, "a, input 0"), role: Role::FirstInput, shape };
        regular(&Parameter { spec: &spec, weight: gradient, gradient, second: &[] })
    }

    /// s = (1, 1; 1, −1): s sᵀ = 2 I, det 4, σ(ln 4) = 4/5. Equal rows, a row of zeros and more rows than columns: 0.
    #[test]
    fn terms_of_small_matrices() {
        assert!((term([2, 2], &[3.0, 0.5, 2.0, -7.0]) - 0.8).abs() < 1e-12);
        assert_eq!(term([2, 2], &[1.0, 2.0, 3.0, 4.0]), 0.0);
        assert_eq!(term([2, 2], &[1.0, 2.0, 0.0, 0.0]), 0.0);
        assert_eq!(term([2, 1], &[1.0, 2.0]), 0.0);
        assert!(term([1, 1], &[f32::NAN]).is_nan());
    }
}
