//! Builds the parts of a transformer from its weights.

use super::super::Scope;
use super::linear::Linear;
use super::norm::Norm;
use crate::Result;
use crate::observation::Role;

/// Builds linear maps and norms, and numbers the maps.
pub struct Builder<'a> {
    /// Weights of the network.
    pub weights: Scope<'a>,
    /// Index of the next linear map in a tape.
    pub next_index: usize,
}

impl<'a> Builder<'a> {
    /// A builder of a network with these weights.
    pub fn new(weights: Scope<'a>) -> Self {
        Self { weights, next_index: 0 }
    }

    /// The maps of these names, one or several that read the same input.
    ///
    /// # Errors
    /// [`crate::Error::Weights`] where one is missing.
    pub fn linear(&mut self, role: Role, names: &[String]) -> Result<Linear<'a>> {
        self.next_index += 1;
        Linear::new(self.weights, names, role, self.next_index - 1)
    }

    /// The map of this name whose matrix is stored as [in, out].
    ///
    /// # Errors
    /// [`crate::Error::Weights`] where it is missing.
    pub fn transposed(&mut self, role: Role, name: &str) -> Result<Linear<'a>> {
        self.next_index += 1;
        Linear::transposed(self.weights, name, role, self.next_index - 1)
    }

    /// The layer norm of this name.
    ///
    /// # Errors
    /// [`crate::Error::Weights`] where it is missing.
    pub fn norm(&self, name: &str) -> Result<Norm<'a>> {
        Norm::new(self.weights, name)
    }
}
