//! Zen: ln of the mean over sequences of Σ |h(x) − h(x + 0.01 e)|, h the last hidden states, x and e from N(0, 1) in the
//! place of the embedded words. Lin et al., *Zen-NAS* (ICCV 2021), without the term of batch norms, which there are none of.
//!
//! As published, the weights are drawn again, from N(0, 1) with biases 0, where they come from a seed; given weights are
//! taken as they are. There is no published form for text: the adaptation is ours.

use super::about::{About, LANGUAGE_MODELS, Metric};
use crate::family::Family;
use crate::observation::{Need, Observation};
use crate::undefined::Undefined;

/// The logarithm.
pub struct Zen;

impl Metric for Zen {
    fn about(&self) -> &About {
        &About {
            id: "zen",
            title: "Zen",
            summary: "How far the last hidden states move with a small change of an input of noise.",
            formula: "ln mean over sequences of sum |h(x) - h(x + 0.01 e)|, x and e normal noise in place of the embedded words",
            unit: "score",
            source: "Lin et al., ICCV 2021",
        }
    }

    fn families(&self) -> &'static [Family] {
        LANGUAGE_MODELS
    }

    fn needs(&self) -> Vec<Need> {
        vec![Need::Perturbation]
    }

    fn score(&self, seen: &Observation) -> Result<f64, Undefined> {
        if let Some(why) = seen.spoiled(Need::Perturbation) {
            return Err(Undefined::nan(why));
        }
        let change = seen.perturbation.ok_or_else(|| Undefined::unobserved("perturbation"))?;
        match change.ln() {
            value if value.is_finite() => Ok(value),
            value => Err(Undefined { value, why: "the last hidden states do not move, or are not finite".to_owned() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithm_of_a_change() {
        let of = |change| Zen.score(&Observation { perturbation: Some(change), ..Observation::default() });
        assert!((of(std::f64::consts::E).unwrap() - 1.0).abs() < 1e-12);
        assert_eq!(of(0.0).unwrap_err().value, f64::NEG_INFINITY);
    }
}
