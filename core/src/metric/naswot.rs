//! NASWOT: ln det K with K_ij the number of units in which i and j agree, K = Σ c cᵀ + (1 − c)(1 − c)ᵀ, where c is 1 where
//! what an activation reads is above zero. Mellor et al., *Neural Architecture Search without Training* (ICML 2021).
//!
//! i and j are sequences, units (activation, token, feature); or i and j are tokens, units (activation, feature), as LTS and
//! LPZero have it. Two tokens that are equal and know nothing else, such as first tokens under a causal mask, make K
//! singular: then the value is −∞. The published code lets elimination decide, which gives anything for a singular K.

use faer::Mat;

use super::about::{About, LANGUAGE_MODELS, Metric};
use crate::family::Family;
use crate::linalg::log_determinant;
use crate::observation::{Codes, Need, Observation};
use crate::undefined::Undefined;

/// ln det K.
pub struct Naswot {
    about: About,
    /// K; none where two rows are equal.
    agreement: fn(&Codes) -> Option<Mat<f64>>,
}

/// Of sequences.
pub const NASWOT: Naswot = Naswot {
    about: About {
        id: "naswot",
        title: "NASWOT",
        summary: "How differently the activations react to the sequences of a batch.",
        formula: "ln det K, K = sum c c' + (1 - c)(1 - c)', c = (input of the activation > 0): sequences x units",
        unit: "score",
        source: "Mellor et al., ICML 2021",
    },
    agreement: |codes| Some(codes.of_sequences()),
};

/// Of tokens.
pub const NASWOT_TOKENS: Naswot = Naswot {
    about: About {
        id: "naswot_tokens",
        title: "NASWOT of tokens",
        summary: "How differently the activations react to the tokens of a batch.",
        formula: "ln det K as in naswot, c: tokens x units",
        source: "Javaheripi et al., NeurIPS 2022",
        ..NASWOT.about
    },
    agreement: Codes::of_tokens,
};

impl Metric for Naswot {
    fn about(&self) -> &About {
        &self.about
    }

    fn families(&self) -> &'static [Family] {
        LANGUAGE_MODELS
    }

    fn needs(&self) -> Vec<Need> {
        vec![Need::Codes]
    }

    fn score(&self, seen: &Observation) -> Result<f64, Undefined> {
        let codes = observed(seen)?;
        let singular =
            || Undefined { value: f64::NEG_INFINITY, why: "two rows of signs depend on each other".to_owned() };
        (self.agreement)(codes).and_then(|agreement| log_determinant(&agreement)).ok_or_else(singular)
    }
}

/// The codes, where no value is NaN and there is an activation.
pub(super) fn observed(seen: &Observation) -> Result<&Codes, Undefined> {
    let codes = seen.codes.as_ref().ok_or_else(|| Undefined::unobserved("activations"))?;
    if let Some(why) = seen.spoiled(Need::Codes) {
        return Err(Undefined::nan(why));
    }
    if codes.has_nan() {
        return Err(Undefined::nan("what an activation reads is not a number"));
    }
    Ok(codes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(rows: &[&[f32]]) -> Observation {
        let mut all = Codes::default();
        for row in rows {
            let mut codes = Codes::new(1);
            codes.add(row);
            if all == Codes::default() { all = codes } else { all.append(codes) }
        }
        Observation { codes: Some(all), ..Observation::default() }
    }

    /// c = 11 and 10: K = (2, 1; 1, 2), det 3. Equal rows: −∞.
    #[test]
    fn determinants_of_two_sequences_of_one_token() {
        let two = seen(&[&[1.0, 1.0], &[1.0, -1.0]]);
        assert!((NASWOT.score(&two).unwrap() - 3f64.ln()).abs() < 1e-12);
        assert!((NASWOT_TOKENS.score(&two).unwrap() - 3f64.ln()).abs() < 1e-12);
        for metric in [NASWOT, NASWOT_TOKENS] {
            assert_eq!(metric.score(&seen(&[&[1.0], &[2.0]])).unwrap_err().value, f64::NEG_INFINITY);
            assert!(metric.score(&seen(&[&[1.0], &[f32::NAN]])).unwrap_err().value.is_nan());
        }
    }
}
