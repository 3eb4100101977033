//! A small encoder, what it reads and where it runs, for tests.

use super::{EncoderShape, FirstWidth, MaskedBatch, PaddedBatch};
use crate::device::Device;
use crate::network::encoder::Sizes;
use crate::space::encoder::{Basis, Configuration, Layer, Operation, Similarity};

const SIZES: Sizes = Sizes { vocabulary: 11, embedding: 6, positions: 7, batch: 2, sequence: 6 };

/// Each kind of operation.
pub const OPERATIONS: [Operation; 5] = [
    Operation::Attention(Similarity::ScaledDotProduct),
    Operation::Attention(Similarity::WeightedMultiplicative),
    Operation::Convolution { kernel: 3 },
    Operation::Transform(Basis::Fourier),
    Operation::Transform(Basis::Cosine),
];

/// One layer of this width.
pub fn shape(operation: Operation, hidden: usize) -> EncoderShape {
    let layer = Layer { operation, heads: 2, feed_forward: 5, feed_forward_layers: 2 };
    EncoderShape {
        configuration: Configuration { hidden, layers: vec![layer] },
        sizes: SIZES,
        first_width: FirstWidth::AsConfigured,
    }
}

/// Two sequences of six and four tokens.
pub fn batch() -> PaddedBatch {
    PaddedBatch {
        tokens: vec![1, 5, 9, 2, 7, 2, 1, 3, 10, 2, 0, 0],
        types: vec![0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0],
        lengths: vec![6, 4],
    }
}

/// The same, masked.
pub fn masked() -> MaskedBatch {
    let masked_tokens = vec![1, 4, 9, 2, 4, 2, 1, 4, 10, 2, 0, 0];
    // One place is drawn twice, and one keeps its token. Of what all tokens have in common, a Fourier transform passes
    // something to the first place alone.
    MaskedBatch { original: batch(), masked_tokens, places: vec![vec![1, 4, 4], vec![0, 1, 2]] }
}

/// Burn on the CPU.
#[cfg(feature = "burn")]
pub fn flex() -> Device {
    Device::Burn { device: burn::tensor::Device::flex(), name: "flex".to_owned(), software: true }
}

/// The kernel, and where Burn is there its module.
pub fn devices() -> Vec<Device> {
    vec![
        Device::Cpu,
        #[cfg(feature = "burn")]
        flex(),
    ]
}
