//! Hidden covariance of layer l: S(corr(H)), H = the incoming states of layer l, rows = hidden units, columns =
//! (sample, step). The first incoming state of a recurrent network is zero, as published; those of a layer of an encoder or
//! decoder are what the layer before it gives, and of the first one the embeddings. S is the score of [`super::spectrum`].
//!
//! A cell whose hidden units all say something different scores high; one whose units move together scores low.

use super::about::{About, Metric, PAPER};
use super::spectrum;
use crate::family::Family;
use crate::observation::{Need, Observation};
use crate::undefined::Undefined;

/// Hidden covariance of one layer.
pub struct HiddenCovariance {
    about: About,
    families: &'static [Family],
    /// Counted from 1.
    layer: usize,
}

const fn layer(layer: usize, id: &'static str, title: &'static str) -> HiddenCovariance {
    let about = About {
        id,
        title,
        summary: "How differently the hidden units of a layer behave over samples and steps.",
        formula: "S(corr(H)), S(M) = -sum_v [ln(v + 1e-5) + 1/(v + 1e-5)] over the eigenvalues v of M; H: hidden units x (sample, step)",
        unit: "score",
        source: PAPER,
    };
    HiddenCovariance { about, families: &[Family::Recurrent], layer }
}

/// The same of encoders and decoders.
const fn of_transformers(cells: &HiddenCovariance) -> HiddenCovariance {
    let about = About {
        summary: "How differently the features that a layer reads behave over samples and positions.",
        formula: "S(corr(H)), S(M) = -sum_v [ln(v + 1e-5) + 1/(v + 1e-5)] over the eigenvalues v of M; H: features x (sample, position)",
        ..cells.about
    };
    HiddenCovariance { about, families: &[Family::Encoder, Family::Decoder], layer: cells.layer }
}

/// Of the first layer: the best published metric of NAS-Bench-NLP.
pub const LAYER_1: HiddenCovariance = layer(1, "hidden_covariance_layer_1", "Hidden covariance, layer 1");
/// Of the second layer.
pub const LAYER_2: HiddenCovariance = layer(2, "hidden_covariance_layer_2", "Hidden covariance, layer 2");
/// Of the third layer.
pub const LAYER_3: HiddenCovariance = layer(3, "hidden_covariance_layer_3", "Hidden covariance, layer 3");

/// Of the first layer of an encoder or decoder: its embeddings.
pub const TRANSFORMER_LAYER_1: HiddenCovariance = of_transformers(&LAYER_1);
/// Of the second layer of an encoder or decoder.
pub const TRANSFORMER_LAYER_2: HiddenCovariance = of_transformers(&LAYER_2);
/// Of the third layer of an encoder or decoder.
pub const TRANSFORMER_LAYER_3: HiddenCovariance = of_transformers(&LAYER_3);

impl Metric for HiddenCovariance {
    fn about(&self) -> &About {
        &self.about
    }

    fn families(&self) -> &'static [Family] {
        self.families
    }

    fn needs(&self) -> Vec<Need> {
        vec![Need::Hidden(self.layer)]
    }

    fn score(&self, seen: &Observation) -> Result<f64, Undefined> {
        spectrum::score(&seen.hidden(self.layer)?.correlation()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::Moments;

    /// Units (1, 2, 3) and (1, 0, 1) are uncorrelated: the correlation matrix is the identity and S ≈ −2, one term of
    /// ln 1.00001 + 1 / 1.00001 for each unit.
    #[test]
    fn two_uncorrelated_units_have_the_identity_as_correlations() {
        let rows = Moments::from_columns(&[1.0, 1.0, 2.0, 0.0, 3.0, 1.0], 2);
        let seen = Observation { hidden: vec![Some(rows)], ..Observation::default() };
        let expected = -2.0 * (1.00001f64.ln() + 1.0 / 1.00001);
        assert!((LAYER_1.score(&seen).unwrap() - expected).abs() < 1e-12);
    }
}
