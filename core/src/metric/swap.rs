//! SWAP: the number of different patterns of sequences among the units, where a pattern says in which sequences a unit
//! (activation, token, feature) reads a value above zero. Peng et al., *SWAP-NAS* (ICLR 2024).
//!
//! There are at most 2ᴮ patterns of B sequences, and one of each unit: choose B so that 2ᴮ is near the number of units.

use super::about::{About, LANGUAGE_MODELS, Metric};
use super::naswot::observed;
use crate::family::Family;
use crate::observation::{Need, Observation};
use crate::undefined::Undefined;

/// The number.
pub struct Swap;

impl Metric for Swap {
    fn about(&self) -> &About {
        &About {
            id: "swap",
            title: "SWAP",
            summary: "How many different patterns of sequences switch the activations on.",
            formula: "number of distinct columns of c, c = (input of the activation > 0): sequences x units",
            unit: "patterns",
            source: "Peng et al., ICLR 2024",
        }
    }

    fn families(&self) -> &'static [Family] {
        LANGUAGE_MODELS
    }

    fn needs(&self) -> Vec<Need> {
        vec![Need::Codes]
    }

    fn score(&self, seen: &Observation) -> Result<f64, Undefined> {
        Ok(observed(seen)?.patterns() as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::Codes;

    /// Three units of two sequences: (1, 0), (0, 0), (1, 0): two patterns.
    #[test]
    fn patterns_of_two_sequences() {
        let mut codes = Codes::new(1);
        codes.add(&[1.0, -1.0, 2.0]);
        let mut second = Codes::new(1);
        second.add(&[-1.0, 0.0, -3.0]);
        codes.append(second);
        assert_eq!(Swap.score(&Observation { codes: Some(codes), ..Observation::default() }), Ok(2.0));
    }
}
