//! What the configurations of several kinds of decoders have in common.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::check::wrong;
use super::{Activation, MOST_LAYERS};
use crate::error::without_place;
use crate::{Error, Result, nearest};

/// The activations of Hugging Face's library that are known here.
const ACTIVATIONS: [(&str, Activation); 8] = [
    ("gelu_new", Activation::GeluTanh),
    ("gelu_pytorch_tanh", Activation::GeluTanh),
    ("gelu_fast", Activation::GeluTanh),
    ("gelu", Activation::Gelu),
    ("gelu_python", Activation::Gelu),
    ("relu", Activation::Relu),
    ("silu", Activation::Silu),
    ("swish", Activation::Silu),
];

/// One number for all layers, or one for each.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum PerLayer {
    All(usize),
    Each(Vec<usize>),
}

/// A value as fields; those that are not known are passed over, where `T` does not refuse them.
pub(super) fn read<T: DeserializeOwned>(json: Value) -> Result<T> {
    serde_json::from_value(json)
        .map_err(|error| Error::Configuration { place: "decoder".to_owned(), problem: without_place(&error) })
}

/// The activation of this name.
pub(super) fn activation(name: &str) -> Result<Activation> {
    let found = ACTIVATIONS.iter().find(|(known, _)| *known == name).map(|(_, activation)| *activation);
    found.ok_or_else(|| nearest::unknown("activation", name, ACTIVATIONS.iter().map(|(known, _)| *known)))
}

impl PerLayer {
    /// One number a layer.
    ///
    /// # Errors
    /// [`Error::Configuration`] where the list has fewer.
    pub(super) fn of(&self, name: &str, layers: usize) -> Result<Vec<usize>> {
        match self {
            Self::All(number) => Ok(vec![*number; layers.min(MOST_LAYERS + 1)]),
            Self::Each(numbers) if numbers.len() < layers => {
                wrong(name, format!("{} numbers for {layers} layers", numbers.len()))
            }
            Self::Each(numbers) => Ok(numbers[..layers].to_vec()),
        }
    }
}
