//! Activation distance of encoders: Σ over activations of the feed-forward layers of Σ (c cᵀ + (1 − c)(1 − c)ᵀ), where
//! c [T, features] is 1 where the output is above zero, of the first sequence alone, as published: the sum over pairs
//! of tokens and over features of how often the signs agree. Of T tokens s are active in a feature: s² pairs agree in
//! being so and (T − s)² in not being so. The metric of this name of recurrent networks is another
//! ([`super::activation_distance`]).

use super::about::{About, LPZERO, Metric, PAPER};
use super::term_sum::{Total, total};
use crate::family::Family;
use crate::observation::{Activations, Need, Observation, Term};
use crate::undefined::Undefined;

/// The sum over activations, or their mean.
pub struct SignAgreement {
    about: About,
    families: &'static [Family],
    total: Total,
}

/// The sum.
pub const SUM: SignAgreement = SignAgreement {
    about: About {
        id: "activation_distance",
        title: "Activation distance",
        summary: "How often tokens of the first sample agree in the signs of the activations.",
        formula: "sum over activations of sum(c c' + (1 - c)(1 - c)'), c = (output > 0): tokens x features of sample 0",
        unit: "score",
        source: PAPER,
    },
    families: &[Family::Encoder],
    total: Total::Sum,
};

/// Of decoders, over all maps of the layers, whose outputs Dong et al. take for activations.
pub const DECODER: SignAgreement = SignAgreement {
    about: About {
        summary: "How often tokens of the first sample agree in the signs of what the maps of the layers give.",
        formula: "sum over the maps of the layers of sum(c c' + (1 - c)(1 - c)'), c = (output > 0): tokens x features of sample 0",
        source: LPZERO,
        ..SUM.about
    },
    families: &[Family::Decoder],
    total: Total::Sum,
};

/// The mean over activations.
pub const NORMALIZED: SignAgreement = SignAgreement {
    about: About { id: "activation_distance_normalized", title: "Activation distance, normalised", ..SUM.about },
    total: Total::Mean,
    ..SUM
};

impl Metric for SignAgreement {
    fn about(&self) -> &About {
        &self.about
    }

    fn families(&self) -> &'static [Family] {
        self.families
    }

    fn needs(&self) -> Vec<Need> {
        vec![Need::Signs]
    }

    fn score(&self, seen: &Observation) -> Result<f64, Undefined> {
        total(&self.terms(seen), self.total)
    }

    fn terms(&self, seen: &Observation) -> Vec<Term> {
        let spoiled = seen.spoiled(Need::Signs).is_some();
        let value = |activations: &Activations| if spoiled { f64::NAN } else { agreement(activations) };
        let term = |activations: &Activations| Term { site: activations.site.clone(), value: value(activations) };
        seen.activations.iter().map(term).collect()
    }
}

fn agreement(activations: &Activations) -> f64 {
    let tokens = activations.tokens as f64;
    activations.active.iter().map(|&s| f64::from(s).powi(2) + (tokens - f64::from(s)).powi(2)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::Site;

    /// Three tokens, of which two are active in one feature: 2² + 1² = 5 pairs agree. None in another: 9.
    #[test]
    fn agreement_of_two_activations() {
        let activations =
            |active| Activations { site: Site::in_layer(0, "intermediate"), active: vec![active], tokens: 3 };
        let seen = Observation { activations: vec![activations(2.0), activations(0.0)], ..Observation::default() };
        assert_eq!((SUM.score(&seen), NORMALIZED.score(&seen)), (Ok(14.0), Ok(7.0)));
    }
}
