//! The weights of an encoder by their names in PyTorch: drawn from a seed, or read from a file.

use std::collections::{BTreeMap, BTreeSet};

use half::{bf16, f16};
use safetensors::{Dtype, SafeTensors};

use crate::network::nan::NanWeight;
use crate::random::numpy::Numpy;
use crate::{Error, Result};

/// Standard deviation of the initial matrices.
const STANDARD_DEVIATION: f64 = 0.02;

/// Added to a variance before its root is taken, as BERT and ELECTRA do.
const EPSILON: f32 = 1e-12;

/// A weight: its shape, and its values in row-major order.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    /// Sizes of its axes, one to three: [out, in] of a matrix, `[out]` of a bias or norm, [rows, E] of an embedding,
    /// [out, in, kernel] of a convolution.
    pub shape: Vec<usize>,
    /// As many as the product of the shape.
    pub values: Vec<f32>,
}

/// Names and shapes of weights, in the order in which they are drawn.
pub type Listed = Vec<(String, Vec<usize>)>;

/// All weights of a transformer.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights {
    arrays: BTreeMap<String, Array>,
    /// Added to the variance in every layer norm; checkpoints set it.
    pub epsilon: f32,
}

impl FromIterator<(String, Array)> for Weights {
    fn from_iter<I: IntoIterator<Item = (String, Array)>>(arrays: I) -> Self {
        Self { arrays: arrays.into_iter().collect(), epsilon: EPSILON }
    }
}

impl Weights {
    /// BERT's initialisation: matrices and embeddings from N(0, 0.02), the padding token's row 0, biases 0, and 1 for
    /// the factors of a layer norm. The published seeds are not known, so the published weights cannot be drawn again.
    pub fn from_seed(listed: Listed, seed: u32) -> Self {
        Self::drawn(listed, seed, STANDARD_DEVIATION)
    }

    /// The same with a standard deviation of 1.
    pub fn normal(listed: Listed, seed: u32) -> Self {
        Self::drawn(listed, seed, 1.0)
    }

    fn drawn(listed: Listed, seed: u32, deviation: f64) -> Self {
        let mut numpy = Numpy::from_seed(seed);
        let drawn = listed.into_iter().map(|(name, shape)| {
            let count: usize = shape.iter().product();
            let mut values = if name.ends_with("bias") {
                vec![0.0; count]
            } else if name.ends_with("LayerNorm.weight") {
                vec![1.0; count]
            } else {
                (0..count).map(|_| (deviation * numpy.normal()) as f32).collect()
            };
            if name.ends_with("word_embeddings.weight") {
                values[..shape[1]].fill(0.0);
            }
            (name, Array { shape, values })
        });
        Self { arrays: drawn.collect(), epsilon: EPSILON }
    }

    /// The listed weights from the bytes of a safetensors file that has them under one of `names`, in order of
    /// preference.
    ///
    /// # Errors
    /// [`Error::Weights`] naming the tensor that is missing, misshapen or of another type.
    pub fn read(bytes: &[u8], listed: Listed, names: impl Fn(&str) -> Vec<String>) -> Result<Self> {
        let file = open(bytes)?;
        let read = listed.into_iter().map(|(name, shape)| {
            let values = entries(&file, &names(&name), &shape)?;
            Ok((name, Array { shape, values }))
        });
        Ok(Self { arrays: read.collect::<Result<_>>()?, epsilon: EPSILON })
    }

    /// The first NaN weight among those that the encoder reads for `tokens`, in sequences of `length`.
    pub fn first_nan(&self, tokens: &[u32], length: usize) -> Option<NanWeight> {
        let rows = |name: &str, rows: usize| match name {
            "embeddings.word_embeddings.weight" => tokens.iter().map(|&id| id as usize).collect::<BTreeSet<_>>(),
            "embeddings.position_embeddings.weight" => (0..length).collect(),
            "embeddings.token_type_embeddings.weight" => [0].into(),
            _ => (0..rows).collect(),
        };
        self.arrays.iter().find_map(|(name, Array { shape, values })| match shape.as_slice() {
            [_] => NanWeight::in_vector(name, values),
            [count, ..] => NanWeight::in_rows(name, values, values.len() / count, rows(name, *count)),
            [] => None,
        })
    }

    /// The first NaN weight of all.
    pub fn first_nan_of_all(&self) -> Option<NanWeight> {
        self.arrays.iter().find_map(|(name, Array { shape, values })| match shape.as_slice() {
            [rows, _, ..] => NanWeight::in_rows(name, values, values.len() / rows, 0..*rows),
            _ => NanWeight::in_vector(name, values),
        })
    }

    /// The weight of this name.
    ///
    /// # Errors
    /// [`Error::Weights`] where it is missing.
    pub fn get(&self, name: &str) -> Result<&Array> {
        self.arrays.get(name).ok_or_else(|| wrong(name, "missing"))
    }

    /// As [`Self::get`], to be changed.
    ///
    /// # Errors
    /// [`Error::Weights`] where it is missing.
    pub fn get_mut(&mut self, name: &str) -> Result<&mut Array> {
        self.arrays.get_mut(name).ok_or_else(|| wrong(name, "missing"))
    }

    /// Weights of these names and shapes, with the values that `draw` gives for each.
    pub fn from_fn(listed: Listed, mut draw: impl FnMut(&str, &[usize]) -> Vec<f32>) -> Self {
        let drawn = listed.into_iter().map(|(name, shape)| {
            let values = draw(&name, &shape);
            (name, Array { shape, values })
        });
        drawn.collect()
    }

    /// The absolute values of all of them.
    #[must_use]
    pub fn absolute(&self) -> Self {
        let mut absolute = self.clone();
        absolute.iter_mut().flat_map(|(_, array)| &mut array.values).for_each(|value| *value = value.abs());
        absolute
    }

    /// Takes over all of `other`.
    pub fn append(&mut self, other: Self) {
        self.arrays.extend(other.arrays);
    }

    /// Copies of those that `name` gives a name, under it.
    #[must_use]
    pub fn renamed(&self, name: impl Fn(&str) -> Option<&str>) -> Self {
        let own = self.arrays.iter().filter_map(|(own, array)| Some((name(own)?.to_owned(), array.clone())));
        Self { arrays: own.collect(), epsilon: self.epsilon }
    }

    /// All of them with their names, in the order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Array)> {
        self.arrays.iter().map(|(name, array)| (name.as_str(), array))
    }

    /// As [`Self::iter`], to be changed; names and shapes stay.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&str, &mut Array)> {
        self.arrays.iter_mut().map(|(name, array)| (name.as_str(), array))
    }
}

/// The weights of one network among several that are trained together: their names begin with a prefix, but for those
/// that they share.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// Of all networks.
    pub weights: &'a Weights,
    /// What the names of this one begin with; nothing where there is only one.
    pub prefix: &'a str,
}

impl<'a> Scope<'a> {
    /// The weight of this name, without the prefix.
    ///
    /// # Errors
    /// [`Error::Weights`] where it is missing.
    pub fn get(self, name: &str) -> Result<&'a Array> {
        self.weights.get(&self.name(name))
    }

    /// The complete name.
    pub fn name(self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// The weights that all networks share.
    #[must_use]
    pub fn shared(self) -> Self {
        Self { prefix: "", ..self }
    }

    /// Added to the variance in every layer norm.
    pub fn epsilon(self) -> f32 {
        self.weights.epsilon
    }
}

impl<'a> From<&'a Weights> for Scope<'a> {
    /// Of a network that is alone.
    fn from(weights: &'a Weights) -> Self {
        Self { weights, prefix: "" }
    }
}

/// Names of all tensors of a safetensors file, in order.
///
/// # Errors
/// [`Error::Weights`] where it is not a safetensors file.
pub fn names(bytes: &[u8]) -> Result<Vec<String>> {
    let mut names: Vec<String> = open(bytes)?.names().into_iter().map(str::to_owned).collect();
    names.sort_unstable();
    Ok(names)
}

/// Rows and columns of a tensor of a safetensors file.
///
/// # Errors
/// [`Error::Weights`] where it is missing or has another number of axes.
pub fn rows(bytes: &[u8], name: &str) -> Result<(usize, usize)> {
    let file = open(bytes)?;
    let tensor = file.tensor(name).map_err(|_| wrong(name, "missing"))?;
    match tensor.shape() {
        [rows, columns] => Ok((*rows, *columns)),
        shape => Err(wrong(name, format!("its shape is {shape:?}; it should have 2 axes"))),
    }
}

fn open(bytes: &[u8]) -> Result<SafeTensors<'_>> {
    SafeTensors::deserialize(bytes).map_err(|error| wrong("file", format!("not a complete safetensors file: {error}")))
}

/// The values of the tensor that has one of the names; 16-bit floats are widened.
fn entries(file: &SafeTensors, names: &[String], shape: &[usize]) -> Result<Vec<f32>> {
    let name = names.iter().find(|name| file.tensor(name).is_ok()).unwrap_or(&names[0]);
    let tensor = file.tensor(name).map_err(|_| wrong(name, "missing"))?;
    if tensor.shape() != shape {
        let problem = format!("its shape is {:?}; the configuration and the sizes require {shape:?}", tensor.shape());
        return Err(wrong(name, problem));
    }
    let halves = || tensor.data().as_chunks().0.iter();
    match tensor.dtype() {
        Dtype::F32 => Ok(tensor.data().as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()),
        Dtype::F16 => Ok(halves().map(|bytes| f16::from_le_bytes(*bytes).to_f32()).collect()),
        Dtype::BF16 => Ok(halves().map(|bytes| bf16::from_le_bytes(*bytes).to_f32()).collect()),
        other => Err(wrong(name, format!("must hold floats of 16 or 32 bits, not {other:?}"))),
    }
}

fn wrong(name: &str, problem: impl Into<String>) -> Error {
    Error::Weights { name: name.to_owned(), problem: problem.into() }
}
