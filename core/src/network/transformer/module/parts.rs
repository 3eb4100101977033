//! The parts of every layer.

use burn::tensor::{Device, Tensor};

use super::super::Weights;
use crate::Result;
use crate::network::tensor::tensor;
use crate::observation::{ParameterSpec, Role, Site};

/// y [B, T, out] = x [B, T, in] Wᵀ + b.
#[derive(Clone)]
pub struct Linear {
    /// Name in PyTorch, without `.weight`.
    pub name: String,
    /// Its site, role and shape.
    pub spec: ParameterSpec,
    /// [out, in].
    pub weight: Tensor<2>,
    /// `[out]`; `None` for a map without bias.
    bias: Option<Tensor<1>>,
}

/// y = (x − mean) / √(variance + ε) · w + b over the last axis; w and b are `[H]`.
pub struct Norm {
    weight: Tensor<1>,
    bias: Tensor<1>,
    epsilon: f32,
}

impl Linear {
    /// The map of this name.
    ///
    /// # Errors
    /// [`crate::Error::Weights`] where it is missing.
    pub fn new(weights: &Weights, name: &str, role: Role, device: &Device) -> Result<Self> {
        Ok(Self {
            bias: Some(vector(weights, &format!("{name}.bias"), device)?),
            ..Self::unbiased(weights, name, role, device)?
        })
    }

    /// The map of this name, which has no bias.
    ///
    /// # Errors
    /// [`crate::Error::Weights`] where it is missing.
    pub fn unbiased(weights: &Weights, name: &str, role: Role, device: &Device) -> Result<Self> {
        let array = weights.get(&format!("{name}.weight"))?;
        let shape = [array.shape[0], array.values.len() / array.shape[0]];
        let spec = ParameterSpec { site: Site::of_weight(name), role, shape };
        Ok(Self { name: name.to_owned(), spec, weight: tensor(array.values.clone(), shape, device), bias: None })
    }

    /// The same map with its gradient computed.
    pub fn watched(self) -> Self {
        Self { weight: self.weight.require_grad(), ..self }
    }

    /// From [B, T, in] to [B, T, out].
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let [batch, sequence, input] = x.dims();
        let [output, _] = self.weight.dims();
        // One product for all tokens: a product per sequence would read the matrix once per sequence.
        let y = x.reshape([batch * sequence, input]).matmul(self.weight.clone().transpose());
        let y = y.reshape([batch, sequence, output]);
        match &self.bias {
            Some(bias) => y + bias.clone().unsqueeze::<3>(),
            None => y,
        }
    }
}

impl Norm {
    /// The norm of this name.
    ///
    /// # Errors
    /// [`crate::Error::Weights`] where it is missing.
    pub fn new(weights: &Weights, name: &str, device: &Device) -> Result<Self> {
        let part = |part: &str| vector(weights, &format!("{name}.{part}"), device);
        Ok(Self { weight: part("weight")?, bias: part("bias")?, epsilon: weights.epsilon })
    }

    /// From [B, T, H] to [B, T, H].
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let centred = x.clone() - x.mean_dim(2);
        let variance = centred.clone().powf_scalar(2.0).mean_dim(2);
        let scaled = centred / (variance + self.epsilon).sqrt();
        scaled * self.weight.clone().unsqueeze::<3>() + self.bias.clone().unsqueeze::<3>()
    }
}

/// A weight with one axis, or with more axes of length 1.
pub fn vector(weights: &Weights, name: &str, device: &Device) -> Result<Tensor<1>> {
    let values = weights.get(name)?.values.clone();
    let length = values.len();
    Ok(tensor(values, [length], device))
}
