//! The encoder on Burn tensors, on any device: one pass forward, one backward from ones, and one read of it all. Where the
//! device has not enough memory for all sequences at once, they are taken in parts.

mod mix;
mod padding;
mod parts;
mod watch;

use burn::tensor::{Device, Tensor, TensorData};

use super::places::stack;
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

/// What some sequences showed, still on the device.
pub struct Observed {
    watch: Watch,
    /// [B, T, H].
    output: Tensor<3>,
    /// [T, E]: the embeddings of the positions that were read.
    positions: Tensor<2>,
}

impl<'a> Network<'a> {
    /// An encoder on `device`, which comes without automatic differentiation.
    pub fn new(configuration: &'a Configuration, weights: &'a Weights, sizes: &'a Sizes, device: &Device) -> Self {
        Self { configuration, weights, sizes, device: device.clone().autodiff() }
    }

    /// Runs the encoder on ids [B, T], of which `lengths`, `[B]`, are real, once for every metric; the device is called `name`.
    ///
    /// # Errors
    /// [`Error::Weights`] where a weight is missing, [`Error::Device`] where the device fails, [`Error::Memory`] where it
    /// has not enough for a single sequence.
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

    /// Runs `at_once` of the sequences at a time.
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
        for (at, part) in tokens.chunks(at_once * self.sizes.sequence).enumerate() {
            let lengths = lengths.and_then(|lengths| lengths.chunks(at_once).nth(at));
            sums.add(self.run(part, lengths)?.read().await.map_err(|said| broken(name, &said))?);
        }
        Ok(sums)
    }

    /// Runs the encoder on ids of some sequences, of which `lengths` are real; nothing is read from the device yet.
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
        for (at, layer) in self.configuration.layers.iter().enumerate() {
            let prefix = format!("encoder.layer.{at}");
            hidden = self.mix(&format!("{prefix}.operation"), layer, hidden, &mut watch)?;
            hidden = self.feed_forward(&prefix, layer.stacks, hidden, &mut watch)?;
        }
        Ok(Observed { watch, output: hidden, positions })
    }

    /// [T, E], watched: its gradient is the Jacobian.
    fn positions(&self) -> Result<Tensor<2>> {
        let Sizes { embedding, sequence, .. } = *self.sizes;
        let all = &self.weights.get("embeddings.position_embeddings.weight")?.values;
        Ok(tensor(all[..sequence * embedding].to_vec(), [sequence, embedding], &self.device).require_grad())
    }

    /// [B, T, H]. Words are looked up on the host: no metric reads their gradient.
    fn embed(&self, tokens: &[u32], positions: &Tensor<2>) -> Result<Tensor<3>> {
        let Sizes { embedding, sequence, .. } = *self.sizes;
        let batch = tokens.len() / sequence;
        let words = &self.weights.get("embeddings.word_embeddings.weight")?.values;
        let kind = &self.weights.get("embeddings.token_type_embeddings.weight")?.values[..embedding];
        let word =
            |&id: &u32| words[id as usize * embedding..][..embedding].iter().zip(kind).map(|(word, kind)| word + kind);
        let embedded = tensor(tokens.iter().flat_map(word).collect(), [batch, sequence, embedding], &self.device);
        let embedded = embedded + positions.clone().unsqueeze::<3>();
        let embedded = self.norm("embeddings.LayerNorm")?.forward(embedded);
        if embedding == self.configuration.hidden {
            return Ok(embedded);
        }
        Ok(self.linear("embeddings_project")?.forward(embedded))
    }

    /// The stacks of a layer, each token by itself, and the sum with what came in.
    fn feed_forward(&self, prefix: &str, stacks: usize, input: Tensor<3>, watch: &mut Watch) -> Result<Tensor<3>> {
        let mut inner = input.clone();
        for at in 0..stacks {
            let linear = self.watched(&format!("{prefix}.intermediate.{}", stack(at)))?;
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

    /// A linear map whose gradient is kept.
    fn watched(&self, name: &str) -> Result<Linear> {
        Ok(self.linear(name)?.watched())
    }

    fn norm(&self, name: &str) -> Result<Norm> {
        Norm::new(self.weights, name, &self.device)
    }
}

impl Observed {
    /// Goes back and reads everything at once.
    ///
    /// # Errors
    /// What the device says of its failure.
    pub async fn read(self) -> std::result::Result<Sums, String> {
        let gradients = self.watch.zeroed(self.output.clone()).sum().backward();
        self.watch.read(&gradients, &self.positions, &self.output).await
    }

    /// The last hidden states, [B, T, H].
    ///
    /// # Errors
    /// What the device says of its failure.
    pub async fn hidden(&self) -> std::result::Result<Vec<f32>, String> {
        let data = self.output.clone().into_data_async().await.map_err(|error| format!("{error:?}"))?;
        data.try_to_vec().map_err(|error| format!("{error:?}"))
    }
}

/// A tensor of these values.
fn tensor<const D: usize>(values: Vec<f32>, shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values, shape), device)
}
