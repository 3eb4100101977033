//! Observations read from a device, summed over sequences.

use super::super::Scope;
use crate::Result;
use crate::observation::{Observer, Parameter, ParameterSpec, add};

/// Observations read from the device and summed over sequences.
#[derive(Default)]
pub struct Sums {
    /// What the sequences showed.
    pub seen: Observer,
    /// Per linear map.
    pub gradients: Vec<Gradient>,
}

/// The gradient of a linear map.
pub struct Gradient {
    /// Name of the map in PyTorch.
    pub name: String,
    /// Its site, role and shape.
    pub spec: ParameterSpec,
    /// Of the shape.
    pub values: Vec<f32>,
}

impl Sums {
    /// Adds the observations of later sequences.
    pub fn add_later(&mut self, later: Self) {
        self.seen.add_later(later.seen);
        let both = self.gradients.iter_mut().zip(&later.gradients);
        both.for_each(|(sum, more)| add(&mut sum.values, &more.values));
    }
}

impl Gradient {
    /// The parameter that it is of.
    ///
    /// # Errors
    /// [`crate::Error::Weights`] where it is missing.
    pub fn parameter<'a>(&'a self, weights: Scope<'a>) -> Result<Parameter<'a>> {
        let weight = &weights.get(&format!("{}.weight", self.name))?.values;
        Ok(Parameter { spec: &self.spec, weight, gradient: &self.values, second: &[] })
    }
}
