//! The metrics that are sums over the matrices or layers of an encoder; normalised, they are the mean of the terms.
//!
//! Synaptic diversity is that of Zhou et al., *Training-free Transformer Architecture Search* (CVPR 2022), head importance
//! and head confidence those of Michel et al. (2019) and Voita et al. (2019) in the form of the published code, which
//! differs from theirs ([`super::attention`]): confidence takes the largest value over the *sequence* of every projection, and softmax confidence
//! over the *heads* of every softmax.

use super::{About, Metric, Probe, Term, Undefined};
use crate::metric::{Better, Cost};
use crate::probe::transformer::Nans;

/// A sum over terms that were observed, or their mean.
pub struct Sum {
    about: About,
    terms: fn(&Probe) -> &[Term],
    /// Why there are no terms, where the network computed NaN.
    nan: fn(&Nans) -> Option<&String>,
    normalized: bool,
}

impl Sum {
    pub(super) const fn new(
        id: &'static str,
        title: &'static str,
        summary: &'static str,
        formula: &'static str,
    ) -> Self {
        let about = About {
            id,
            title,
            summary,
            formula,
            unit: "score",
            better: Better::Unknown,
            cost: Cost::Backward,
            source: "Serianni & Kalita, ACL 2023, section 3.2",
        };
        Self { about, terms: |_| &[], nan: |nans| nans.any_sequence.as_ref(), normalized: false }
    }

    pub(super) const fn of(self, cost: Cost, better: Better, terms: fn(&Probe) -> &[Term]) -> Self {
        Self { about: About { cost, better, ..self.about }, terms, ..self }
    }

    /// Reads the first sequence alone.
    const fn of_first_sequence(self) -> Self {
        Self { nan: |nans| nans.first_sequence.as_ref(), ..self }
    }

    pub(super) const fn normalized(self, id: &'static str, title: &'static str, better: Better) -> Self {
        Self { about: About { id, title, better, ..self.about }, normalized: true, ..self }
    }
}

impl Sum {
    /// The mean alone, as this paper has it.
    pub(super) const fn mean(self, source: &'static str) -> Self {
        Self { about: About { source, ..self.about }, normalized: true, ..self }
    }
}

impl Metric for Sum {
    fn about(&self) -> &About {
        &self.about
    }

    fn score(&self, probe: &Probe) -> Result<f64, Undefined> {
        if let Some(why) = (self.nan)(&probe.nans) {
            return Err(Undefined::nan(why.clone()));
        }
        let terms = (self.terms)(probe);
        // An empty sum is -0 in Rust.
        let sum = terms.iter().map(|term| term.value).sum::<f64>() + 0.0;
        if self.normalized && terms.is_empty() {
            return Err(Undefined::nan("no layer has what it sums up"));
        }
        if sum.is_finite() {
            return Ok(if self.normalized { sum / terms.len() as f64 } else { sum });
        }
        let site = terms.iter().find(|term| !term.value.is_finite()).map(|term| &term.place);
        let site =
            site.map_or("their sum".to_owned(), |site| format!("the term of layer {}, {}", site.layer, site.part));
        Err(Undefined { value: sum, why: format!("{site}, is not finite") })
    }

    fn terms<'a>(&self, probe: &'a Probe) -> &'a [Term] {
        (self.terms)(probe)
    }
}

macro_rules! sums {
    ($($plain:ident, $mean:ident: $make:expr, $id:literal, $title:literal, $better:expr;)*) => {$(
        /// The sum.
        pub const $plain: Sum = $make;
        /// The mean of the same terms.
        pub const $mean: Sum = $make.normalized($id, $title, $better);
    )*};
}

sums! {
    SYNAPTIC_DIVERSITY, SYNAPTIC_DIVERSITY_NORMALIZED: Sum::new(
        "synaptic_diversity",
        "Synaptic diversity",
        "How many directions the matrices of the operations and their gradients span.",
        "sum ||W||* ||dW||* over the linear maps of each operation, with the one that ends it",
    ).of(Cost::Backward, Better::Higher, |probe| &probe.diversity),
    "synaptic_diversity_normalized", "Synaptic diversity, normalised", Better::Unknown;

    SYNAPTIC_SALIENCY, SYNAPTIC_SALIENCY_NORMALIZED: Sum::new(
        "synaptic_saliency",
        "Synaptic saliency",
        "How much the output hangs on the weights of the feed-forward stacks.",
        "sum |w * dw| over the linear maps of the feed-forward stacks",
    ).of(Cost::Backward, Better::Higher, |probe| &probe.saliency),
    "synaptic_saliency_normalized", "Synaptic saliency, normalised", Better::Lower;

    ACTIVATION_DISTANCE, ACTIVATION_DISTANCE_NORMALIZED: Sum::new(
        "activation_distance",
        "Activation distance",
        "How often tokens of the first sample agree in the signs of the activations.",
        "sum over activations of sum(c c' + (1 - c)(1 - c)'), c = (output > 0): tokens x features of sample 0",
    ).of(Cost::Forward, Better::Higher, |probe| &probe.agreement).of_first_sequence(),
    "activation_distance_normalized", "Activation distance, normalised", Better::Unknown;

    HEAD_IMPORTANCE, HEAD_IMPORTANCE_NORMALIZED: Sum::new(
        "head_importance",
        "Head importance",
        "How much the output hangs on the weights of the heads.",
        "sum |w * dw| over the linear maps inside each operation whose matrix has at least 128 rows",
    ).of(Cost::Backward, Better::Higher, |probe| &probe.importance),
    "head_importance_normalized", "Head importance, normalised", Better::Unknown;

    HEAD_CONFIDENCE, HEAD_CONFIDENCE_NORMALIZED: Sum::new(
        "head_confidence",
        "Head confidence",
        "How far the projections of the heads reach over a sequence.",
        "sum over projections of the mean of their largest value over the sequence",
    ).of(Cost::Forward, Better::Higher, |probe| &probe.confidence),
    "head_confidence_normalized", "Head confidence, normalised", Better::Higher;

    HEAD_SOFTMAX_CONFIDENCE, HEAD_SOFTMAX_CONFIDENCE_NORMALIZED: Sum::new(
        "head_softmax_confidence",
        "Head softmax confidence",
        "How far apart the heads attend.",
        "sum over softmaxes of the mean of their largest value over the heads",
    ).of(Cost::Forward, Better::Higher, |probe| &probe.softmax_confidence),
    "head_softmax_confidence_normalized", "Head softmax confidence, normalised", Better::Unknown;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::transformer::Place;

    /// Terms 1 and 3: sum 4, mean 2.
    #[test]
    fn sum_and_mean_by_hand() {
        let place = Place { layer: 0, part: "output.dense".to_owned(), head: None };
        let saliency = [1.0, 3.0].map(|value| Term { place: place.clone(), value }).to_vec();
        let probe = Probe { saliency, ..Probe::default() };
        assert_eq!((SYNAPTIC_SALIENCY.score(&probe), SYNAPTIC_SALIENCY_NORMALIZED.score(&probe)), (Ok(4.0), Ok(2.0)));
        assert_eq!(HEAD_IMPORTANCE.score(&probe), Ok(0.0));
        assert!(HEAD_IMPORTANCE_NORMALIZED.score(&probe).unwrap_err().value.is_nan());
    }
}
