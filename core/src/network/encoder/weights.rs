//! The weights of an encoder: drawn from a seed, or given in a file.

use super::Sizes;
use super::kernel::prediction_head::{HEAD, PredictionHead};
use crate::Result;
use crate::network::transformer::{self, Listed, Weights};
use crate::space::encoder::Configuration;

/// BERT's initialisation from a seed ([`Weights::from_seed`]), with the head that predicts words at the end.
pub fn from_seed(configuration: &Configuration, sizes: &Sizes, seed: u32) -> Weights {
    Weights::from_seed(all(configuration, sizes), seed)
}

/// The same with a standard deviation of 1.
pub fn normal(configuration: &Configuration, sizes: &Sizes, seed: u32) -> Weights {
    Weights::normal(all(configuration, sizes), seed)
}

/// Names and shapes of all weights, those of the head at the end.
fn all(configuration: &Configuration, sizes: &Sizes) -> Listed {
    sizes.weights(configuration).into_iter().chain(PredictionHead::weights(HEAD, configuration.hidden, sizes)).collect()
}

/// Weights with those of the head that predicts words: from the file, where it has them under a name of ELECTRA, BERT, RoBERTa or DistilBERT,
/// or else drawn from the seed 0, as those of an untrained one are.
///
/// # Errors
/// [`crate::Error::Weights`] naming the tensor that is misshapen or of another type.
pub fn with_head(mut weights: Weights, bytes: &[u8], (hidden, sizes): (usize, &Sizes)) -> Result<Weights> {
    let (listed, present) = (PredictionHead::weights(HEAD, hidden, sizes), transformer::names(bytes)?);
    let is_there = |ours: &str| head_names(ours).iter().any(|name| present.binary_search(name).is_ok());
    let complete = listed.iter().all(|(name, _)| is_there(name));
    let head = if complete { Weights::read(bytes, listed, head_names)? } else { Weights::from_seed(listed, 0) };
    weights.append(head);
    Ok(weights)
}

/// The names that a weight of the head may have.
fn head_names(ours: &str) -> Vec<String> {
    let part = ours.strip_prefix(HEAD).unwrap_or(ours);
    let theirs = match part {
        ".bias" => {
            ["generator_lm_head", "cls.predictions", "lm_head", "vocab_projector"].map(|head| format!("{head}.bias"))
        }
        part => [
            format!("generator_predictions{part}"),
            format!("cls.predictions.transform{part}"),
            format!("lm_head{}", part.replace("LayerNorm", "layer_norm")),
            format!("vocab{}", part.replace(".dense", "_transform").replace(".LayerNorm", "_layer_norm")),
        ],
    };
    std::iter::once(ours.to_owned()).chain(theirs).collect()
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
    let weights = Weights::read(bytes, sizes.weights(configuration), |name| vec![name.to_owned()])?;
    Ok((with_head(weights, bytes, (configuration.hidden, &sizes))?, sizes))
}
