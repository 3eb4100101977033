//! Large noise Jacobian: |S(J) − S(J₁₀)| − 1, J₁₀ = the Jacobian at the input with noise of amplitude 10. S is the score of
//! [`super::spectrum`] of the correlation matrix.
//!
//! This is the form of the published table; the ablation files have 1 − |S(J) − S(J₁₀)|, the same with the other sign.

use super::{About, Better, Cost, LARGE_NOISE, Metric, Undefined, spectrum};
use crate::probe::{Need, Probe};

/// See the formula above.
pub struct LargeNoiseJacobian;

const ABOUT: About = About {
    id: "large_noise_jacobian",
    title: "Large noise Jacobian",
    summary: "How much the Jacobian covariance changes under large noise.",
    formula: "|S(corr(J)) - S(corr(J_10))| - 1",
    unit: "score",
    better: Better::Lower,
    cost: Cost::Passes,
    source: "Serianni & Kalita, ACL 2023, section 3.1",
};

impl Metric for LargeNoiseJacobian {
    fn about(&self) -> &About {
        &ABOUT
    }

    fn needs(&self) -> Vec<Need> {
        vec![Need::Jacobian(0.0), Need::Jacobian(LARGE_NOISE)]
    }

    fn score(&self, probe: &Probe) -> Result<f64, Undefined> {
        let score = |amplitude| spectrum::score(&probe.jacobian(amplitude)?.correlation()?);
        Ok((score(0.0)? - score(LARGE_NOISE)?).abs() - 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::Rows;

    /// The same Jacobian with and without noise: |0| − 1.
    #[test]
    fn no_change_scores_minus_one() {
        let mut probe = Probe::default();
        for amplitude in [0.0, LARGE_NOISE] {
            probe.merge(Probe::from_jacobian(amplitude, Rows::from_columns(&[1.0, 2.0, 2.0, 1.0], 2)));
        }
        assert!((LargeNoiseJacobian.score(&probe).unwrap() + 1.0).abs() < 1e-12);
    }
}
