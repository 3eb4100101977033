//! Tensors of 32-bit floats as a safetensors file.

use std::collections::HashMap;

use safetensors::tensor::TensorView;
use safetensors::{Dtype, serialize};

use crate::{Error, Result};

/// The bytes of a file with these tensors, each a name, a shape and its values in row-major order.
///
/// # Errors
/// [`Error::Weights`] where a tensor has not as many values as its shape says.
pub fn bytes<'a>(
    tensors: impl IntoIterator<Item = (&'a str, &'a [usize], &'a [f32])>,
    metadata: Option<HashMap<String, String>>,
) -> Result<Vec<u8>> {
    let wrong = |name: &str, problem: String| Error::Weights { name: name.to_owned(), problem };
    let stored: Vec<(&str, &[usize], Vec<u8>)> = tensors
        .into_iter()
        .map(|(name, shape, values)| (name, shape, values.iter().flat_map(|value| value.to_le_bytes()).collect()))
        .collect();
    let views = stored.iter().map(|(name, shape, bytes)| {
        let view = TensorView::new(Dtype::F32, shape.to_vec(), bytes);
        Ok((*name, view.map_err(|error| wrong(name, error.to_string()))?))
    });
    serialize(views.collect::<Result<Vec<_>>>()?, metadata).map_err(|error| wrong("file", error.to_string()))
}
