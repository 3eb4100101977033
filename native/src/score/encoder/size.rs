//! How large an encoder is beyond its configuration, as typed.

use clap::Args;
use untrained_core::network::encoder::Sizes;

/// How large the encoder is beyond its configuration
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Sizes")]
pub struct SizeArgs {
    /// Words; by default 30522, or as many as the vocabulary has where these are more
    #[arg(long, value_name = "V")]
    vocabulary_size: Option<usize>,
    /// Width of the embeddings
    #[arg(long, value_name = "E", default_value_t = Sizes::PUBLISHED.embedding)]
    embedding: usize,
    /// Positions that have an embedding
    #[arg(long, value_name = "P", default_value_t = Sizes::PUBLISHED.positions)]
    positions: usize,
    /// Sequences; the published scores took 128
    #[arg(long, value_name = "B", default_value_t = 16)]
    batch: usize,
    /// Tokens of a sequence; the published scores took 512
    #[arg(long, value_name = "T", default_value_t = 128)]
    sequence: usize,
    /// Seed of the weights and of made-up text
    #[arg(long, default_value_t = 0)]
    pub seed: u32,
}

impl SizeArgs {
    /// The sizes; a vocabulary of at least `words` where its size is not given.
    pub fn sizes(&self, words: usize) -> Sizes {
        let Self { embedding, positions, batch, sequence, .. } = *self;
        let vocabulary = self.vocabulary_size.unwrap_or(Sizes::PUBLISHED.vocabulary.max(words));
        Sizes { vocabulary, embedding, positions, batch, sequence }
    }
}
