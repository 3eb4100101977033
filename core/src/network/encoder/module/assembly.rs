//! An encoder as Burn tensors: the embedding, then its layers in sequence.

use burn::tensor::Tensor;

use super::super::sizes::feed_forward_layer;
use super::places::EMBEDDING;
use crate::Result;
use crate::network::transformer::module::capture::Capture;
use crate::network::transformer::module::gelu::gelu;
use crate::network::transformer::module::parameters::Parameters;
use crate::network::transformer::module::parts::{Linear, Norm};
use crate::observation::Role;
use crate::space::encoder::Configuration;

/// An encoder on a device, scored or in training.
pub struct Encoder<'a> {
    /// Its layers.
    pub configuration: &'a Configuration,
    /// Its weights. The embeddings with their norm may be shared with other encoders.
    pub parameters: Parameters<'a>,
}

impl Encoder<'_> {
    /// From the sums of the embeddings, [B, T, E], to the last hidden states, [B, T, H].
    ///
    /// # Errors
    /// [`crate::Error::Weights`] where a weight is missing.
    pub fn forward(&self, embedded: Tensor<3>, capture: &mut Capture) -> Result<Tensor<3>> {
        let mut hidden = self.embed(embedded, capture)?;
        for (index, layer) in self.configuration.layers.iter().enumerate() {
            let prefix = format!("encoder.layer.{index}");
            capture.layer(index + 1, &hidden);
            hidden = self.mix(&format!("{prefix}.operation"), layer, hidden, capture)?;
            hidden = self.feed_forward(&prefix, layer.feed_forward_layers, hidden, capture)?;
        }
        Ok(hidden)
    }

    /// The norm of the sums of the embeddings, [B, T, E], and the projection to [B, T, H] where H differs.
    fn embed(&self, embedded: Tensor<3>, capture: &Capture) -> Result<Tensor<3>> {
        let [_, _, width] = embedded.dims();
        let embedded = Norm::new(&self.parameters.shared(), "embeddings.LayerNorm")?.forward(embedded);
        let embedded = capture.dropped(EMBEDDING, embedded);
        if width == self.configuration.hidden {
            return Ok(embedded);
        }
        Ok(self.linear("embeddings_project", Role::Projection)?.forward(embedded))
    }

    /// The feed-forward layers of an encoder layer on [B, T, H], with the residual connection and the norm.
    fn feed_forward(&self, prefix: &str, layers: usize, input: Tensor<3>, capture: &mut Capture) -> Result<Tensor<3>> {
        let mut inner = input.clone();
        for index in 0..layers {
            let name = format!("{prefix}.intermediate.{}", feed_forward_layer(index));
            let linear = capture.watched(self.linear(&name, Role::FeedForward)?);
            inner = gelu(linear.forward(inner));
            capture.activation(&linear.spec.site, &inner);
        }
        let linear = capture.watched(self.linear(&format!("{prefix}.output.dense"), Role::FeedForward)?);
        let output = capture.dropped(&linear.name, linear.forward(inner)) + input;
        Ok(self.norm(&format!("{prefix}.output.LayerNorm"))?.forward(output))
    }

    /// The linear map of this name.
    pub(super) fn linear(&self, name: &str, role: Role) -> Result<Linear> {
        Linear::new(&self.parameters, name, role)
    }

    pub(super) fn norm(&self, name: &str) -> Result<Norm> {
        Norm::new(&self.parameters, name)
    }
}
