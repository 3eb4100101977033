//! The encoder on Burn tensors, on any device: one pass forward, one backward from ones, and one read of it all.

mod mix;
mod parts;
mod seen;

use burn::tensor::{Device, Tensor, TensorData};

use super::{Sizes, Weights};
use crate::Result;
use crate::probe::transformer::Probe;
use crate::space::transformer::Configuration;
use parts::{Linear, Norm};
use seen::Seen;

/// An encoder on a device.
pub struct Network<'a> {
    configuration: &'a Configuration,
    weights: &'a Weights,
    sizes: &'a Sizes,
    /// With automatic differentiation.
    device: Device,
}

/// What was observed, still on the device.
pub struct Observed<'a> {
    seen: Seen,
    /// [B, T, H].
    output: Tensor<3>,
    /// [T, E]: the embeddings of the positions that were read.
    positions: Tensor<2>,
    network: &'a Network<'a>,
}

impl<'a> Network<'a> {
    /// An encoder on `device`, which comes without automatic differentiation.
    pub fn new(configuration: &'a Configuration, weights: &'a Weights, sizes: &'a Sizes, device: &Device) -> Self {
        Self { configuration, weights, sizes, device: device.clone().autodiff() }
    }

    /// Runs the encoder on ids [B, T]; nothing is read from the device yet.
    ///
    /// # Errors
    /// [`crate::Error::Weights`] where a weight is missing.
    pub fn observe(&'a self, tokens: &[u32]) -> Result<Observed<'a>> {
        let mut seen = Seen::default();
        let positions = self.positions()?;
        let mut hidden = self.embed(tokens, &positions)?;
        for (at, layer) in self.configuration.layers.iter().enumerate() {
            let prefix = format!("encoder.layer.{at}");
            hidden = self.mix(&format!("{prefix}.operation"), layer, hidden, &mut seen)?;
            hidden = self.feed_forward(&prefix, layer.stacks, hidden, &mut seen)?;
        }
        Ok(Observed { seen, output: hidden, positions, network: self })
    }

    /// [T, E], watched: its gradient is the Jacobian.
    fn positions(&self) -> Result<Tensor<2>> {
        let Sizes { embedding, sequence, .. } = *self.sizes;
        let all = &self.weights.get("embeddings.position_embeddings.weight")?.values;
        Ok(tensor(all[..sequence * embedding].to_vec(), [sequence, embedding], &self.device).require_grad())
    }

    /// [B, T, H]. Words are looked up on the host: no metric reads their gradient.
    fn embed(&self, tokens: &[u32], positions: &Tensor<2>) -> Result<Tensor<3>> {
        let Sizes { embedding, batch, sequence, .. } = *self.sizes;
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
    fn feed_forward(&self, prefix: &str, stacks: usize, input: Tensor<3>, seen: &mut Seen) -> Result<Tensor<3>> {
        let mut inner = input.clone();
        for stack in 0..stacks {
            let name = match stack {
                0 => format!("{prefix}.intermediate.dense_in"),
                more => format!("{prefix}.intermediate.dense_list.{}", more - 1),
            };
            let linear = self.watched(&name)?;
            inner = burn::tensor::activation::gelu(linear.forward(inner));
            seen.activation(&inner);
            seen.feed_forward.push(linear);
        }
        let linear = self.watched(&format!("{prefix}.output.dense"))?;
        let output = linear.forward(inner) + input;
        seen.feed_forward.push(linear);
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

impl Observed<'_> {
    /// Reads everything at once and reduces it on the host.
    ///
    /// # Errors
    /// What the device says of its failure.
    pub async fn read(self) -> std::result::Result<Probe, String> {
        let gradients = self.output.clone().sum().backward();
        let jacobian = self.positions.grad(&gradients);
        let mut probe = self.seen.read(&gradients, jacobian, self.network.sizes).await?;
        probe.parameters = self.network.sizes.parameters(self.network.configuration);
        Ok(probe)
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
