//! The weights of a network as tensors on a device.

use std::collections::BTreeMap;

use burn::tensor::{Device, Gradients, Tensor};

use super::super::{Scope, Weights};
use crate::Result;
use crate::device::broken;
use crate::network::tensor::{read, tensor};

/// Where a network on a device takes its weights from.
#[derive(Clone)]
pub struct Parameters<'a> {
    /// On the host.
    pub weights: Scope<'a>,
    /// With automatic differentiation where a gradient is needed.
    pub device: Device,
    /// In training, those that are on the device already.
    pub leaves: Option<&'a Leaves>,
}

/// The weights of networks in training on a device, [size] each, by their complete names. Networks that share a weight
/// share its tensor.
pub struct Leaves {
    tensors: BTreeMap<String, Tensor<1>>,
    /// With automatic differentiation where gradients are computed.
    pub device: Device,
    /// What errors call the device.
    name: String,
}

impl Parameters<'_> {
    /// The weights that all networks share.
    #[must_use]
    pub fn shared(&self) -> Self {
        Self { weights: self.weights.shared(), ..self.clone() }
    }

    /// The weight of this name as a matrix [rows, columns]: all its axes but the first are one. It serves one pass, since
    /// its graph ends with the backward pass.
    ///
    /// # Errors
    /// [`crate::Error::Weights`] where it is missing.
    pub fn matrix(&self, name: &str) -> Result<Tensor<2>> {
        let array = self.weights.get(name)?;
        let rows = array.shape[0];
        Ok(self.vector(name)?.reshape([rows, array.values.len() / rows]))
    }

    /// The values of the weight of this name in row-major order, [size].
    ///
    /// # Errors
    /// [`crate::Error::Weights`] where it is missing.
    pub fn vector(&self, name: &str) -> Result<Tensor<1>> {
        if let Some(leaf) = self.leaves.and_then(|leaves| leaves.tensors.get(&self.weights.name(name))) {
            return Ok(leaf.clone());
        }
        let values = self.weights.get(name)?.values.clone();
        let size = values.len();
        Ok(tensor(values, [size], &self.device))
    }
}

impl Leaves {
    /// Uploads the weights whose names `reads` accepts to a device, which is given without automatic differentiation,
    /// with its name. Gradients can be computed where `trains` says so.
    pub fn new(weights: &Weights, reads: impl Fn(&str) -> bool, (device, name): (&Device, &str), trains: bool) -> Self {
        let device = if trains { device.clone().autodiff() } else { device.clone() };
        let leaf = |values: &[f32]| {
            let leaf = tensor::<1>(values.to_vec(), [values.len()], &device);
            if trains { leaf.require_grad() } else { leaf }
        };
        let read = weights.iter().filter(|(name, _)| reads(name));
        let tensors = read.map(|(name, array)| (name.to_owned(), leaf(&array.values))).collect();
        Self { tensors, device, name: name.to_owned() }
    }

    /// Whether gradients are computed.
    pub fn trains(&self) -> bool {
        self.device.is_autodiff()
    }

    /// The gradients of those that a loss depends on, with their names.
    pub fn gradients(&self, gradients: &Gradients) -> Vec<(&str, Tensor<1>)> {
        self.tensors.iter().filter_map(|(name, leaf)| Some((name.as_str(), leaf.grad(gradients)?))).collect()
    }

    /// The values of tensors, in one transfer.
    ///
    /// # Errors
    /// [`crate::Error::Broken`] or [`crate::Error::Memory`] when the device fails.
    pub async fn read(&self, tensors: Vec<Tensor<1>>) -> Result<Vec<Vec<f32>>> {
        read(tensors).await.map_err(|error| broken(&self.name, &error))
    }
}
