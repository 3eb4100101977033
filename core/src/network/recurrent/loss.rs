//! The untrained network as a language model: its loss, and what is computed from its gradients. They are those of
//! training, without dropout and regularisers, from zero states.

#[cfg(feature = "burn")]
use super::module;
use super::reduce::matrix_spec;
use super::sizes::source_width;
use super::training::{CarriedStates, Masks, Objective, Reading, Window};
use super::{Model, Weights, kernel};
use crate::Result;
use crate::device::Device;
#[cfg(feature = "burn")]
use crate::device::broken;
use crate::network::Batch;
use crate::observation::{Needs, Observation, Parameter, ParameterSpec};

/// Cross-entropy alone, with the gradients of all matrices.
const OBJECTIVE: Objective = Objective { activation: 0.0, change: 0.0, frozen: false };

impl Model {
    /// The loss, and what is needed of its gradients.
    ///
    /// # Errors
    /// [`crate::Error::Broken`] or [`crate::Error::Memory`] when the device fails.
    #[cfg_attr(not(feature = "burn"), expect(clippy::unused_async, reason = "only a device is awaited"))]
    pub(super) async fn observe_loss(
        &self,
        weights: &Weights,
        batch: &Batch,
        needs: &Needs,
        device: &Device,
    ) -> Result<Observation> {
        let rows = self.sizes.batch;
        let (tokens, targets) = match &batch.targets {
            Some(targets) => (batch.tokens.as_slice(), targets.as_slice()),
            None => (&batch.tokens[..batch.tokens.len() - rows], &batch.tokens[rows..]),
        };
        let mut seen = Observation { loss: Some(f64::NAN), ..Observation::default() };
        if tokens.is_empty() {
            seen.reduce_of_loss(needs, &[]);
            return Ok(seen);
        }
        let window = Window { rows, tokens, targets };
        let (masks, states) = (Masks::default(), CarriedStates::zeros(&self.recipe, &self.sizes, rows));
        let reading = Reading { window, masks: &masks, states: &states, objective: OBJECTIVE };
        let (loss, gradient, _) = match device {
            Device::Cpu => kernel::gradient(&self.recipe, weights, reading),
            #[cfg(feature = "burn")]
            Device::Burn { device, name, .. } => {
                let computed = module::gradient(&self.recipe, weights, reading, device).await;
                computed.map_err(|error| broken(name, &error))?
            }
        };
        seen.loss = Some(loss.cross_entropy);
        let specs = self.matrices();
        let values = matrices(weights).zip(matrices(&gradient)).zip(&specs);
        let parameter = |((weight, gradient), spec)| Parameter { spec, weight, gradient };
        seen.reduce_of_loss(needs, &values.map(parameter).collect::<Vec<_>>());
        Ok(seen)
    }

    /// All matrices of the cells of all layers, in the order of [`matrices`].
    fn matrices(&self) -> Vec<ParameterSpec> {
        let (recipe, sizes) = (&*self.recipe, &self.sizes);
        let of_layer = |layer: usize| {
            let widths = sizes.widths(layer);
            recipe.linears().flat_map(move |(index, node)| {
                let spec = move |(input, &source)| {
                    matrix_spec(recipe, layer, (index, input), [widths.1, source_width(source, widths.0, widths.1)])
                };
                node.inputs.iter().enumerate().map(spec)
            })
        };
        (0..sizes.layers).flat_map(of_layer).collect()
    }
}

/// The values of the matrices of the cells, layer by layer.
fn matrices(weights: &Weights) -> impl Iterator<Item = &[f32]> {
    weights.layers.iter().flat_map(|cell| &cell.linears).flat_map(|linear| linear.matrices.iter().map(Vec::as_slice))
}
