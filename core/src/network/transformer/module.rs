//! The encoder on Burn tensors, on any device: one forward pass, one backward pass from ones, and one transfer of all
//! results. Where the device lacks memory for all sequences at once, they are taken in parts.

mod mix;
mod padding;
mod parts;
mod watch;

use burn::tensor::{Device, Tensor, TensorData};

use super::places::feed_forward_layer;
use super::reduce::Role;
use super::{Sizes, Weights};
use crate::device::broken;
use crate::probe::transformer::Probe;
use crate::space::transformer::Configuration;
use crate::{Error, Result};
use padding::Padding;
use parts::{Linear, Norm};
use watch::{Sums, Watch};

/// An encoder on a device.
pub struct Network<'a> {
    configuration: &'a Configuration,
    weights: &'a Weights,
    sizes: &'a Sizes,
    /// With automatic differentiation.
    device: Device,
}

/// The observations of some sequences, still on the device.
pub struct Observed {
    watch: Watch,
    /// [B, T, H].
    output: Tensor<3>,
    /// [T, E]: the embeddings of the positions that were read.
    positions: Tensor<2>,
}

impl<'a> Network<'a> {
    /// An encoder on `device`, which is given without automatic differentiation.
    pub fn new(configuration: &'a Configuration, weights: &'a Weights, sizes: &'a Sizes, device: &Device) -> Self {
        Self { configuration, weights, sizes, device: device.clone().autodiff() }
    }

    /// Runs the encoder once for all metrics on ids [B, T], of which `lengths` `[B]` are real. Errors call the device
    /// `name`.
    ///
    /// # Errors
    /// [`Error::Weights`] where a weight is missing, [`Error::Device`] where the device fails, [`Error::Memory`] where
    /// it has not enough for a single sequence.
    pub async fn observe(&self, tokens: &[u32], lengths: Option<&[usize]>, name: &str) -> Result<Probe> {
        let mut at_once = self.sizes.batch;
        loop {
            match self.in_parts((tokens, lengths), at_once, name).await {
                Err(Error::Memory { .. }) if at_once > 1 => at_once = at_once.div_ceil(2),
                summed => {
                    let parts = self.sizes.batch.div_ceil(at_once);
                    return Ok(Probe { parts, ..summed?.probe(self)? });
                }
            }
            self.device.memory_cleanup();
        }
    }

    /// Runs `at_once` sequences at a time; tokens and lengths as for [`Self::observe`].
    ///
    /// # Errors
    /// As [`Self::observe`].
    pub async fn in_parts(
        &self,
        (tokens, lengths): (&[u32], Option<&[usize]>),
        at_once: usize,
        name: &str,
    ) -> Result<Sums> {
        let mut sums = Sums::default();
        for (index, part) in tokens.chunks(at_once * self.sizes.sequence).enumerate() {
            let lengths = lengths.and_then(|lengths| lengths.chunks(at_once).nth(index));
            sums.add(self.run(part, lengths)?.read().await.map_err(|error| broken(name, &error))?);
        }
        Ok(sums)
    }

    /// Runs the encoder on ids [B, T] of some sequences, of which `lengths` `[B]` are real; nothing is read from the
    /// device yet.
    ///
    /// # Errors
    /// [`Error::Weights`] where a weight is missing.
    pub fn run(&self, tokens: &[u32], lengths: Option<&[usize]>) -> Result<Observed> {
        let length = self.sizes.sequence;
        let padded = lengths.filter(|lengths| lengths.iter().any(|&real| real < length));
        let padding = padded.map(|lengths| Padding::new(lengths, length, &self.device));
        let mut watch = Watch::new(padding);
        let positions = self.positions()?;
        let mut hidden = self.embed(tokens, &positions)?;
        for (index, layer) in self.configuration.layers.iter().enumerate() {
            let prefix = format!("encoder.layer.{index}");
            hidden = self.mix(&format!("{prefix}.operation"), layer, hidden, &mut watch)?;
            hidden = self.feed_forward(&prefix, layer.feed_forward_layers, hidden, &mut watch)?;
        }
        Ok(Observed { watch, output: hidden, positions })
    }

    /// [T, E], whose gradient is the Jacobian.
    fn positions(&self) -> Result<Tensor<2>> {
        let Sizes { embedding, sequence, .. } = *self.sizes;
        let all = &self.weights.get("embeddings.position_embeddings.weight")?.values;
        Ok(tensor(all[..sequence * embedding].to_vec(), [sequence, embedding], &self.device).require_grad())
    }

    /// [B, T, H] of ids [B, T]. Token embeddings are looked up on the host: no metric reads their gradient.
    fn embed(&self, tokens: &[u32], positions: &Tensor<2>) -> Result<Tensor<3>> {
        let Sizes { embedding, sequence, .. } = *self.sizes;
        let batch = tokens.len() / sequence;
        let table = &self.weights.get("embeddings.word_embeddings.weight")?.values;
        let kind = &self.weights.get("embeddings.token_type_embeddings.weight")?.values[..embedding];
        let token = |&id: &u32| {
            table[id as usize * embedding..][..embedding].iter().zip(kind).map(|(token, kind)| token + kind)
        };
        let embedded = tensor(tokens.iter().flat_map(token).collect(), [batch, sequence, embedding], &self.device);
        let embedded = embedded + positions.clone().unsqueeze::<3>();
        let embedded = self.norm("embeddings.LayerNorm")?.forward(embedded);
        if embedding == self.configuration.hidden {
            return Ok(embedded);
        }
        Ok(self.linear("embeddings_project")?.forward(embedded))
    }

    /// The feed-forward layers of an encoder layer on [B, T, H], with the residual connection and the norm.
    fn feed_forward(&self, prefix: &str, layers: usize, input: Tensor<3>, watch: &mut Watch) -> Result<Tensor<3>> {
        let mut inner = input.clone();
        for index in 0..layers {
            let linear = self.watched(&format!("{prefix}.intermediate.{}", feed_forward_layer(index)))?;
            inner = burn::tensor::activation::gelu(linear.forward(inner));
            watch.activation(&inner);
            watch.linears.push((Role::FeedForward, linear));
        }
        let linear = self.watched(&format!("{prefix}.output.dense"))?;
        let output = linear.forward(inner) + input;
        watch.linears.push((Role::FeedForward, linear));
        Ok(self.norm(&format!("{prefix}.output.LayerNorm"))?.forward(output))
    }

    /// A linear map whose gradient no metric reads.
    fn linear(&self, name: &str) -> Result<Linear> {
        Linear::new(self.weights, name, &self.device)
    }

    /// A linear map whose gradient is observed.
    fn watched(&self, name: &str) -> Result<Linear> {
        Ok(self.linear(name)?.watched())
    }

    fn norm(&self, name: &str) -> Result<Norm> {
        Norm::new(self.weights, name, &self.device)
    }
}

impl Observed {
    /// Runs the backward pass and reads all results in one transfer.
    ///
    /// # Errors
    /// The error message of the device.
    pub async fn read(self) -> std::result::Result<Sums, String> {
        let gradients = self.watch.zeroed(self.output.clone()).sum().backward();
        self.watch.read(&gradients, &self.positions, &self.output).await
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

/// A tensor of this shape from its values in row-major order.
fn tensor<const D: usize>(values: Vec<f32>, shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values, shape), device)
}
