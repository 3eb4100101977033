//! A decoder as Burn tensors: its layers in sequence, then the last norm.

use burn::tensor::Tensor;
use burn::tensor::activation::{gelu_approximate, relu, silu};

use super::super::names::Names;
use crate::Result;
use crate::network::transformer::module::capture::Capture;
use crate::network::transformer::module::gelu::gelu;
use crate::network::transformer::module::parameters::Parameters;
use crate::network::transformer::module::parts::{Linear, Norm};
use crate::observation::Role;
use crate::space::decoder::{Activation, Decoder, Layer, Residual};

/// A decoder on a device.
pub struct Assembled<'a> {
    /// Its architecture.
    pub decoder: &'a Decoder,
    /// Its weights.
    pub parameters: Parameters<'a>,
}

/// Maps of a layer that read the same input.
pub struct Maps<'a> {
    /// What they are.
    pub role: Role,
    /// Their names in the layer.
    pub parts: &'a [&'a str],
    /// Whether they have biases.
    pub biased: bool,
}

impl Assembled<'_> {
    /// From the embeddings with their positions, [B, T, H], to the last hidden states, [B, T, H].
    ///
    /// # Errors
    /// [`crate::Error::Weights`] where a weight is missing.
    pub fn forward(&self, embedded: Tensor<3>, capture: &mut Capture) -> Result<Tensor<3>> {
        let names = Names::of(self.decoder);
        let mut hidden = embedded;
        for (index, layer) in self.decoder.layers.iter().enumerate() {
            capture.layer(index + 1, &hidden);
            hidden = self.layer((index, layer), hidden, capture)?;
        }
        if self.decoder.norm.is_before() { Ok(self.norm(names.norm)?.forward(hidden)) } else { Ok(hidden) }
    }

    /// A layer, from [B, T, H] to [B, T, H].
    fn layer(&self, layer: (usize, &Layer), x: Tensor<3>, capture: &mut Capture) -> Result<Tensor<3>> {
        let (index, names) = (layer.0, Names::of(self.decoder));
        let of_attention = self.norm(&names.in_layer(index, names.attention_norm))?;
        let of_feed_forward = self.norm(&names.in_layer(index, names.feed_forward_norm))?;
        if !self.decoder.norm.is_before() {
            let x = of_attention.forward(x.clone() + self.attention(layer, &x, capture)?);
            return Ok(of_feed_forward.forward(x.clone() + self.feed_forward(index, &x, capture)?));
        }
        let attended = x.clone() + self.attention(layer, &of_attention.forward(x.clone()), capture)?;
        let read = match self.decoder.residual {
            Residual::Sequential => attended.clone(),
            Residual::Parallel => x,
        };
        Ok(attended + self.feed_forward(index, &of_feed_forward.forward(read), capture)?)
    }

    /// The feed-forward layer of a layer, from [B, T, H] to [B, T, H].
    fn feed_forward(&self, index: usize, x: &Tensor<3>, capture: &mut Capture) -> Result<Tensor<3>> {
        let Decoder { activation, biases, .. } = self.decoder;
        let (role, names) = (Role::FeedForward, Names::of(self.decoder));
        let maps = Maps { role, parts: names.feed_forward, biased: biases.feed_forward };
        let mut mapped = self.maps(index, &maps, x, capture)?;
        let activated = activate(*activation, mapped.remove(0));
        // Where there is a gate, it is multiplied with the second map.
        let inner = mapped.into_iter().fold(activated, |product, factor| product * factor);
        let maps = Maps { role, parts: &[names.feed_forward_output], biased: biases.feed_forward };
        self.map(index, &maps, &inner, capture)
    }

    /// What the only map of `maps` makes of x [B, T, in]: [B, T, out].
    pub fn map(&self, index: usize, maps: &Maps, x: &Tensor<3>, capture: &mut Capture) -> Result<Tensor<3>> {
        Ok(self.maps(index, maps, x, capture)?.remove(0))
    }

    /// What maps of a layer make of x [B, T, in]: [B, T, out] each.
    pub fn maps(&self, index: usize, maps: &Maps, x: &Tensor<3>, capture: &mut Capture) -> Result<Vec<Tensor<3>>> {
        let map = |part: &&str| {
            let name = Names::of(self.decoder).in_layer(index, part);
            let new = if maps.biased { Linear::new } else { Linear::unbiased };
            let linear = new(&self.parameters, &name, maps.role)?.stored(self.decoder.original.is_transposed());
            Ok(capture.watched(linear))
        };
        let linears = maps.parts.iter().map(map).collect::<Result<Vec<_>>>()?;
        let outputs: Vec<Tensor<3>> = linears.iter().map(|linear| linear.forward(x.clone())).collect();
        capture.maps(&linears, &outputs);
        Ok(outputs)
    }

    fn norm(&self, name: &str) -> Result<Norm> {
        let new = if self.decoder.norm.is_centred() { Norm::new } else { Norm::root_mean_square };
        new(&self.parameters, name)
    }
}

fn activate(activation: Activation, x: Tensor<3>) -> Tensor<3> {
    match activation {
        Activation::Gelu => gelu(x),
        Activation::GeluTanh => gelu_approximate(x),
        Activation::Relu => relu(x),
        Activation::Silu => silu(x),
    }
}
