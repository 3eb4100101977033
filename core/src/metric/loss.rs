//! The loss of the untrained network as a language model, and its perplexity. With small weights the first is close to
//! ln V: it says little, and is shown beside what depends on it.

use super::about::{About, LANGUAGE_MODELS, Metric};
use crate::family::Family;
use crate::observation::{Need, Observation};
use crate::undefined::Undefined;

/// The loss, or a function of it.
pub struct LossMetric {
    about: About,
    value: fn(f64) -> f64,
}

/// L = mean of −ln p(next word).
pub const LOSS: LossMetric = LossMetric {
    about: About {
        id: "loss",
        title: "Loss at initialisation",
        summary: "How badly the untrained network predicts the next words.",
        formula: "mean of -ln p(next word)",
        unit: "nats",
        source: "trivial baseline",
    },
    value: |loss| loss,
};

/// exp L.
pub const PERPLEXITY: LossMetric = LossMetric {
    about: About {
        id: "perplexity",
        title: "Perplexity at initialisation",
        summary: "Among how many words the untrained network chooses.",
        formula: "exp of the loss",
        unit: "words",
        source: "trivial baseline",
    },
    value: f64::exp,
};

impl Metric for LossMetric {
    fn about(&self) -> &About {
        &self.about
    }

    fn families(&self) -> &'static [Family] {
        LANGUAGE_MODELS
    }

    fn needs(&self) -> Vec<Need> {
        vec![Need::Loss]
    }

    fn score(&self, seen: &Observation) -> Result<f64, Undefined> {
        let loss = seen.loss.ok_or_else(|| Undefined::unobserved("loss"))?;
        match (self.value)(loss) {
            value if value.is_finite() => Ok(value),
            value if loss.is_nan() => {
                Err(Undefined { value, why: "no word has a next one, or the loss is not a number".to_owned() })
            }
            value => Err(Undefined { value, why: "it is too large".to_owned() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two words of equal probability: a loss of ln 2, a perplexity of 2.
    #[test]
    fn perplexity_of_two_words() {
        let seen = Observation { loss: Some(2_f64.ln()), ..Observation::default() };
        assert_eq!(LOSS.score(&seen), Ok(2_f64.ln()));
        assert!((PERPLEXITY.score(&seen).unwrap() - 2.0).abs() < 1e-12);
        let overflow = Observation { loss: Some(1e4), ..Observation::default() };
        assert_eq!(PERPLEXITY.score(&overflow).unwrap_err().value, f64::INFINITY);
        assert!(LOSS.score(&Observation { loss: Some(f64::NAN), ..seen }).is_err());
    }
}
