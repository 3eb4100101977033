//! Training: how gradients change weights, and what each family minimises.

mod optimizer;

pub use optimizer::{Adam, Clip, Decay, Optimizer, TensorState, Update};
