//! The places of dropout in an encoder, which the kernel numbers by its linear maps.

use std::collections::HashMap;

use crate::network::transformer::kernel::dropout::EMBEDDINGS;
use crate::space::encoder::{Configuration, Operation, Similarity};

/// The name of the place after the norm of the embeddings.
pub const EMBEDDING: &str = "embeddings";

/// The places by the names of the parts: the embedding, attentions, and the maps that end each half of a layer.
pub fn places(configuration: &Configuration) -> HashMap<String, usize> {
    let mut places = HashMap::from([(EMBEDDING.to_owned(), EMBEDDINGS)]);
    let mut next = 0;
    for (index, layer) in configuration.layers.iter().enumerate() {
        let prefix = format!("encoder.layer.{index}");
        // The maps of the operation: those that read its input are one.
        let maps = match layer.operation {
            Operation::Transform(_) => 1,
            Operation::Attention(Similarity::WeightedMultiplicative) => 2,
            Operation::Attention(_) => 1,
            Operation::Convolution { .. } => 3,
        };
        places.insert(format!("{prefix}.operation.operation"), next);
        next += maps;
        // A transform has no map after it.
        if !matches!(layer.operation, Operation::Transform(_)) {
            places.insert(format!("{prefix}.operation.output.dense"), next);
            next += 1;
        }
        next += layer.feed_forward_layers;
        places.insert(format!("{prefix}.output.dense"), next);
        next += 1;
    }
    places
}
