//! Hidden synaptic saliency: Σ |h · ∂(sum of all outputs) / ∂h| over the incoming states `h_prev_0` of all steps and
//! layers. The gradient of a state is that of what the next step and the layer above read; what other nodes of its own
//! step read of `h_new_0` does not count, as in the golden files. The ablation files accumulate five passes.

use super::about::{About, Metric, PAPER};
use crate::family::Family;
use crate::observation::{Need, Observation};
use crate::undefined::Undefined;

/// See the formula above.
pub struct HiddenSynapticSaliency;

const ABOUT: About = About {
    id: "hidden_synaptic_saliency",
    title: "Hidden synaptic saliency",
    summary: "How much the output depends on the states.",
    formula: "sum |h * dh| over the incoming states of all steps and layers",
    unit: "output",
    source: PAPER,
};

impl Metric for HiddenSynapticSaliency {
    fn about(&self) -> &About {
        &ABOUT
    }

    fn families(&self) -> &'static [Family] {
        &[Family::Recurrent]
    }

    fn needs(&self) -> Vec<Need> {
        vec![Need::StateGradients]
    }

    fn score(&self, seen: &Observation) -> Result<f64, Undefined> {
        match seen.hidden_saliency {
            Some(sum) if sum.is_finite() => Ok(sum),
            Some(sum) => Err(Undefined { value: sum, why: "a gradient is not finite".to_owned() }),
            None => Err(Undefined::unobserved("gradients of the states")),
        }
    }
}
