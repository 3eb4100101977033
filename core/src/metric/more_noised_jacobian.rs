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

    /// Rows (1, −1, 0, 0) and (a, −a, b, −b) have correlation r = a / √(a² + b²), so eigenvalues 1 + r and 1 − r: here r is
    /// 0 without noise, then 3 / 5, 4 / 5 and 5 / 13. The scores are −2, −2.68, −4.53 and −2.19, their product 53.1.
    #[test]
    fn four_different_scores_are_multiplied() {
        let rows = [(0.0, 1.0), (3.0, 4.0), (4.0, 3.0), (5.0, 12.0)];
        let correlations = [0.0, 3.0 / 5.0, 4.0 / 5.0, 5.0 / 13.0];
        let mut probe = Probe::default();
        for (amplitude, (a, b)) in [0.0].into_iter().chain(MORE_NOISE).zip(rows) {
            let rows = Rows::from_columns(&[1.0, a, -1.0, -a, 0.0, b, 0.0, -b], 2);
            probe.merge(Probe::from_jacobian(amplitude, rows));
        }
        let term = |v: f64| (v + 1e-5).ln() + 1.0 / (v + 1e-5);
        let expected: f64 = correlations.iter().map(|r| -term(1.0 + r) - term(1.0 - r)).product();
        assert!((expected - 53.1).abs() < 0.1);
        assert!((MoreNoisedJacobian.score(&probe).unwrap() - expected).abs() < 1e-9 * expected);
    }

    /// The score with one amplitude missing is no score.
    #[test]
    fn every_amplitude_is_read() {
        let mut probe = Probe::default();
        for amplitude in [0.0].into_iter().chain(MORE_NOISE).skip(1) {
            assert!(MoreNoisedJacobian.score(&probe).is_err());
            probe.merge(Probe::from_jacobian(amplitude, Rows::from_columns(&[1.0, 1.0, 2.0, 0.0, 3.0, 1.0], 2)));
        }
        assert!(MoreNoisedJacobian.score(&probe).is_err());
    }
}
