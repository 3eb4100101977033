//! The scores of the Jacobian J, the gradient of the sum of all outputs with respect to the embedded input, without noise
//! and under noise of an amplitude a (Jₐ):
//!
//! * covariance S(J): S of the correlations of its rows ([`super::spectrum`]);
//! * cosine C(J): C of the cosines between its rows ([`super::cosine`]);
//! * large noise Jacobian |S(J) − S(J₁₀)| − 1, and its cosine form 1 − |C(J) − C(J₁₀)|;
//! * more noised Jacobian S(J) · S(J₀.₁) · S(J₁₀) · S(J₁₀₀), and its cosine form with C. Four negative numbers make a
//!   positive one, so a larger S product is more correlated.
//!
//! Of a recurrent network rows are samples, columns (step, feature); of an encoder J is the gradient with respect to the
//! position embeddings, rows are features of the embedding, columns positions. Of a decoder it is the gradient of the loss
//! with respect to the embedded input, summed over the sequences, which is that of a table of positions where there is one.
//!
//! Where the published numbers differ: the ablation files follow these definitions, but for the large noise Jacobian,
//! which they have as 1 − |S(J) − S(J₁₀)|; the form here is that of the published table. The published column of the
//! covariance lies near −71 throughout: what it holds is in `benchmark/nas_bench_nlp/input_covariance.rs`.

use super::about::{About, LPZERO, Metric, PAPER};
use super::{cosine, spectrum};
use crate::family::Family;
use crate::observation::{Moments, Need, Observation};
use crate::undefined::Undefined;

/// The noise of the noised metrics: amplitudes multiply the variance of the embedded input over the batch.
pub const LARGE_NOISE: f64 = 10.0;

/// Without noise, and with the amplitudes that the "more noised" metrics multiply.
const MORE_NOISE: &[f64] = &[0.0, 0.1, LARGE_NOISE, 100.0];

/// A score of Jacobians.
pub struct Jacobian {
    about: About,
    family: &'static [Family],
    /// Noise of the Jacobians that are read; 0 is without noise.
    amplitudes: &'static [f64],
    /// Score of one Jacobian.
    score: fn(&Moments) -> Result<f64, Undefined>,
    /// The value, from the scores in the order of the amplitudes.
    combine: fn(&[f64]) -> f64,
}

const COVARIANCE_OF: fn(&Moments) -> Result<f64, Undefined> = |rows| spectrum::score(&rows.correlation()?);
const COSINE_OF: fn(&Moments) -> Result<f64, Undefined> = |rows| cosine::score(&rows.cosine()?);

/// S(J) of recurrent networks.
pub const COVARIANCE: Jacobian = Jacobian {
    about: About {
        id: "jacobian_covariance",
        title: "Jacobian covariance",
        summary: "How little the reactions to the samples of a batch are correlated.",
        formula: "S(corr(J)), S(M) = -sum_v [ln(v + 1e-5) + 1/(v + 1e-5)] over the eigenvalues v of M; J: samples x (step, feature)",
        unit: "score",
        source: PAPER,
    },
    family: &[Family::Recurrent],
    amplitudes: &[0.0],
    score: COVARIANCE_OF,
    combine: |scores| scores[0],
};

/// C(J) of recurrent networks.
pub const COSINE: Jacobian = Jacobian {
    about: About {
        id: "jacobian_cosine",
        title: "Jacobian cosine",
        summary: "How differently the network reacts to the samples of a batch.",
        formula: "C(J), C(M) = 1 - sum |cos - I|^(1/20) / 2 / (n^2 - n) over the n rows of M; J: samples x (step, feature)",
        ..COVARIANCE.about
    },
    score: COSINE_OF,
    ..COVARIANCE
};

/// |S(J) − S(J₁₀)| − 1.
pub const LARGE_NOISE_COVARIANCE: Jacobian = Jacobian {
    about: About {
        id: "large_noise_jacobian",
        title: "Large noise Jacobian",
        summary: "How much the Jacobian covariance changes under large noise.",
        formula: "|S(corr(J)) - S(corr(J_10))| - 1",
        ..COVARIANCE.about
    },
    amplitudes: &[0.0, LARGE_NOISE],
    combine: |scores| (scores[0] - scores[1]).abs() - 1.0,
    ..COVARIANCE
};

/// 1 − |C(J) − C(J₁₀)|.
pub const LARGE_NOISE_COSINE: Jacobian = Jacobian {
    about: About {
        id: "large_noise_jacobian_cosine",
        title: "Large noise Jacobian cosine",
        summary: "How little the Jacobian cosine changes under large noise.",
        formula: "1 - |C(J) - C(J_10)|",
        ..COVARIANCE.about
    },
    combine: |scores| 1.0 - (scores[0] - scores[1]).abs(),
    score: COSINE_OF,
    ..LARGE_NOISE_COVARIANCE
};

/// S(J) · S(J₀.₁) · S(J₁₀) · S(J₁₀₀).
pub const MORE_NOISED_COVARIANCE: Jacobian = Jacobian {
    about: About {
        id: "more_noised_jacobian",
        title: "More noised Jacobian",
        summary: "The Jacobian covariance without and with noise of three amplitudes, multiplied.",
        formula: "S(corr(J)) * S(corr(J_0.1)) * S(corr(J_10)) * S(corr(J_100))",
        ..COVARIANCE.about
    },
    amplitudes: MORE_NOISE,
    combine: |scores| scores.iter().product(),
    ..COVARIANCE
};

/// C(J) · C(J₀.₁) · C(J₁₀) · C(J₁₀₀).
pub const MORE_NOISED_COSINE: Jacobian = Jacobian {
    about: About {
        id: "more_noised_jacobian_cosine",
        title: "More noised Jacobian cosine",
        summary: "The Jacobian cosine without and with noise of three amplitudes, multiplied.",
        formula: "C(J) * C(J_0.1) * C(J_10) * C(J_100)",
        ..COVARIANCE.about
    },
    score: COSINE_OF,
    ..MORE_NOISED_COVARIANCE
};

/// S(J) of encoders.
pub const ENCODER_COVARIANCE: Jacobian = Jacobian {
    about: About {
        summary: "How differently the features of the position embeddings act on the output.",
        formula: "S(R), S(M) = -sum [ln(v + 1e-5) + 1 / (v + 1e-5)] over eigenvalues v; R: correlations of the features over positions",
        ..COVARIANCE.about
    },
    family: &[Family::Encoder],
    ..COVARIANCE
};

/// C(J) of encoders.
pub const ENCODER_COSINE: Jacobian = Jacobian {
    about: About {
        id: "jacobian_cosine",
        title: "Jacobian cosine",
        formula: "C(J), C(M) = 1 - sum |cos - I|^(1/20) / 2 / (n^2 - n) over the n rows of M; J: features x positions",
        ..ENCODER_COVARIANCE.about
    },
    score: COSINE_OF,
    ..ENCODER_COVARIANCE
};

/// S(J) of decoders.
pub const DECODER_COVARIANCE: Jacobian = Jacobian {
    about: About {
        summary: "How differently the features of the embedded input act on the loss.",
        formula: "S(R), S(M) = -sum [ln(v + 1e-5) + 1 / (v + 1e-5)] over eigenvalues v; R: correlations of the features over positions, summed over samples",
        ..COVARIANCE.about
    },
    family: &[Family::Decoder],
    ..COVARIANCE
};

/// C(J) of decoders.
pub const DECODER_COSINE: Jacobian = Jacobian {
    about: About {
        id: "jacobian_cosine",
        title: "Jacobian cosine",
        formula: "C(J), C(M) = 1 - sum |cos - I|^(1/20) / 2 / (n^2 - n) over the n rows of M; J: features x positions, summed over samples",
        source: LPZERO,
        ..DECODER_COVARIANCE.about
    },
    score: COSINE_OF,
    ..DECODER_COVARIANCE
};

impl Metric for Jacobian {
    fn about(&self) -> &About {
        &self.about
    }

    fn families(&self) -> &'static [Family] {
        self.family
    }

    fn needs(&self) -> Vec<Need> {
        self.amplitudes.iter().copied().map(Need::Jacobian).collect()
    }

    fn score(&self, seen: &Observation) -> Result<f64, Undefined> {
        let scores = self.amplitudes.iter().map(|&amplitude| (self.score)(seen.jacobian(amplitude)?));
        Ok((self.combine)(&scores.collect::<Result<Vec<_>, _>>()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Samples (1, 0) and (0, 1): correlation −1, cosine 0.
    const ORTHOGONAL: [f32; 4] = [1.0, 0.0, 0.0, 1.0];
    /// Samples (1, 2) and (1, 2): correlation and cosine 1.
    const PARALLEL: [f32; 4] = [1.0, 1.0, 2.0, 2.0];
    /// Samples (1, 2, 3) and (1, 0, 1): correlation 0.
    const UNCORRELATED: [f32; 6] = [1.0, 1.0, 2.0, 0.0, 3.0, 1.0];

    /// Two samples at every amplitude.
    fn observed(jacobians: &[(f64, &[f32])]) -> Observation {
        let rows = |&(amplitude, columns): &(f64, &[f32])| (amplitude, Moments::from_columns(columns, 2));
        Observation { jacobians: jacobians.iter().map(rows).collect(), ..Observation::default() }
    }

    /// S where the correlation is 0: both eigenvalues are 1.
    fn uncorrelated() -> f64 {
        -2.0 * (1.00001f64.ln() + 1.0 / 1.00001)
    }

    /// S where the correlation is −1 or 1: eigenvalues 2 and 0.
    fn correlated() -> f64 {
        -(2.00001f64.ln() + 1.0 / 2.00001 + 1e-5f64.ln() + 1e5)
    }

    #[test]
    fn one_jacobian_has_covariance_and_cosine() {
        let seen = observed(&[(0.0, &[1.0, 2.0, 2.0, 1.0])]);
        assert!((COVARIANCE.score(&seen).unwrap() - correlated()).abs() < 1e-3);
        assert!((COSINE.score(&observed(&[(0.0, &ORTHOGONAL)])).unwrap() - 1.0).abs() < 1e-15);
        assert!(COVARIANCE.score(&Observation::default()).is_err());
    }

    /// Without noise S is about −2.0, with noise about −10⁵; C goes from 1 to ½.
    #[test]
    fn large_noise_is_the_difference() {
        let seen = observed(&[(0.0, &UNCORRELATED), (LARGE_NOISE, &PARALLEL)]);
        let expected = uncorrelated() - correlated() - 1.0;
        assert!((LARGE_NOISE_COVARIANCE.score(&seen).unwrap() - expected).abs() < 1e-3);
        let seen = observed(&[(0.0, &ORTHOGONAL), (LARGE_NOISE, &PARALLEL)]);
        assert!((LARGE_NOISE_COSINE.score(&seen).unwrap() - 0.5).abs() < 1e-12);
    }

    /// Correlated at amplitude 0.1 alone; C is 1, ½, ½ and 1.
    #[test]
    fn more_noised_is_the_product_of_four() {
        let seen = observed(&[(0.0, &UNCORRELATED), (0.1, &PARALLEL), (10.0, &UNCORRELATED), (100.0, &UNCORRELATED)]);
        let expected = uncorrelated().powi(3) * correlated();
        assert!((MORE_NOISED_COVARIANCE.score(&seen).unwrap() / expected - 1.0).abs() < 1e-6);
        let seen = observed(&[(0.0, &ORTHOGONAL), (0.1, &PARALLEL), (10.0, &PARALLEL), (100.0, &ORTHOGONAL)]);
        assert!((MORE_NOISED_COSINE.score(&seen).unwrap() - 0.25).abs() < 1e-12);
    }
}
