//! More noised Jacobian: S(J) · S(J₀.₁) · S(J₁₀) · S(J₁₀₀), Jₐ = the Jacobian at the input with noise of amplitude a. S is the
//! score of [`super::spectrum`] of the correlation matrix. Four negative numbers make a positive one, so larger is more
//! correlated.

use super::{About, Better, Cost, MORE_NOISE, Metric, Undefined, spectrum};
use crate::probe::{Need, Probe};

/// See the formula above.
pub struct MoreNoisedJacobian;

const ABOUT: About = About {
    id: "more_noised_jacobian",
    title: "More noised Jacobian",
    summary: "The Jacobian covariance without and with noise of three amplitudes, multiplied.",
    formula: "S(corr(J)) * S(corr(J_0.1)) * S(corr(J_10)) * S(corr(J_100))",
    unit: "score",
    better: Better::Lower,
    cost: Cost::Passes,
    source: "Serianni & Kalita, ACL 2023, section 3.1",
};

impl Metric for MoreNoisedJacobian {
    fn about(&self) -> &About {
        &ABOUT
    }

    fn needs(&self) -> Vec<Need> {
        [0.0].into_iter().chain(MORE_NOISE).map(Need::Jacobian).collect()
    }

    fn score(&self, probe: &Probe) -> Result<f64, Undefined> {
        let score = |amplitude| spectrum::score(&probe.jacobian(amplitude)?.correlation()?);
        [0.0].into_iter().chain(MORE_NOISE).map(score).product()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::Rows;

    /// Uncorrelated samples at every amplitude: (−2 (ln 1.00001 + 1 / 1.00001))⁴, close to 16.
    #[test]
    fn four_scores_are_multiplied() {
        let mut probe = Probe::default();
        for amplitude in [0.0].into_iter().chain(MORE_NOISE) {
            let rows = Rows::from_columns(&[1.0, 1.0, 2.0, 0.0, 3.0, 1.0], 2);
            probe.merge(Probe::from_jacobian(amplitude, rows));
        }
        let expected = (2.0 * (1.00001f64.ln() + 1.0 / 1.00001)).powi(4);
        assert!((MoreNoisedJacobian.score(&probe).unwrap() - expected).abs() < 1e-9);
    }
}
