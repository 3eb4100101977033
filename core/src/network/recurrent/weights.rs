//! The initial weights: drawn from a seed, bit for bit as in the published networks, or read from a file.

use std::collections::BTreeSet;

use safetensors::{Dtype, SafeTensors, tensor::TensorView};

use super::Sizes;
use super::sizes::source_width;
use crate::network::nan::NanWeight;
use crate::random::torch::Torch;
use crate::space::recurrent::Recipe;
use crate::{Error, Result};

/// Half the width of the interval the embedding is drawn from.
const EMBEDDING_BOUND: f32 = 0.1;

/// Weights of a network.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights {
    /// [V, E].
    pub embedding: Vec<f32>,
    /// `[V]`: of the decoder, whose matrix is the embedding. Only training reads it; it is zero at first.
    pub decoder_bias: Vec<f32>,
    /// One cell per layer, from the first; layers that no metric reads may be left out.
    pub layers: Vec<CellWeights>,
}

/// Weights of one layer.
#[derive(Debug, Clone, PartialEq)]
pub struct CellWeights {
    /// Width of `x`.
    pub input: usize,
    /// H: width of every state and node.
    pub width: usize,
    /// One per linear node, in the order of the recipe.
    pub linears: Vec<LinearWeights>,
}

/// Weights of one linear node.
#[derive(Debug, Clone, PartialEq)]
pub struct LinearWeights {
    /// One value per unit, `[H]`.
    pub bias: Vec<f32>,
    /// One per input: [H, width of the input].
    pub matrices: Vec<Vec<f32>>,
}

impl Weights {
    /// The published initialisation: one generator for all weights, in the order of the published code. Weights that
    /// are drawn and then drawn again, and the decoder, which no metric reads, are skipped. Only the first `layers`
    /// layers are returned; the embedding does not depend on their number.
    pub fn from_seed(recipe: &Recipe, sizes: &Sizes, layers: usize, seed: u64) -> Self {
        let mut torch = Torch::from_seed(seed);
        let embedding = sizes.vocabulary * sizes.embedding;
        torch.skip_normal(embedding);
        let layers = (0..sizes.layers)
            .filter_map(|layer| CellWeights::draw(recipe, sizes.widths(layer), layer < layers, &mut torch))
            .collect();
        torch.skip_uniform(sizes.vocabulary * sizes.hidden + sizes.vocabulary + embedding);
        let embedding = torch.uniform(embedding, (-EMBEDDING_BOUND, EMBEDDING_BOUND));
        Self { embedding, decoder_bias: vec![0.0; sizes.vocabulary], layers }
    }

    /// Weights and sizes from the bytes of a safetensors file with PyTorch's names: `encoder.weight` [V, E],
    /// `rnns.LAYER.NODE.weights.INPUT`, `rnns.LAYER.NODE.bias`, and `decoder.bias` of V values, which is zero where it is
    /// missing. Batch and steps are those of `sizes`.
    ///
    /// # Errors
    /// [`Error::Weights`] naming the tensor that is missing, misshapen or of another type.
    pub fn from_safetensors(bytes: &[u8], recipe: &Recipe, sizes: &Sizes) -> Result<(Self, Sizes)> {
        let file = SafeTensors::deserialize(bytes).map_err(|error| wrong("file", error.to_string()))?;
        let encoder = tensor(&file, "encoder.weight")?;
        let [vocabulary, embedding] = shape(&encoder, "encoder.weight")?;
        let layers = (0..).take_while(|layer| has_layer(&file, *layer)).count();
        let hidden = match recipe.linears().next() {
            Some((_, node)) if layers > 1 => {
                let name = format!("rnns.0.{}.bias", node.name);
                let [hidden] = shape(&tensor(&file, &name)?, &name)?;
                hidden
            }
            _ => embedding,
        };
        let sizes = Sizes { vocabulary, embedding, hidden, layers, ..*sizes };
        let cells = (0..layers).map(|layer| CellWeights::read(&file, recipe, layer, sizes.widths(layer)));
        let decoder_bias = match file.tensor("decoder.bias") {
            Ok(_) => entries(&file, "decoder.bias", &[vocabulary])?,
            Err(_) => vec![0.0; vocabulary],
        };
        let weights = Self { embedding: floats(&encoder), decoder_bias, layers: cells.collect::<Result<_>>()? };
        if layers == 0 {
            return Err(wrong("rnns.0", "missing; the file has no layer"));
        }
        Ok((weights, sizes))
    }
}

impl Weights {
    /// The first NaN weight among those that the network reads for `tokens`, and the first layer it reaches, counted
    /// from 1.
    pub fn first_nan(&self, recipe: &Recipe, tokens: &[u32]) -> Option<(usize, NanWeight)> {
        let rows: BTreeSet<usize> = tokens.iter().map(|&id| id as usize).collect();
        let width = self.layers.first().map_or(1, |cell| cell.input);
        let embedding = NanWeight::in_rows("encoder.weight", &self.embedding, width, rows).map(|found| (1, found));
        let in_layer = |(layer, cell): (usize, &CellWeights)| Some((layer + 1, cell.first_nan(recipe, layer)?));
        embedding.or_else(|| self.layers.iter().enumerate().find_map(in_layer))
    }
}

impl CellWeights {
    fn first_nan(&self, recipe: &Recipe, layer: usize) -> Option<NanWeight> {
        recipe.linears().zip(&self.linears).find_map(|((_, node), linear)| {
            let name = format!("rnns.{layer}.{}", node.name);
            let in_matrix = |(input, matrix): (usize, &Vec<f32>)| {
                let columns = matrix.len() / self.width;
                NanWeight::in_rows(&format!("{name}.weights.{input}"), matrix, columns, 0..self.width)
            };
            let bias = NanWeight::in_vector(&format!("{name}.bias"), &linear.bias);
            bias.or_else(|| linear.matrices.iter().enumerate().find_map(in_matrix))
        })
    }

    /// Draws the cell of a layer that reads `input` and writes `width` units; skips its numbers unless it is `needed`.
    fn draw(recipe: &Recipe, (input, width): (usize, usize), needed: bool, torch: &mut Torch) -> Option<Self> {
        let shapes: Vec<Vec<usize>> = recipe
            .linears()
            .map(|(_, node)| node.inputs.iter().map(|source| width * source_width(*source, input, width)).collect())
            .collect();
        let entries: usize = shapes.iter().map(|matrices| width + matrices.iter().sum::<usize>()).sum();
        torch.skip_uniform(entries);
        if !needed {
            torch.skip_uniform(entries);
            return None;
        }
        let bound = (1.0 / (width as f64).sqrt()) as f32;
        let mut fill = |count| torch.uniform(count, (-bound, bound));
        let linears = shapes
            .iter()
            .map(|matrices| LinearWeights {
                bias: fill(width),
                matrices: matrices.iter().map(|&count| fill(count)).collect(),
            })
            .collect();
        Some(Self { input, width, linears })
    }

    fn read(file: &SafeTensors, recipe: &Recipe, layer: usize, (input, width): (usize, usize)) -> Result<Self> {
        let linears = recipe.linears().map(|(_, node)| {
            let bias = entries(file, &format!("rnns.{layer}.{}.bias", node.name), &[width])?;
            let matrices = node.inputs.iter().enumerate().map(|(index, source)| {
                let name = format!("rnns.{layer}.{}.weights.{index}", node.name);
                entries(file, &name, &[width, source_width(*source, input, width)])
            });
            Ok(LinearWeights { bias, matrices: matrices.collect::<Result<_>>()? })
        });
        Ok(Self { input, width, linears: linears.collect::<Result<_>>()? })
    }
}

fn has_layer(file: &SafeTensors, layer: usize) -> bool {
    let prefix = format!("rnns.{layer}.");
    file.names().iter().any(|name| name.starts_with(&prefix))
}

fn tensor<'a>(file: &SafeTensors<'a>, name: &str) -> Result<TensorView<'a>> {
    let tensor = file.tensor(name).map_err(|_| wrong(name, "missing"))?;
    match tensor.dtype() {
        Dtype::F32 => Ok(tensor),
        other => Err(wrong(name, format!("must hold 32-bit floats, not {other:?}"))),
    }
}

fn entries(file: &SafeTensors, name: &str, expected: &[usize]) -> Result<Vec<f32>> {
    let tensor = tensor(file, name)?;
    if tensor.shape() != expected {
        return Err(wrong(
            name,
            format!("its shape is {:?}; the recipe and the sizes require {expected:?}", tensor.shape()),
        ));
    }
    Ok(floats(&tensor))
}

fn shape<const N: usize>(tensor: &TensorView, name: &str) -> Result<[usize; N]> {
    let shape = tensor.shape();
    shape.try_into().map_err(|_| wrong(name, format!("its shape is {shape:?}; it should have {N} axes")))
}

fn floats(tensor: &TensorView) -> Vec<f32> {
    tensor.data().as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
}

fn wrong(name: &str, problem: impl Into<String>) -> Error {
    Error::Weights { name: name.to_owned(), problem: problem.into() }
}
