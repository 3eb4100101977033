//! Builds the parts of an encoder from its weights.

use super::super::Weights;
use super::super::reduce::Role;
use super::linear::Linear;
use super::norm::Norm;
use crate::Result;

/// Builds linear maps and norms, and numbers the maps.
pub struct Builder<'a> {
    /// Weights of the encoder.
    pub weights: &'a Weights,
    /// Index of the next linear map in a tape.
    pub next_index: usize,
}

impl<'a> Builder<'a> {
    /// The maps of these names, one or several that read the same input.
    ///
    /// # Errors
    /// [`crate::Error::Weights`] where one is missing.
    pub fn linear(&mut self, role: Role, names: &[String]) -> Result<Linear<'a>> {
        self.next_index += 1;
        Linear::new(self.weights, names, role, self.next_index - 1)
    }

    /// The layer norm of this name.
    ///
    /// # Errors
    /// [`crate::Error::Weights`] where it is missing.
    pub fn norm(&self, name: &str) -> Result<Norm<'a>> {
        Norm::new(self.weights, name)
    }
}
