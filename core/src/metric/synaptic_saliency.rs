//! Synaptic saliency: Σ |w · ∂(sum of all outputs) / ∂w| over every matrix of every linear node but its first, in every
//! layer, and over the embedding, which is tied to the decoder, but for the row of its last word.
//!
//! After Tanaka et al., *Pruning neural networks without any data* (SynFlow, NeurIPS 2020). That the first matrix is left
//! out is how the published code walks its parameters; the last word is its padding word, which gets no gradient. The
//! ablation files differentiate the output itself.

use super::{About, Better, Cost, Metric, Undefined};
use crate::probe::{Need, Probe};

/// See the formula above.
pub struct SynapticSaliency;

const ABOUT: About = About {
    id: "synaptic_saliency",
    title: "Synaptic saliency",
    summary: "How much the output hangs on the weights.",
    formula: "sum |w * dw| over the matrices of the linear nodes but their first, and the tied embedding",
    unit: "output",
    better: Better::Lower,
    cost: Cost::Backward,
    source: "Serianni & Kalita, ACL 2023, section 3.1",
};

impl Metric for SynapticSaliency {
    fn about(&self) -> &About {
        &ABOUT
    }

    fn needs(&self) -> Vec<Need> {
        vec![Need::WeightGradients]
    }

    fn score(&self, probe: &Probe) -> Result<f64, Undefined> {
        match probe.saliency {
            Some(sum) if sum.is_finite() => Ok(sum),
            Some(sum) => Err(Undefined { value: sum, why: "a gradient is not finite".to_owned() }),
            None => Err(Undefined::unobserved("gradients of the weights")),
        }
    }
}
