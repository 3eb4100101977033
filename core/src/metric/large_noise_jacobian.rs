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

    /// Rows (1, −1, 0, 0) and (0, 0, 1, −1) are uncorrelated: eigenvalues 1 and 1. With (3, −3, 4, −4) the first has
    /// correlation 3 / 5: eigenvalues 8 / 5 and 2 / 5. The two scores differ by 0.679; which comes first does not matter.
    #[test]
    fn one_is_subtracted_from_the_change() {
        let uncorrelated = [1.0, 0.0, -1.0, 0.0, 0.0, 1.0, 0.0, -1.0];
        let correlated = [1.0, 3.0, -1.0, -3.0, 0.0, 4.0, 0.0, -4.0];
        let term = |v: f64| (v + 1e-5).ln() + 1.0 / (v + 1e-5);
        let expected = (term(1.6) + term(0.4) - 2.0 * term(1.0)).abs() - 1.0;
        assert!((expected + 0.321).abs() < 1e-3);
        for [clean, noised] in [[uncorrelated, correlated], [correlated, uncorrelated]] {
            let mut probe = Probe::from_jacobian(0.0, Rows::from_columns(&clean, 2));
            probe.merge(Probe::from_jacobian(LARGE_NOISE, Rows::from_columns(&noised, 2)));
            assert!((LargeNoiseJacobian.score(&probe).unwrap() - expected).abs() < 1e-9);
        }
    }
}
