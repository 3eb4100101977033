//! Fields of configurations that several kinds of decoders have.

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

/// How angles of rotation grow with positions, as newer versions of the library write it.
#[derive(Deserialize)]
pub(super) struct Rope {
    #[serde(alias = "type")]
    rope_type: Option<String>,
    /// The base of the angles.
    pub rope_theta: Option<f64>,
    /// Share of a head that is rotated.
    pub partial_rotary_factor: Option<f64>,
}

impl Rope {
    /// Checks that angles grow in the usual way.
    ///
    /// # Errors
    /// [`Error::Configuration`] with the kind that is not known.
    pub(super) fn check(given: [&Option<Self>; 2]) -> Result<()> {
        let kinds = given.iter().filter_map(|rope| rope.as_ref()?.rope_type.as_deref());
        match kinds.into_iter().find(|kind| *kind != "default") {
            Some(kind) => wrong("rope_scaling", format!("angles of the kind '{kind}' are not known")),
            None => Ok(()),
        }
    }
}

/// One number for all layers, or one for each.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum PerLayer {
    All(usize),
    Each(Vec<usize>),
}

/// A value as fields; those that are not known are passed over, where `T` does not refuse them.
pub(super) fn fields<T: DeserializeOwned>(json: Value) -> Result<T> {
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
