//! Jacobian covariance: S(corr(J)), J = gradient of the sum of all outputs with respect to the embedded input; rows are
//! samples, columns (step, feature). S is the score of [`super::spectrum`].
//!
//! The ablation files follow this definition. The column of the published table does not: all its values lie near −71,
//! and it follows from no released code.

use super::{About, Better, Cost, Metric, Undefined, spectrum};
use crate::probe::{Need, Probe};

/// See the formula above.
pub struct JacobianCovariance;

const ABOUT: About = About {
    id: "jacobian_covariance",
    title: "Jacobian covariance",
    summary: "How little the reactions to the samples of a batch are correlated.",
    formula: "S(corr(J)), S(M) = -sum_v [ln(v + 1e-5) + 1/(v + 1e-5)] over the eigenvalues v of M; J: samples x (step, feature)",
    unit: "score",
    better: Better::Unknown,
    cost: Cost::Backward,
    source: "Serianni & Kalita, ACL 2023, section 3.1",
};

impl Metric for JacobianCovariance {
    fn about(&self) -> &About {
        &ABOUT
    }

    fn needs(&self) -> Vec<Need> {
        vec![Need::Jacobian(0.0)]
    }

    fn score(&self, probe: &Probe) -> Result<f64, Undefined> {
        spectrum::score(&probe.jacobian(0.0)?.correlation()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::Rows;

    /// Samples (1, 2) and (2, 1) have correlation −1: eigenvalues 2 and 0.
    #[test]
    fn opposite_reactions_by_hand() {
        let probe = Probe::from_jacobian(0.0, Rows::from_columns(&[1.0, 2.0, 2.0, 1.0], 2));
        let expected = -(2.00001f64.ln() + 1.0 / 2.00001 + 1e-5f64.ln() + 1e5);
        assert!((JacobianCovariance.score(&probe).unwrap() - expected).abs() < 1e-3);
    }
}
