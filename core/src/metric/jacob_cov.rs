//! Jacobian covariance of the zero-cost suite: S of the correlations of the rows of J ([`super::spectrum`]), with J the
//! gradient of the sum of all logits with respect to the embedded words, rows sequences, columns (token, feature). Mellor et
//! al., *Neural Architecture Search without Training* (first version, 2020).
//!
//! The sum of the last hidden states will not do: behind a fresh layer norm it is constant, and its gradient rounding.
//! LPZero puts a random map behind the logits; here it is ones.

use super::about::{About, LANGUAGE_MODELS, Metric};
use super::spectrum;
use crate::family::Family;
use crate::observation::{Need, Observation};
use crate::undefined::Undefined;

/// S(corr(J)).
pub struct JacobCov;

impl Metric for JacobCov {
    fn about(&self) -> &About {
        &About {
            id: "jacob_cov",
            title: "Jacobian covariance of logits",
            summary: "How little the reactions of the logits to the sequences of a batch are correlated.",
            formula: "S(corr(J)), S as in jacobian_covariance; J: gradient of the sum of all logits in the embedded words, sequences x (token, feature)",
            unit: "score",
            source: "Mellor et al., 2020",
        }
    }

    fn families(&self) -> &'static [Family] {
        LANGUAGE_MODELS
    }

    fn needs(&self) -> Vec<Need> {
        vec![Need::OutputJacobian]
    }

    fn score(&self, seen: &Observation) -> Result<f64, Undefined> {
        if let Some(why) = seen.spoiled(Need::OutputJacobian) {
            return Err(Undefined::nan(why));
        }
        let rows = seen.output_jacobian.as_ref().ok_or_else(|| Undefined::unobserved("gradient of the logits"))?;
        spectrum::score(&rows.correlation()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::Moments;

    /// Uncorrelated rows (1, −1, 1, −1) and (1, 1, −1, −1): both eigenvalues are 1.
    #[test]
    fn score_of_two_uncorrelated_rows() {
        let rows = Moments::from_columns(&[1.0, 1.0, -1.0, 1.0, 1.0, -1.0, -1.0, -1.0], 2);
        let seen = Observation { output_jacobian: Some(rows), ..Observation::default() };
        assert!((JacobCov.score(&seen).unwrap() + 2.0 * (1.00001f64.ln() + 1.0 / 1.00001)).abs() < 1e-12);
    }
}
