//! More noised Jacobian cosine: C(J) · C(J₀.₁) · C(J₁₀) · C(J₁₀₀), Jₐ = the Jacobian at the input with noise of amplitude a.
//! C is the score of [`super::cosine`].

use super::{About, Better, Cost, MORE_NOISE, Metric, Undefined, cosine};
use crate::probe::{Need, Probe};

/// See the formula above.
pub struct MoreNoisedJacobianCosine;

const ABOUT: About = About {
    id: "more_noised_jacobian_cosine",
    title: "More noised Jacobian cosine",
    summary: "The Jacobian cosine without and with noise of three amplitudes, multiplied.",
    formula: "C(J) * C(J_0.1) * C(J_10) * C(J_100)",
    unit: "score",
    better: Better::Higher,
    cost: Cost::Passes,
    source: "Serianni & Kalita, ACL 2023, section 3.1",
};

impl Metric for MoreNoisedJacobianCosine {
    fn about(&self) -> &About {
        &ABOUT
    }

    fn needs(&self) -> Vec<Need> {
        [0.0].into_iter().chain(MORE_NOISE).map(Need::Jacobian).collect()
    }

    fn score(&self, probe: &Probe) -> Result<f64, Undefined> {
        let score = |amplitude| cosine::score(&probe.jacobian(amplitude)?.cosine()?);
        [0.0].into_iter().chain(MORE_NOISE).map(score).product()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::Rows;

    /// Rows (1, 0) and (a, b) have cosine c = a / √(a² + b²), and two rows score 1 − c^(1/20) / 2: here c is 12 / 13 without
    /// noise, then 3 / 5, 4 / 5 and 5 / 13. The scores are 0.502, 0.513, 0.506 and 0.523, their product 0.0681.
    #[test]
    fn four_different_scores_are_multiplied() {
        let rows = [(12.0, 5.0), (3.0, 4.0), (4.0, 3.0), (5.0, 12.0)];
        let cosines = [12.0 / 13.0, 3.0 / 5.0, 4.0 / 5.0, 5.0 / 13.0f64];
        let mut probe = Probe::default();
        for (amplitude, (a, b)) in [0.0].into_iter().chain(MORE_NOISE).zip(rows) {
            probe.merge(Probe::from_jacobian(amplitude, Rows::from_columns(&[1.0, a, 0.0, b], 2)));
        }
        let expected: f64 = cosines.iter().map(|cosine| 1.0 - cosine.powf(0.05) / 2.0).product();
        assert!((expected - 0.0681).abs() < 1e-4);
        assert!((MoreNoisedJacobianCosine.score(&probe).unwrap() - expected).abs() < 1e-12);
    }
}
