//! The parts of every layer.

use burn::tensor::Tensor;

use super::parameters::Parameters;
use crate::Result;
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
    pub fn new(parameters: &Parameters, name: &str, role: Role) -> Result<Self> {
        Ok(Self { bias: Some(parameters.vector(&format!("{name}.bias"))?), ..Self::unbiased(parameters, name, role)? })
    }

    /// The map of this name, which has no bias.
    ///
    /// # Errors
    /// [`crate::Error::Weights`] where it is missing.
    pub fn unbiased(parameters: &Parameters, name: &str, role: Role) -> Result<Self> {
        let weight = parameters.matrix(&format!("{name}.weight"))?;
        let spec = ParameterSpec { site: Site::of_weight(name), role, shape: weight.dims() };
        Ok(Self { name: name.to_owned(), spec, weight, bias: None })
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
    pub fn new(parameters: &Parameters, name: &str) -> Result<Self> {
        let part = |part: &str| parameters.vector(&format!("{name}.{part}"));
        Ok(Self { weight: part("weight")?, bias: part("bias")?, epsilon: parameters.weights.epsilon() })
    }

    /// From [B, T, H] to [B, T, H].
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let centred = x.clone() - x.mean_dim(2);
        let variance = centred.clone().powf_scalar(2.0).mean_dim(2);
        let scaled = centred / (variance + self.epsilon).sqrt();
        scaled * self.weight.clone().unsqueeze::<3>() + self.bias.clone().unsqueeze::<3>()
    }
}
