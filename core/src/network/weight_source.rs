//! Where the weights of a network come from.

use std::sync::Arc;

/// Where weights come from.
#[derive(Debug, Clone)]
pub enum WeightSource<Weights> {
    /// The published initialisation from this seed.
    Seed(u32),
    /// Given ones.
    Given(Arc<Weights>),
}

impl<Weights> WeightSource<Weights> {
    /// The seed; none where the weights were given.
    pub fn seed(&self) -> Option<u64> {
        match self {
            Self::Seed(seed) => Some((*seed).into()),
            Self::Given(_) => None,
        }
    }

    /// Whether they are there already.
    pub fn is_given(&self) -> bool {
        matches!(self, Self::Given(_))
    }
}
