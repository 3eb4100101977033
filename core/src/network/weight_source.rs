//! Where the weights of a network come from.

use std::borrow::Cow;
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

impl<Weights: Clone> WeightSource<Weights> {
    /// The weights: those given, or those that `draw` makes from the seed.
    pub fn weights(&self, draw: impl FnOnce(u32) -> Weights) -> Cow<'_, Weights> {
        match self {
            Self::Seed(seed) => Cow::Owned(draw(*seed)),
            Self::Given(weights) => Cow::Borrowed(weights),
        }
    }
}
