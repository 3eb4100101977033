//! Jacobian covariance and cosine of encoders: S and C, as for recurrent networks ([`crate::metric`]), of the gradient with
//! respect to the position embeddings; rows are features of the embedding, columns positions.

use super::{About, Metric, Probe, Undefined};
use crate::metric::{Better, Cost, cosine, spectrum};
use crate::probe::Rows;

/// A score of the Jacobian's rows.
pub struct Jacobian {
    about: About,
    score: fn(&Rows) -> Result<f64, Undefined>,
}

const ABOUT: About = About {
    id: "jacobian_covariance",
    title: "Jacobian covariance",
    summary: "How differently the features of the position embeddings act on the output.",
    formula: "S(R), S(M) = -sum [ln(v + 1e-5) + 1 / (v + 1e-5)] over eigenvalues v; R: correlations of the features over positions",
    unit: "score",
    better: Better::Unknown,
    cost: Cost::Backward,
    source: "Serianni & Kalita, ACL 2023, section 3.2",
};

/// S of the correlations.
pub const COVARIANCE: Jacobian = Jacobian { about: ABOUT, score: |rows| spectrum::score(&rows.correlation()?) };

/// C of the cosines.
pub const COSINE: Jacobian = Jacobian {
    about: About {
        id: "jacobian_cosine",
        title: "Jacobian cosine",
        formula: "C(J), C(M) = 1 - sum |cos - I|^(1/20) / 2 / (n^2 - n) over the n rows of M; J: features x positions",
        ..ABOUT
    },
    score: |rows| cosine::score(&rows.cosine()?),
};

impl Metric for Jacobian {
    fn about(&self) -> &About {
        &self.about
    }

    fn score(&self, probe: &Probe) -> Result<f64, Undefined> {
        if let Some(why) = &probe.nans.any_sequence {
            return Err(Undefined::nan(why.clone()));
        }
        (self.score)(probe.jacobian.as_ref().ok_or_else(|| Undefined::unobserved("Jacobian"))?)
    }
}
