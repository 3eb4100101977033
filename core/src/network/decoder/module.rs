//! The decoder on Burn tensors, on any device: one forward pass, one backward pass from the loss, and one transfer of
//! all results. Where the device lacks memory for all sequences at once, they are taken in parts.

mod assembly;
mod attention;
mod head;

#[cfg(test)]
mod tests;

use burn::tensor::{Device, Tensor};
use rayon::prelude::*;

use super::Model;
use super::kernel::Sequence;
use super::kernel::words::WordTables;
use super::names::POSITIONS;
use crate::Result;
use crate::device::broken;
use crate::network::Batch;
use crate::network::tensor::tensor;
use crate::network::transformer::kernel::language::targets;
use crate::network::transformer::module::capture::Capture;
use crate::network::transformer::module::padding::Padding;
use crate::network::transformer::module::parameters::Parameters;
use crate::network::transformer::module::portions::{Portion, as_many_as_fit};
use crate::network::transformer::module::reading::Ends;
use crate::network::transformer::module::sums::Sums;
use crate::network::transformer::{Weights, reduce};
use crate::observation::{GradientOf, Needs, Observation};
use crate::space::decoder::Position;
use assembly::Assembled;
use head::{Loss, Targets};

/// A decoder on a device.
pub struct Network<'a> {
    assembled: Assembled<'a>,
    words: WordTables<'a>,
    model: &'a Model,
    needs: &'a Needs,
}

/// The observations of some sequences, still on the device.
struct Observed<'a> {
    capture: Capture<'a>,
    /// [B, T, H].
    output: Tensor<3>,
    /// [T, H]: what was added to the embeddings of words.
    positions: Tensor<2>,
    /// Where it is read.
    loss: Option<Loss>,
}

impl<'a> Network<'a> {
    /// A decoder on `device`, which is given without automatic differentiation.
    ///
    /// # Errors
    /// [`crate::Error::Weights`] where a weight is missing.
    pub fn new(model: &'a Model, weights: &'a Weights, needs: &'a Needs, device: &Device) -> Result<Self> {
        let device = if needs.goes_backward() { device.clone().autodiff() } else { device.clone() };
        let parameters = Parameters { weights: weights.into(), device, leaves: None };
        let words = WordTables::new(&model.decoder, parameters.weights)?;
        Ok(Self { assembled: Assembled { decoder: &model.decoder, parameters }, words, model, needs })
    }

    /// Runs the decoder once for all metrics on the sequences of a batch. Errors call the device `name`.
    ///
    /// # Errors
    /// [`crate::Error::Weights`] where a weight is missing, [`crate::Error::Broken`] where the device fails,
    /// [`crate::Error::Memory`] where it has not enough for a single sequence.
    pub async fn observe(&self, batch: &Batch, name: &str) -> Result<Observation> {
        let device = &self.assembled.parameters.device;
        let run = async |at_once| self.in_parts(batch, at_once, name).await;
        let (sums, parts) = as_many_as_fit(self.model.sizes.batch, device, run).await?;
        let mut seen = self.finish(sums, batch)?;
        seen.parts = parts;
        Ok(seen)
    }

    /// What the metrics read, from the sums over all sequences of a batch.
    ///
    /// # Errors
    /// [`crate::Error::Weights`] where a weight is missing.
    fn finish(&self, sums: Sums, batch: &Batch) -> Result<Observation> {
        let Model { decoder, sizes, .. } = self.model;
        let Sums { mut seen, gradients } = sums;
        let weights = self.assembled.parameters.weights;
        let parameters = gradients.iter().map(|gradient| gradient.parameter(weights)).collect::<Result<Vec<_>>>()?;
        let hidden = std::mem::take(&mut seen.hidden);
        let mut seen =
            seen.finish(sizes.batch, |jacobian| reduce::positions(jacobian, [decoder.width, sizes.sequence]));
        seen.hidden = reduce::hidden(&hidden, self.needs, [decoder.layers.len(), decoder.width]);
        seen.loss = seen.loss.map(|sum| sum / targets(&Sequence::of_batch(batch, sizes.sequence)));
        seen.reduce(self.needs, GradientOf::Output, &parameters);
        seen.reduce(self.needs, GradientOf::Loss, &parameters);
        Ok(seen)
    }

    /// Runs `at_once` sequences of a batch at a time.
    ///
    /// # Errors
    /// As [`Self::observe`].
    async fn in_parts(&self, batch: &Batch, at_once: usize, name: &str) -> Result<Sums> {
        let length = self.model.sizes.sequence;
        let sequences = Sequence::of_batch(batch, length);
        let factor = (1.0 / targets(&sequences)) as f32;
        Portion::sum(batch, at_once, length, async |portion| {
            let targets = Targets::new(&sequences[portion.first..][..portion.tokens.len() / length], length);
            let observed = self.run(portion, &targets, factor)?;
            observed.read().await.map_err(|error| broken(name, &error))
        })
        .await
    }

    /// Runs the decoder on some sequences; the gradient of their losses is multiplied with `factor`. Nothing is read
    /// from the device yet.
    ///
    /// # Errors
    /// [`crate::Error::Weights`] where a weight is missing.
    fn run(&self, portion: Portion, targets: &Targets, factor: f32) -> Result<Observed<'a>> {
        let (length, device) = (self.model.sizes.sequence, &self.assembled.parameters.device);
        let padding = portion.lengths.and_then(|lengths| Padding::of(lengths, length, device));
        let mut capture = Capture::new(self.needs, padding);
        let positions = self.positions()?;
        let embedded = self.embedded(portion.tokens) + positions.clone().unsqueeze::<3>();
        let output = self.assembled.forward(embedded, &mut capture)?;
        let factor = capture.goes_backward().then_some(factor);
        let loss = self.needs.loss_is_read().then(|| Loss::new(&self.words, &output, targets, factor));
        Ok(Observed { capture, output, positions, loss })
    }

    /// [T, H], whose gradient is the Jacobian: the learned positions, and zeros where heads know them.
    fn positions(&self) -> Result<Tensor<2>> {
        let (length, width) = (self.model.sizes.sequence, self.model.decoder.width);
        let Parameters { weights, device, .. } = &self.assembled.parameters;
        let positions = match self.model.decoder.position {
            Position::Learned => {
                tensor(weights.get(POSITIONS)?.values[..length * width].to_vec(), [length, width], device)
            }
            Position::Rotary { .. } | Position::Relative => Tensor::zeros([length, width], device),
        };
        Ok(if self.needs.jacobian(0.0) { positions.require_grad() } else { positions })
    }

    /// The embeddings [B, T, H] of ids [B, T]. They are looked up on the host: no metric reads the gradient of a table.
    fn embedded(&self, tokens: &[u32]) -> Tensor<3> {
        let (length, width) = (self.model.sizes.sequence, self.model.decoder.width);
        let sequences = tokens.par_chunks(length);
        let shape = [tokens.len() / length, length, width];
        let values = sequences.flat_map_iter(|sequence| self.words.embed(sequence)).collect();
        tensor(values, shape, &self.assembled.parameters.device)
    }
}

impl Observed<'_> {
    /// Runs the backward pass and reads all results in one transfer.
    ///
    /// # Errors
    /// The error message of the device.
    async fn read(self) -> std::result::Result<Sums, String> {
        let Self { capture, output, positions, loss } = self;
        let gradient = loss.as_ref().and_then(|loss| loss.gradient.clone());
        let differentiated = gradient.map(|gradient| (output.clone() * gradient).sum());
        let losses = loss.map(|loss| loss.of_tokens);
        capture.read(Ends { positions: &positions, output: &output, differentiated, losses }).await
    }
}
