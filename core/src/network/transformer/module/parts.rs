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
    /// [out, in], or as it is stored where it is transposed.
    pub weight: Tensor<2>,
    /// `[out]`; `None` for a map without bias.
    bias: Option<Tensor<1>>,
    /// Whether the matrix is stored as [in, out].
    transposed: bool,
}

/// y = (x − mean) / √(variance + ε) · w + b over the last axis; w and b are `[H]`. Without the mean there is no b.
pub struct Norm {
    weight: Tensor<1>,
    /// `None` where no mean is subtracted.
    bias: Option<Tensor<1>>,
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
        Ok(Self { name: name.to_owned(), spec, weight, bias: None, transposed: false })
    }

    /// The same map, whose matrix is stored as [in, out] where `transposed` says so.
    #[must_use]
    pub fn stored(self, transposed: bool) -> Self {
        Self { transposed, ..self }
    }

    /// The same map with its gradient computed.
    pub fn watched(self) -> Self {
        Self { weight: self.weight.require_grad(), ..self }
    }

    /// From [B, T, in] to [B, T, out].
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let [batch, sequence, input] = x.dims();
        let weight = self.weight.clone();
        let weight = if self.transposed { weight } else { weight.transpose() };
        let [_, output] = weight.dims();
        // One product for all tokens: a product per sequence would read the matrix once per sequence.
        let y = x.reshape([batch * sequence, input]).matmul(weight).reshape([batch, sequence, output]);
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
        let bias = parameters.vector(&format!("{name}.bias"))?;
        Ok(Self { bias: Some(bias), ..Self::root_mean_square(parameters, name)? })
    }

    /// The norm of this name that divides by the root of the mean square.
    ///
    /// # Errors
    /// [`crate::Error::Weights`] where it is missing.
    pub fn root_mean_square(parameters: &Parameters, name: &str) -> Result<Self> {
        let weight = parameters.vector(&format!("{name}.weight"))?;
        Ok(Self { weight, bias: None, epsilon: parameters.weights.epsilon() })
    }

    /// From [B, T, H] to [B, T, H].
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let x = if self.bias.is_some() { x.clone() - x.mean_dim(2) } else { x };
        let variance = x.clone().powf_scalar(2.0).mean_dim(2);
        let scaled = x / (variance + self.epsilon).sqrt() * self.weight.clone().unsqueeze::<3>();
        match &self.bias {
            Some(bias) => scaled + bias.clone().unsqueeze::<3>(),
            None => scaled,
        }
    }
}
