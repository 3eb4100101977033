//! The state of a run as one safetensors file, with what it belongs to in the file's metadata.

use std::collections::{BTreeMap, HashMap};

use safetensors::SafeTensors;

use super::optimizer::Optimizer;
use crate::network::tensor_file;
use crate::network::transformer::Weights;
use crate::{Error, Result};

/// The key of the metadata.
const KEY: &str = "untrained";

/// Tensors by name, and what they belong to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Checkpoint {
    /// Updates so far.
    pub updates: u64,
    /// Shape and values.
    tensors: BTreeMap<String, (Vec<usize>, Vec<f32>)>,
}

impl Checkpoint {
    /// A checkpoint without tensors yet.
    pub fn after(updates: u64) -> Self {
        Self { updates, ..Self::default() }
    }

    /// Weights, their first moments `first.…` and their second moments `second.…`.
    pub fn of(weights: &Weights, optimizer: &Optimizer) -> Self {
        let mut checkpoint = Self::after(optimizer.updates);
        for ((name, array), moments) in weights.iter().zip(&optimizer.states) {
            checkpoint.add(name, &array.shape, &array.values);
            checkpoint.add(&format!("first.{name}"), &array.shape, &moments.first);
            checkpoint.add(&format!("second.{name}"), &array.shape, &moments.second);
        }
        checkpoint
    }

    /// Gives weights and optimiser the values of [`Self::of`].
    ///
    /// # Errors
    /// [`Error::Weights`] with the tensor that is missing or has another shape.
    pub fn restore(&self, weights: &mut Weights, optimizer: &mut Optimizer) -> Result<()> {
        for ((name, array), moments) in weights.iter_mut().zip(&mut optimizer.states) {
            self.read(name, &array.shape, &mut array.values)?;
            self.read(&format!("first.{name}"), &array.shape, &mut moments.first)?;
            self.read(&format!("second.{name}"), &array.shape, &mut moments.second)?;
        }
        optimizer.updates = self.updates;
        Ok(())
    }

    /// Adds a tensor.
    pub fn add(&mut self, name: &str, shape: &[usize], values: &[f32]) {
        self.tensors.insert(name.to_owned(), (shape.to_vec(), values.to_vec()));
    }

    /// The values of a tensor.
    ///
    /// # Errors
    /// [`Error::Weights`] where it is missing.
    pub fn get(&self, name: &str) -> Result<&[f32]> {
        self.tensors.get(name).map(|(_, values)| values.as_slice()).ok_or_else(|| wrong(name, "missing".to_owned()))
    }

    /// Copies the values of a tensor of this shape.
    ///
    /// # Errors
    /// [`Error::Weights`] where it is missing or has another shape.
    pub fn read(&self, name: &str, shape: &[usize], values: &mut Vec<f32>) -> Result<()> {
        let (found, stored) = self.tensors.get(name).ok_or_else(|| wrong(name, "missing".to_owned()))?;
        if found != shape {
            return Err(wrong(name, format!("its shape is {found:?}, not {shape:?}")));
        }
        values.clone_from(stored);
        Ok(())
    }

    /// A safetensors file with `metadata`, which is JSON.
    ///
    /// # Errors
    /// [`Error::Weights`] where the tensors cannot be written.
    pub fn to_bytes(&self, metadata: &str) -> Result<Vec<u8>> {
        let known =
            HashMap::from([(KEY.to_owned(), metadata.to_owned()), ("updates".to_owned(), self.updates.to_string())]);
        let tensors = self.tensors.iter().map(|(name, (shape, values))| (name.as_str(), &shape[..], &values[..]));
        tensor_file::bytes(tensors, Some(known))
    }

    /// The tensors of a file and its metadata.
    ///
    /// # Errors
    /// [`Error::Weights`] where the file is damaged, or no checkpoint of this program.
    pub fn from_bytes(bytes: &[u8]) -> Result<(Self, String)> {
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(|error| invalid(&error))?;
        let known = header.metadata().as_ref();
        let value = |key: &str| known.and_then(|known| known.get(key)).cloned();
        let no_checkpoint = || wrong("file", "it is not a checkpoint of a training run".to_owned());
        let metadata = value(KEY).ok_or_else(no_checkpoint)?;
        let updates = value("updates").and_then(|value| value.parse().ok()).ok_or_else(no_checkpoint)?;
        let file = SafeTensors::deserialize(bytes).map_err(|error| invalid(&error))?;
        let tensors = file.tensors().into_iter().map(|(name, tensor)| {
            let values = tensor.data().as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
            (name, (tensor.shape().to_vec(), values))
        });
        Ok((Self { updates, tensors: tensors.collect() }, metadata))
    }
}

fn invalid(error: &safetensors::SafeTensorError) -> Error {
    wrong("file", error.to_string())
}

fn wrong(name: &str, problem: String) -> Error {
    Error::Weights { name: name.to_owned(), problem }
}

#[cfg(test)]
mod tests {
    use super::Checkpoint;

    #[test]
    fn what_is_written_is_read_again() {
        let mut written = Checkpoint::after(7);
        written.add("a", &[2, 1], &[1.5, f32::MIN_POSITIVE]);
        written.add("none", &[0], &[]);
        let bytes = written.to_bytes("{}").unwrap();
        assert_eq!(Checkpoint::from_bytes(&bytes).unwrap(), (written.clone(), "{}".to_owned()));
        let message = Checkpoint::from_bytes(&bytes[..bytes.len() - 1]).unwrap_err().to_string();
        assert!(message.starts_with("weights, file: "), "{message}");
        assert_eq!(written.get("b").unwrap_err().to_string(), "weights, b: missing");
    }
}
