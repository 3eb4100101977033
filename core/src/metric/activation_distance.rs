//! Activation distance of recurrent networks: ln det K, K = Σ over steps, layers and activation nodes of c cᵀ + (1 −
//! c)(1 − c)ᵀ, where c [B, H] is 1 where the activation's output is above zero and 0 elsewhere: K_ij counts how often
//! samples i and j agree.
//!
//! The score of Mellor et al., *Neural Architecture Search without Training* (ICML 2021). One forward pass; the
//! released notebook accumulates two, which adds B ln 2. Where two samples agree everywhere K is singular and the value
//! −∞. K is symmetric, so ln det K = Σ ln v over its eigenvalues v; those below the rounding error of the largest are
//! zeros.

use super::about::{About, Metric, PAPER};
use crate::family::Family;
use crate::linalg::eigenvalues;
use crate::observation::{Need, Observation};
use crate::undefined::Undefined;

/// See the formula above.
pub struct ActivationDistance;

const ABOUT: About = About {
    id: "activation_distance",
    title: "Activation distance",
    summary: "How differently the signs of the activations code the samples of a batch.",
    formula: "ln det K, K = sum over steps, layers, activation nodes of c c' + (1 - c)(1 - c)', c = (output > 0): samples x hidden units",
    unit: "score",
    source: PAPER,
};

impl Metric for ActivationDistance {
    fn about(&self) -> &About {
        &ABOUT
    }

    fn families(&self) -> &'static [Family] {
        &[Family::Recurrent]
    }

    fn needs(&self) -> Vec<Need> {
        vec![Need::Signs]
    }

    fn score(&self, seen: &Observation) -> Result<f64, Undefined> {
        let kernel = seen.agreement.as_ref().ok_or_else(|| Undefined::unobserved("signs of the activations"))?;
        if kernel[(0, 0)].is_nan() {
            return Err(Undefined::nan("an activation is NaN, which has no sign"));
        }
        let eigenvalues =
            eigenvalues(kernel).ok_or_else(|| Undefined::nan("the eigenvalues of the kernel did not converge"))?;
        let largest = eigenvalues.iter().copied().fold(0.0, f64::max);
        let noise = largest * eigenvalues.len() as f64 * f64::EPSILON;
        if eigenvalues.iter().any(|v| *v <= noise) {
            let why =
                "the kernel is singular: the sign patterns of some samples follow from those of others".to_owned();
            return Err(Undefined { value: f64::NEG_INFINITY, why });
        }
        Ok(eigenvalues.iter().map(|v| v.ln()).sum())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    /// K = [3, 1; 1, 3] has determinant 8; two samples that agree in all 3 signs make K singular.
    #[test]
    fn the_determinant_of_two_samples() {
        let score = |off: f64| {
            let kernel = faer::Mat::from_fn(2, 2, |i, j| if i == j { 3.0 } else { off });
            ActivationDistance.score(&Observation { agreement: Some(kernel), ..Observation::default() })
        };
        assert!((score(1.0).unwrap() - 8f64.ln()).abs() < 1e-12);
        assert_eq!(score(3.0).unwrap_err().value, f64::NEG_INFINITY);
    }
}
