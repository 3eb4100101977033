//! The weights of a network as a list of tensors with PyTorch's names, always in the same order.

use super::sizes::source_width;
use super::{CellWeights, Sizes, Weights};
use crate::Result;
use crate::network::tensor_file;
use crate::space::recurrent::{Recipe, Source};

/// What one tensor is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TensorInfo {
    /// Its name in PyTorch.
    pub name: String,
    /// Sizes of its axes, one or two.
    pub shape: Vec<usize>,
    /// Whether it is a matrix that reads a state or another node, not `x`: those that were not trained as published.
    pub recurrent: bool,
}

/// All tensors of a network: the embedding, the decoder's bias, then the linear nodes of each layer.
pub fn tensors(recipe: &Recipe, sizes: &Sizes) -> Vec<TensorInfo> {
    let info = |name: String, shape: &[usize], recurrent| TensorInfo { name, shape: shape.to_vec(), recurrent };
    let mut tensors = vec![
        info("encoder.weight".to_owned(), &[sizes.vocabulary, sizes.embedding], false),
        info("decoder.bias".to_owned(), &[sizes.vocabulary], false),
    ];
    for layer in 0..sizes.layers {
        let (input, width) = sizes.widths(layer);
        for (_, node) in recipe.linears() {
            let name = format!("rnns.{layer}.{}", node.name);
            tensors.push(info(format!("{name}.bias"), &[width], false));
            for (index, &source) in node.inputs.iter().enumerate() {
                let shape = [width, source_width(source, input, width)];
                tensors.push(info(format!("{name}.weights.{index}"), &shape, source != Source::Input));
            }
        }
    }
    tensors
}

impl Weights {
    /// The values of all tensors, in the order of [`tensors`].
    pub fn values(&self) -> Vec<&[f32]> {
        let layers = self.layers.iter().flat_map(CellWeights::values);
        [self.embedding.as_slice(), &self.decoder_bias].into_iter().chain(layers).collect()
    }

    /// The same, to be changed.
    pub fn values_mut(&mut self) -> Vec<&mut Vec<f32>> {
        let layers = self.layers.iter_mut().flat_map(CellWeights::values_mut);
        [&mut self.embedding, &mut self.decoder_bias].into_iter().chain(layers).collect()
    }
}

impl CellWeights {
    /// The values of all tensors of a layer, in the order of [`tensors`].
    fn values(&self) -> impl Iterator<Item = &[f32]> {
        self.linears
            .iter()
            .flat_map(|linear| std::iter::once(linear.bias.as_slice()).chain(linear.matrices.iter().map(Vec::as_slice)))
    }

    /// The same, to be changed.
    fn values_mut(&mut self) -> impl Iterator<Item = &mut Vec<f32>> {
        self.linears.iter_mut().flat_map(|linear| std::iter::once(&mut linear.bias).chain(linear.matrices.iter_mut()))
    }
}

impl Weights {
    /// A safetensors file with PyTorch's names, which [`Weights::from_safetensors`] reads.
    ///
    /// # Errors
    /// [`crate::Error::Weights`] where the tensors cannot be written.
    pub fn to_safetensors(&self, recipe: &Recipe, sizes: &Sizes) -> Result<Vec<u8>> {
        let tensors = tensors(recipe, sizes);
        let named = tensors.iter().map(|info| (info.name.as_str(), info.shape.as_slice()));
        tensor_file::bytes(named.zip(self.values()).map(|((name, shape), values)| (name, shape, values)), None)
    }
}
