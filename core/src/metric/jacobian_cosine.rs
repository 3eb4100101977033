//! Jacobian cosine: C(J), J = gradient of the sum of all outputs with respect to the embedded input; rows are samples,
//! columns (step, feature). C is the score of [`super::cosine`].

use super::{About, Better, Cost, Metric, Undefined, cosine};
use crate::probe::{Need, Probe};

/// See the formula above.
pub struct JacobianCosine;

const ABOUT: About = About {
    id: "jacobian_cosine",
    title: "Jacobian cosine",
    summary: "How differently the network reacts to the samples of a batch.",
    formula: "C(J), C(M) = 1 - sum |cos - I|^(1/20) / 2 / (n^2 - n) over the n rows of M; J: samples x (step, feature)",
    unit: "score",
    better: Better::Higher,
    cost: Cost::Backward,
    source: "Serianni & Kalita, ACL 2023, section 3.1",
};

impl Metric for JacobianCosine {
    fn about(&self) -> &About {
        &ABOUT
    }

    fn needs(&self) -> Vec<Need> {
        vec![Need::Jacobian(0.0)]
    }

    fn score(&self, probe: &Probe) -> Result<f64, Undefined> {
        cosine::score(&probe.jacobian(0.0)?.cosine()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::Rows;

    /// Samples (1, 0) and (0, 1): orthogonal, so 1.
    #[test]
    fn orthogonal_reactions_score_one() {
        let probe = Probe::from_jacobian(0.0, Rows::from_columns(&[1.0, 0.0, 0.0, 1.0], 2));
        assert!((JacobianCosine.score(&probe).unwrap() - 1.0).abs() < 1e-15);
    }
}
