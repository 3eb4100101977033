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

    /// Parallel rows at every amplitude: ½ to the fourth.
    #[test]
    fn four_halves_make_a_sixteenth() {
        let mut probe = Probe::default();
        for amplitude in [0.0].into_iter().chain(MORE_NOISE) {
            probe.merge(Probe::from_jacobian(amplitude, Rows::from_columns(&[1.0, 1.0, 2.0, 2.0], 2)));
        }
        assert!((MoreNoisedJacobianCosine.score(&probe).unwrap() - 0.0625).abs() < 1e-12);
    }
}
