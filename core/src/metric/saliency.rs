//! Synaptic saliency: Σ |w · ∂(sum of all outputs) / ∂w|, after Tanaka et al., *Pruning neural networks without any
//! data* (SynFlow, NeurIPS 2020).
//!
//! Of a recurrent network over every matrix of every linear node but its first, in every layer, and over the embedding,
//! which is tied to the decoder, but for the row of its last token. That the first matrix is left out is how the
//! published code walks its parameters; the last token is its padding token, which gets no gradient. The ablation files
//! differentiate the output itself.
//!
//! Of an encoder over the linear maps of the feed-forward layers; of a decoder over all maps of the layers, with the
//! gradient of the loss.

use super::about::{About, LPZERO, PAPER};
use super::term_sum::{TermSum, Total};
use crate::family::Family;
use crate::observation::{GradientOf, Need, Parameter, Reduction, Role};

const CELLS: Reduction = Reduction {
    id: "synaptic_saliency",
    selects: |spec| matches!(spec.role, Role::TiedEmbedding | Role::FurtherInput),
    // The product is rounded to f32 before it is added, as in the golden files.
    term: |p| p.weight.iter().zip(p.gradient).map(|(&w, &dw)| f64::from(w * dw).abs()).sum(),
};

const FEED_FORWARD: Reduction =
    Reduction { id: "synaptic_saliency", selects: |spec| spec.role == Role::FeedForward, term: absolute_products };

const LAYERS: Reduction =
    Reduction { id: "synaptic_saliency", selects: |spec| spec.role.is_in_layer(), term: absolute_products };

/// Of recurrent networks.
pub const RECURRENT: TermSum = TermSum {
    about: About {
        id: "synaptic_saliency",
        title: "Synaptic saliency",
        summary: "How much the output depends on the weights.",
        formula: "sum |w * dw| over the matrices of the linear nodes but their first, and the tied embedding",
        unit: "output",
        source: PAPER,
    },
    families: &[Family::Recurrent],
    need: Need::Parameters(GradientOf::Output, &CELLS),
    total: Total::Sum,
};

/// Of encoders.
pub const ENCODER: TermSum = TermSum {
    about: About {
        summary: "How much the output depends on the weights of the feed-forward layers.",
        formula: "sum |w * dw| over the linear maps of the feed-forward layers",
        unit: "score",
        ..RECURRENT.about
    },
    families: &[Family::Encoder],
    need: Need::Parameters(GradientOf::Output, &FEED_FORWARD),
    total: Total::Sum,
};

/// Of decoders, with the gradient of the loss: SNIP (Lee et al., ICLR 2019) under the name that Dong et al. gave it, too.
pub const DECODER: TermSum = TermSum {
    about: About {
        summary: "How much the loss depends on the weights of the layers.",
        formula: "sum |w * dw| over the matrices of the layers; dw: gradient of the loss",
        unit: "nats",
        source: LPZERO,
        ..RECURRENT.about
    },
    families: &[Family::Decoder],
    need: Need::Parameters(GradientOf::Output, &LAYERS),
    total: Total::Sum,
};

/// Of encoders, the mean over the maps.
pub const ENCODER_NORMALIZED: TermSum = TermSum {
    about: About { id: "synaptic_saliency_normalized", title: "Synaptic saliency, normalised", ..ENCODER.about },
    total: Total::Mean,
    ..ENCODER
};

/// Σ |w · dw| of a parameter.
pub fn absolute_products(parameter: &Parameter) -> f64 {
    let products = parameter.weight.iter().zip(parameter.gradient);
    products.map(|(&w, &dw)| (f64::from(w) * f64::from(dw)).abs()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::{ParameterSpec, Site};

    /// w = (3, 0, 0, −4), dw = (1, 9, 9, 2): |3| + |−8| = 11.
    #[test]
    fn saliency_of_four_weights() {
        let spec = |role| ParameterSpec { site: Site::in_layer(0, "output.dense"), role, shape: [2, 2] };
        let feed_forward = spec(Role::FeedForward);
        let parameter = Parameter {
            spec: &feed_forward,
            weight: &[3.0, 0.0, 0.0, -4.0],
            gradient: &[1.0, 9.0, 9.0, 2.0],
            second: &[],
        };
        assert!((absolute_products(&parameter) - 11.0).abs() < 1e-12);
        assert!(((CELLS.term)(&parameter) - 11.0).abs() < 1e-12);
        let selected = |reduction: Reduction, role| (reduction.selects)(&spec(role));
        assert!(selected(FEED_FORWARD, Role::FeedForward) && !selected(FEED_FORWARD, Role::OperationOutput));
        assert!(selected(CELLS, Role::FurtherInput) && !selected(CELLS, Role::FirstInput));
    }
}
