//! The weights of an encoder: drawn from a seed, or given in a file.

use super::Sizes;
use crate::Result;
use crate::network::transformer::{self, Weights};
use crate::space::encoder::Configuration;

/// BERT's initialisation from a seed ([`Weights::from_seed`]).
pub fn from_seed(configuration: &Configuration, sizes: &Sizes, seed: u32) -> Weights {
    Weights::from_seed(sizes.weights(configuration), seed)
}

/// Weights from the bytes of a safetensors file, and the sizes that follow from them. Batch and sequence are those of
/// `sizes`; weights that the encoder does not use are ignored.
///
/// # Errors
/// [`crate::Error::Weights`] naming the tensor that is missing, misshapen or of another type.
pub fn from_safetensors(bytes: &[u8], configuration: &Configuration, sizes: &Sizes) -> Result<(Weights, Sizes)> {
    let (vocabulary, embedding) = transformer::rows(bytes, "embeddings.word_embeddings.weight")?;
    let (positions, _) = transformer::rows(bytes, "embeddings.position_embeddings.weight")?;
    let sizes = Sizes { vocabulary, embedding, positions, ..*sizes };
    Ok((Weights::read(bytes, sizes.weights(configuration), |name| vec![name.to_owned()])?, sizes))
}
