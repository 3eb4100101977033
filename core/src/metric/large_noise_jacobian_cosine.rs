//! Large noise Jacobian cosine: 1 − |C(J) − C(J₁₀)|, J₁₀ = the Jacobian at the input with noise of amplitude 10. C is the
//! score of [`super::cosine`].

use super::{About, Better, Cost, LARGE_NOISE, Metric, Undefined, cosine};
use crate::probe::{Need, Probe};

/// See the formula above.
pub struct LargeNoiseJacobianCosine;

const ABOUT: About = About {
    id: "large_noise_jacobian_cosine",
    title: "Large noise Jacobian cosine",
    summary: "How little the Jacobian cosine changes under large noise.",
    formula: "1 - |C(J) - C(J_10)|",
    unit: "score",
    better: Better::Lower,
    cost: Cost::Passes,
    source: "Serianni & Kalita, ACL 2023, section 3.1",
};

impl Metric for LargeNoiseJacobianCosine {
    fn about(&self) -> &About {
        &ABOUT
    }

    fn needs(&self) -> Vec<Need> {
        vec![Need::Jacobian(0.0), Need::Jacobian(LARGE_NOISE)]
    }

    fn score(&self, probe: &Probe) -> Result<f64, Undefined> {
        let score = |amplitude| cosine::score(&probe.jacobian(amplitude)?.cosine()?);
        let (clean, noised): (f64, f64) = (score(0.0)?, score(LARGE_NOISE)?);
        Ok(1.0 - (clean - noised).abs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::Rows;

    /// Orthogonal without noise (1), parallel with it (½): 1 − |1 − ½| = ½.
    #[test]
    fn the_change_is_subtracted_from_one() {
        let mut probe = Probe::from_jacobian(0.0, Rows::from_columns(&[1.0, 0.0, 0.0, 1.0], 2));
        probe.merge(Probe::from_jacobian(LARGE_NOISE, Rows::from_columns(&[1.0, 1.0, 2.0, 2.0], 2)));
        assert!((LargeNoiseJacobianCosine.score(&probe).unwrap() - 0.5).abs() < 1e-12);
    }
}
