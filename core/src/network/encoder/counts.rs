//! Counts of an encoder, computed without running it.

use super::Sizes;
use super::kernel::prediction_head::{HEAD, PredictionHead};
use crate::space::encoder::{Basis, Configuration, Layer, Operation};

/// Counts of an encoder.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Structure {
    /// L: layers.
    pub layers: usize,
    /// H: width of every layer.
    pub hidden: usize,
    /// A: heads of all layers together.
    pub heads: usize,
    /// Trained parameters, without the head.
    pub parameters: usize,
    /// Of the layers, without embeddings, their projection and head.
    pub non_embedding: usize,
    /// Of the head that predicts words, without the embeddings that it shares.
    pub head: usize,
    /// Floating-point operations of the products in one forward pass over one sequence: a multiplication and an
    /// addition are two. Normalisations, activations and sums are left out.
    pub flops: f64,
}

impl Structure {
    /// The counts of an encoder of these sizes.
    pub fn new(configuration: &Configuration, sizes: &Sizes) -> Self {
        let count = |listed: &[(String, Vec<usize>)], wanted: &str| -> usize {
            let own = listed.iter().filter(|(name, _)| name.starts_with(wanted));
            own.map(|(_, shape)| shape.iter().product::<usize>()).sum()
        };
        Self {
            non_embedding: count(&sizes.weights(configuration), "encoder.layer."),
            head: count(&PredictionHead::weights(HEAD, configuration.hidden, sizes), HEAD),
            layers: configuration.layers.len(),
            hidden: configuration.hidden,
            heads: configuration.layers.iter().map(|layer| layer.heads).sum(),
            parameters: sizes.parameters(configuration),
            flops: 2.0 * multiplications(configuration, sizes),
        }
    }
}

/// Multiplications of one sequence: every matrix once per token, and the operations that mix the tokens.
fn multiplications(configuration: &Configuration, sizes: &Sizes) -> f64 {
    let tokens = sizes.sequence as f64;
    let weights = sizes.weights(configuration);
    let matrices = weights.iter().filter(|(name, shape)| shape.len() > 1 && is_map(name));
    let maps: f64 = matrices.map(|(_, shape)| shape.iter().product::<usize>() as f64).sum();
    let mixing = configuration.layers.iter().map(|layer| mixing(layer, configuration.hidden as f64, tokens));
    tokens * maps + mixing.sum::<f64>()
}

/// Whether tokens are multiplied with this weight: embeddings are looked up, biases are added.
fn is_map(name: &str) -> bool {
    !name.starts_with("embeddings.") && !name.ends_with("bias")
}

/// Multiplications of a layer that mix T tokens of width H without a weight: scores and sums of attention, of half the
/// width in a convolution; kernels over their spans; the matrices of a transform, over tokens and over the features of
/// a head, twice where it is complex.
fn mixing(layer: &Layer, hidden: f64, tokens: f64) -> f64 {
    let attention = 2.0 * tokens * tokens;
    let transform = tokens * hidden * (tokens + hidden / layer.heads as f64);
    match layer.operation {
        Operation::Attention(_) => attention * hidden,
        Operation::Convolution { kernel } => (attention + tokens * kernel as f64) * hidden / 2.0,
        Operation::Transform(Basis::Fourier) => 2.0 * transform,
        Operation::Transform(Basis::Cosine) => transform,
    }
}

#[cfg(test)]
mod tests {
    use super::Structure;
    use crate::network::encoder::Sizes;
    use crate::space::encoder::{Basis, Configuration, Layer, Operation, Similarity};

    const SIZES: Sizes = Sizes { vocabulary: 7, embedding: 4, positions: 9, batch: 2, sequence: 3 };

    fn flops(operation: Operation, hidden: usize) -> f64 {
        let layers = vec![Layer { operation, heads: 2, feed_forward: 5, feed_forward_layers: 2 }];
        Structure::new(&Configuration { hidden, layers }, &SIZES).flops
    }

    /// Three tokens, width 4, two heads, two feed-forward layers of width 5: their matrices have 4 x 5 + 5 x 5 + 5 x 4
    /// = 65 weights; attention four of 4 x 4, and twice 3 x 3 x 4 products of queries, keys and values.
    #[test]
    fn operations_match_a_manual_count() {
        let attention = Operation::Attention(Similarity::ScaledDotProduct);
        assert_eq!(flops(attention, 4), 2.0 * (3.0 * (65.0 + 64.0) + 72.0));
        let weighted = Operation::Attention(Similarity::WeightedMultiplicative);
        assert_eq!(flops(weighted, 4), 2.0 * (3.0 * (65.0 + 80.0) + 72.0));
        // One matrix of 4 x 4; per head 3 x 3 x 2 over tokens and 3 x 2 x 2 over features.
        assert_eq!(flops(Operation::Transform(Basis::Cosine), 4), 2.0 * (3.0 * (65.0 + 16.0) + 60.0));
        assert_eq!(flops(Operation::Transform(Basis::Fourier), 4), 2.0 * (3.0 * (65.0 + 16.0) + 120.0));
        // Query, key, value and convolved values: 4 x 2; the kernels: depthwise 4 x 3, pointwise 4 x 2, 2 x 3; the
        // output map 4 x 4. Attention of half the width, and three products per token and feature of the other half.
        let convolution = flops(Operation::Convolution { kernel: 3 }, 4);
        assert_eq!(convolution, 2.0 * (3.0 * (65.0 + 32.0 + 12.0 + 8.0 + 6.0 + 16.0) + 36.0 + 18.0));
        // A width that differs from the embeddings': 4 x 2 more, and all other matrices of the width change.
        assert_eq!(flops(attention, 2), 2.0 * (3.0 * (8.0 + 45.0 + 16.0) + 36.0));
    }

    #[test]
    fn layers_and_heads_are_counted() {
        let layer = Layer {
            operation: Operation::Convolution { kernel: 3 },
            heads: 2,
            feed_forward: 5,
            feed_forward_layers: 1,
        };
        let configuration = Configuration { hidden: 4, layers: vec![layer; 3] };
        let counted = Structure::new(&configuration, &SIZES);
        assert_eq!((counted.layers, counted.hidden, counted.heads), (3, 4, 6));
        assert_eq!(counted.parameters, SIZES.parameters(&configuration));
    }
}
