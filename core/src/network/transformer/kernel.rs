//! The blocks on the CPU, each with a hand-written forward and backward pass for one sequence.

pub mod activated;
pub mod activation;
pub mod attention;
pub mod builder;
pub mod dropout;
pub mod feed_forward;
pub mod gelu;
pub mod gradients;
pub mod inner;
pub mod language;
pub mod linear;
pub mod norm;
pub mod part;
pub mod pre_norm;
pub mod softmax;
pub mod sums;

/// Least number of tokens of the sequences in a chunk, which are in memory together.
const TOKENS: usize = 4_096;

/// Number of sequences of this length in a chunk.
pub fn in_chunk(length: usize) -> usize {
    TOKENS.div_ceil(length)
}
