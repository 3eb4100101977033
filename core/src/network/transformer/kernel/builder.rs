//! Makes the parts of an encoder from its weights.

use super::super::Weights;
use super::super::reduce::Role;
use super::linear::Linear;
use super::norm::Norm;
use crate::Result;

/// Gives every linear map its place.
pub struct Maker<'a> {
    /// Of the encoder.
    pub weights: &'a Weights,
    /// Linear maps made so far.
    pub made: usize,
}

impl<'a> Maker<'a> {
    /// The map of this name, or the maps of these, which read the same input.
    ///
    /// # Errors
    /// [`crate::Error::Weights`] where one is missing.
    pub fn linear(&mut self, role: Role, names: &[String]) -> Result<Linear<'a>> {
        self.made += 1;
        Linear::new(self.weights, names, role, self.made - 1)
    }

    /// The layer norm of this name.
    ///
    /// # Errors
    /// [`crate::Error::Weights`] where it is missing.
    pub fn norm(&self, name: &str) -> Result<Norm<'a>> {
        Norm::new(self.weights, name)
    }
}
