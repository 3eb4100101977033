//! The encoder on Burn tensors, on any device: one forward pass, one backward pass from ones, and one transfer of all
//! results. Where the device lacks memory for all sequences at once, they are taken in parts.

mod assembly;
mod mixing;
mod places;
pub(crate) mod trained;

use burn::tensor::{Device, Tensor};

use super::{Model, Sizes};
use crate::Result;
use crate::device::broken;
use crate::network::Batch;
use crate::network::tensor::tensor;
use crate::network::transformer::module::capture::Capture;
use crate::network::transformer::module::padding::Padding;
use crate::network::transformer::module::parameters::Parameters;
use crate::network::transformer::module::portions::{Portion, as_many_as_fit};
use crate::network::transformer::module::reading::Ends;
use crate::network::transformer::module::sums::Sums;
use crate::network::transformer::{Weights, reduce};
use crate::observation::{GradientOf, Needs, Observation};
use crate::space::encoder::Configuration;
use assembly::Encoder;

/// An encoder on a device.
pub struct Network<'a> {
    encoder: Encoder<'a>,
    sizes: &'a Sizes,
    needs: &'a Needs,
}

/// The observations of some sequences, still on the device.
pub struct Observed<'a> {
    capture: Capture<'a>,
    /// [B, T, H].
    output: Tensor<3>,
    /// [T, E]: the embeddings of the positions that were read.
    positions: Tensor<2>,
}

impl<'a> Network<'a> {
    /// An encoder on `device`, which is given without automatic differentiation.
    pub fn new(model: &'a Model, weights: &'a Weights, needs: &'a Needs, device: &Device) -> Self {
        let device = if needs.gradient() { device.clone().autodiff() } else { device.clone() };
        let parameters = Parameters { weights: weights.into(), device, leaves: None };
        let encoder = Encoder { configuration: &model.configuration, parameters };
        Self { encoder, sizes: &model.sizes, needs }
    }

    /// Runs the encoder once for all metrics on the sequences of a batch. Errors call the device `name`.
    ///
    /// # Errors
    /// [`crate::Error::Weights`] where a weight is missing, [`crate::Error::Broken`] where the device fails, [`crate::Error::Memory`] where
    /// it has not enough for a single sequence.
    pub async fn observe(&self, batch: &Batch, name: &str) -> Result<Observation> {
        let device = &self.encoder.parameters.device;
        let run = async |at_once| self.in_parts(batch, at_once, name).await;
        let (sums, parts) = as_many_as_fit(self.sizes.batch, device, run).await?;
        let mut seen = self.finish(sums)?;
        seen.parts = parts;
        Ok(seen)
    }

    /// What the metrics read, from the sums over all sequences.
    ///
    /// # Errors
    /// [`crate::Error::Weights`] where a weight is missing.
    pub fn finish(&self, sums: Sums) -> Result<Observation> {
        let Sums { mut seen, gradients } = sums;
        let states = std::mem::take(&mut seen.hidden);
        let weights = self.encoder.parameters.weights;
        let parameters = gradients.iter().map(|gradient| gradient.parameter(weights)).collect::<Result<Vec<_>>>()?;
        let mut seen = seen.finish(self.sizes.batch, |jacobian| {
            reduce::positions(jacobian, [self.sizes.embedding, self.sizes.positions])
        });
        let Configuration { layers, hidden } = self.encoder.configuration;
        seen.hidden = reduce::hidden(&states, self.needs, [layers.len(), *hidden]);
        seen.reduce(self.needs, GradientOf::Output, &parameters);
        Ok(seen)
    }

    /// Runs `at_once` sequences of a batch at a time.
    ///
    /// # Errors
    /// As [`Self::observe`].
    pub async fn in_parts(&self, batch: &Batch, at_once: usize, name: &str) -> Result<Sums> {
        Portion::sum(batch, at_once, self.sizes.sequence, async |Portion { tokens, lengths, .. }| {
            self.run(tokens, lengths)?.read().await.map_err(|error| broken(name, &error))
        })
        .await
    }

    /// Runs the encoder on ids [B, T] of some sequences, of which `lengths` `[B]` are real; nothing is read from the
    /// device yet.
    ///
    /// # Errors
    /// [`crate::Error::Weights`] where a weight is missing.
    pub fn run(&self, tokens: &[u32], lengths: Option<&[usize]>) -> Result<Observed<'a>> {
        let length = self.sizes.sequence;
        let padding = lengths.and_then(|lengths| Padding::of(lengths, length, &self.encoder.parameters.device));
        let mut capture = Capture::new(self.needs, padding);
        let positions = self.positions()?;
        let output = self.encoder.forward(self.embedded(tokens, &positions)?, &mut capture)?;
        Ok(Observed { capture, output, positions })
    }

    /// [T, E], whose gradient is the Jacobian.
    fn positions(&self) -> Result<Tensor<2>> {
        let Sizes { embedding, sequence, .. } = *self.sizes;
        let Parameters { weights, device, .. } = &self.encoder.parameters;
        let all = &weights.get("embeddings.position_embeddings.weight")?.values;
        let positions = tensor(all[..sequence * embedding].to_vec(), [sequence, embedding], device);
        Ok(if self.needs.jacobian(0.0) { positions.require_grad() } else { positions })
    }

    /// The sums of the embeddings [B, T, E] of ids [B, T]. Token embeddings are looked up on the host: no metric reads
    /// their gradient.
    fn embedded(&self, tokens: &[u32], positions: &Tensor<2>) -> Result<Tensor<3>> {
        let Sizes { embedding, sequence, .. } = *self.sizes;
        let batch = tokens.len() / sequence;
        let weights = self.encoder.parameters.weights;
        let table = &weights.get("embeddings.word_embeddings.weight")?.values;
        let kind = &weights.get("embeddings.token_type_embeddings.weight")?.values[..embedding];
        let token = |&id: &u32| {
            table[id as usize * embedding..][..embedding].iter().zip(kind).map(|(token, kind)| token + kind)
        };
        let shape = [batch, sequence, embedding];
        let embedded = tensor(tokens.iter().flat_map(token).collect(), shape, &self.encoder.parameters.device);
        Ok(embedded + positions.clone().unsqueeze::<3>())
    }
}

impl Observed<'_> {
    /// Runs the backward pass and reads all results in one transfer.
    ///
    /// # Errors
    /// The error message of the device.
    pub async fn read(self) -> std::result::Result<Sums, String> {
        let Self { capture, output, positions } = self;
        let differentiated = capture.goes_backward().then(|| capture.zeroed(output.clone()).sum());
        capture.read(Ends { positions: &positions, output: &output, differentiated, losses: None }).await
    }

    /// The last hidden states, [B, T, H].
    ///
    /// # Errors
    /// The error message of the device.
    pub async fn hidden(&self) -> std::result::Result<Vec<f32>, String> {
        let data = self.output.clone().into_data_async().await.map_err(|error| format!("{error:?}"))?;
        data.try_to_vec().map_err(|error| format!("{error:?}"))
    }
}
