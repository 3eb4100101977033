//! An encoder as an ELECTRA in the files of Hugging Face, where it is one: attention by scaled dot products, and layers
//! that are all alike.

use serde_json::{Value, json};

use super::names::usual;
use crate::Result;
use crate::network::encoder::Sizes;
use crate::network::tensor_file;
use crate::network::transformer::Weights;
use crate::space::encoder::{Configuration, Operation, Similarity};

/// What is written with the encoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeadKind {
    /// Nothing.
    None,
    /// That of a discriminator.
    Discriminator,
    /// That of a masked language model.
    Words,
}

/// Names of weights of heads, where they differ.
const HEADS: [(&str, &str); 2] =
    [("predictions.bias", "generator_lm_head.bias"), ("predictions.", "generator_predictions.")];

/// Parts of a network beside the encoder, whose names have no prefix.
const OUTSIDE: [&str; 3] = ["discriminator_predictions.", "generator_predictions.", "generator_lm_head."];

/// The files of an encoder.
#[derive(Debug, Clone, PartialEq)]
pub struct Exported {
    /// `config.json`, where Hugging Face has the architecture.
    pub config: Option<Value>,
    /// `model.safetensors`, with the names of Hugging Face there, and with those of the published code otherwise.
    pub weights: Vec<u8>,
}

impl Exported {
    /// Weights of an encoder and of a head. `first` is the width of the first feed-forward layers, where it is not that
    /// of the configuration.
    ///
    /// # Errors
    /// [`crate::Error::Weights`] where a weight cannot be written.
    pub fn new(
        configuration: &Configuration,
        first: Option<usize>,
        sizes: &Sizes,
        weights: &Weights,
        head: HeadKind,
    ) -> Result<Self> {
        let config = config(configuration, first, sizes, (weights.epsilon, head));
        let named = |name: &str| if config.is_some() { theirs(name) } else { name.to_owned() };
        let named: Vec<_> = weights.iter().map(|(name, array)| (named(name), array)).collect();
        let tensors = named.iter().map(|(name, array)| (name.as_str(), &array.shape[..], &array.values[..]));
        // `transformers` reads files of PyTorch's alone.
        let metadata = [("format".to_owned(), "pt".to_owned())].into();
        Ok(Self { weights: tensor_file::bytes(tensors, Some(metadata))?, config })
    }
}

fn theirs(ours: &str) -> String {
    let head = HEADS.iter().find_map(|(from, to)| Some(format!("{to}{}", ours.strip_prefix(from)?)));
    match head {
        Some(name) => name,
        None if OUTSIDE.iter().any(|part| ours.starts_with(part)) => ours.to_owned(),
        None => format!("electra.{}", usual(ours)),
    }
}

fn config(
    configuration: &Configuration,
    first: Option<usize>,
    sizes: &Sizes,
    (epsilon, head): (f32, HeadKind),
) -> Option<Value> {
    let layer = configuration.layers.first()?;
    let is_alike = configuration.layers.iter().all(|other| {
        (other.operation, other.heads) == (layer.operation, layer.heads)
            && (first.is_some() || other.feed_forward == layer.feed_forward)
            && other.feed_forward_layers == 1
    });
    if !is_alike || layer.operation != Operation::Attention(Similarity::ScaledDotProduct) {
        return None;
    }
    let class = match head {
        HeadKind::None => "ElectraModel",
        HeadKind::Discriminator => "ElectraForPreTraining",
        HeadKind::Words => "ElectraForMaskedLM",
    };
    Some(json!({
        "architectures": [class],
        "model_type": "electra",
        "vocab_size": sizes.vocabulary,
        "embedding_size": sizes.embedding,
        "max_position_embeddings": sizes.positions,
        "type_vocab_size": Sizes::TYPES,
        "hidden_size": configuration.hidden,
        "num_hidden_layers": configuration.layers.len(),
        "num_attention_heads": layer.heads,
        "intermediate_size": first.unwrap_or(layer.feed_forward),
        "hidden_act": "gelu",
        "layer_norm_eps": written(epsilon),
        "initializer_range": 0.02,
    }))
}

/// The number that is written for a 32-bit one, 1e-12 and not 9.99..e-13.
fn written(value: f32) -> f64 {
    value.to_string().parse().unwrap_or_else(|_| value.into())
}

#[cfg(test)]
mod tests {
    use super::super::{Checkpoint, with_head};
    use super::*;
    use crate::space::encoder::Layer;

    const SIZES: Sizes = Sizes { vocabulary: 9, embedding: 4, positions: 7, batch: 16, sequence: 128 };

    fn encoder(similarity: Similarity) -> Configuration {
        let layer =
            Layer { operation: Operation::Attention(similarity), heads: 2, feed_forward: 12, feed_forward_layers: 1 };
        Configuration { hidden: 8, layers: vec![layer; 3] }
    }

    #[test]
    fn an_exported_encoder_is_read_again() {
        let configuration = encoder(Similarity::ScaledDotProduct);
        let weights = Weights::from_seed(SIZES.weights(&configuration), 2);
        let files = Exported::new(&configuration, None, &SIZES, &weights, HeadKind::None).unwrap();
        let config = files.config.unwrap().to_string();
        let read = Checkpoint::read(&config, &files.weights, &SIZES).unwrap();
        let weights = with_head(weights, &files.weights, (8, &SIZES)).unwrap();
        assert_eq!(read, Checkpoint { configuration, weights, sizes: SIZES });
    }

    #[test]
    fn numbers_are_written_as_they_are_meant() {
        assert_eq!((written(1e-12), written(1e-5)), (1e-12, 1e-5));
    }

    #[test]
    fn others_keep_the_published_names() {
        let configuration = encoder(Similarity::WeightedMultiplicative);
        let weights = Weights::from_seed(SIZES.weights(&configuration), 2);
        let files = Exported::new(&configuration, None, &SIZES, &weights, HeadKind::None).unwrap();
        let (read, _) = super::super::super::from_safetensors(&files.weights, &configuration, &SIZES).unwrap();
        assert_eq!((files.config, read), (None, with_head(weights, &files.weights, (8, &SIZES)).unwrap()));
        let mut different = encoder(Similarity::ScaledDotProduct);
        different.layers[1].heads = 4;
        assert!(config(&different, None, &SIZES, (1e-12, HeadKind::None)).is_none());
    }

    #[test]
    fn heads_have_their_names() {
        let pairs = [
            ("predictions.dense.weight", "generator_predictions.dense.weight"),
            ("predictions.bias", "generator_lm_head.bias"),
            ("discriminator_predictions.dense.bias", "discriminator_predictions.dense.bias"),
            ("encoder.layer.0.operation.operation.key.bias", "electra.encoder.layer.0.attention.self.key.bias"),
        ];
        pairs.iter().for_each(|(ours, expected)| assert_eq!(theirs(ours), *expected));
    }
}
