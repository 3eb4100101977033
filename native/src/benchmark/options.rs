//! What is read and how large the networks are, as typed: options that cells and encoders share, and those that only
//! one of them has.

use std::path::PathBuf;

use clap::Args;
use untrained_core::network::encoder;
use untrained_core::network::recurrent::Sizes as CellSizes;

use crate::score::recurrent;

/// Sizes where none are given.
const CELLS: CellSizes = CellSizes::PUBLISHED;

/// What to compute, on what text
#[derive(Debug, Args)]
pub struct TextArgs {
    /// Metric to compute; again for more, none for all ('untrained metrics' lists them)
    #[arg(long = "metric", value_name = "ID")]
    pub metrics: Vec<String>,
    /// Text the networks read; without it, text made up from the seed. For cells one sentence a line; for encoders one
    /// document a line, or JSON Lines or a JSON array of objects with a field 'text'
    #[arg(long, value_name = "FILE")]
    pub corpus: Option<PathBuf>,
    /// For cells a word list, one word a line, or, again for more, texts whose words are numbered by first appearance;
    /// for encoders a WordPiece list, one token a line, or a tokenizer.json, read as a tokenizer_config.json in the
    /// same folder says
    #[arg(long, value_name = "FILE", requires = "corpus")]
    pub vocabulary: Vec<PathBuf>,
}

/// How large the networks are
#[derive(Debug, Args)]
pub struct SizeArgs {
    #[arg(long, value_name = "E", help_heading = "Sizes", help = widths())]
    embedding: Option<usize>,
    #[arg(long, value_name = "V", help_heading = "Sizes", help = vocabularies())]
    vocabulary_size: Option<usize>,
    #[arg(long, value_name = "B", help_heading = "Sizes", help = batches())]
    batch: Option<usize>,
    /// Seed of the weights, of made-up text, and for cells of the noise
    #[arg(long, default_value_t = 0, help_heading = "Sizes")]
    pub seed: u32,
    #[arg(long, value_name = "H", help_heading = "Sizes of cells", help = hidden())]
    hidden: Option<usize>,
    #[arg(long, value_name = "L", help_heading = "Sizes of cells", help = by_default("Layers", CELLS.layers))]
    layers: Option<usize>,
    #[arg(long, value_name = "T", help_heading = "Sizes of cells", help = by_default("Steps", CELLS.steps))]
    steps: Option<usize>,
    #[arg(long, value_name = "P", help_heading = "Sizes of encoders", help = positions())]
    positions: Option<usize>,
    #[arg(long, value_name = "T", help_heading = "Sizes of encoders", help = sequences())]
    sequence: Option<usize>,
    /// As the published scores were computed: 256 wide with feed-forward layers of 1,024, whatever the configurations
    /// say
    #[arg(long, help_heading = "Sizes of encoders")]
    pub as_published: bool,
}

fn by_default(what: &str, value: usize) -> String {
    format!("{what}; by default {value}")
}

fn widths() -> String {
    let encoders = encoder::Sizes::default().embedding;
    format!(
        "Width of the embedding, of cells also of the last layer; by default {} for cells, {encoders} for encoders",
        CELLS.embedding
    )
}

fn vocabularies() -> String {
    let encoders = encoder::Sizes::default().vocabulary;
    format!(
        "Size of the vocabulary; by default {} for cells, {encoders} for encoders, or --vocabulary's if larger",
        CELLS.vocabulary
    )
}

fn batches() -> String {
    let (encoders, published) = (encoder::Sizes::default().batch, encoder::Sizes::PUBLISHED.batch);
    format!(
        "Samples or sequences; by default {} for cells, {encoders} for encoders (published scores: {published})",
        CELLS.batch
    )
}

fn hidden() -> String {
    by_default("Width of the layers but the last", CELLS.hidden)
}

fn positions() -> String {
    by_default("Positions that have an embedding", encoder::Sizes::default().positions)
}

fn sequences() -> String {
    let (usual, published) = (encoder::Sizes::default().sequence, encoder::Sizes::PUBLISHED.sequence);
    by_default("Tokens of a sequence", usual) + &format!("; the published scores took {published}")
}

/// The names of the options that are given.
fn given<const N: usize>(options: [(&'static str, bool); N]) -> Vec<&'static str> {
    options.into_iter().filter_map(|(name, given)| given.then_some(name)).collect()
}

impl TextArgs {
    /// What cells read.
    pub fn cells(&self) -> recurrent::TextArgs {
        let Self { metrics, corpus, vocabulary } = self;
        recurrent::TextArgs { metrics: metrics.clone(), corpus: corpus.clone(), vocabulary: vocabulary.clone() }
    }
}

impl SizeArgs {
    /// Options that are given and that cells alone have.
    pub fn of_cells(&self) -> Vec<&'static str> {
        given([
            ("--hidden", self.hidden.is_some()),
            ("--layers", self.layers.is_some()),
            ("--steps", self.steps.is_some()),
        ])
    }

    /// Options that are given and that encoders alone have.
    pub fn of_encoders(&self) -> Vec<&'static str> {
        given([
            ("--positions", self.positions.is_some()),
            ("--sequence", self.sequence.is_some()),
            ("--as-published", self.as_published),
        ])
    }

    /// The sizes of cells.
    pub fn cells(&self) -> recurrent::SizeArgs {
        recurrent::SizeArgs {
            embedding: self.embedding.unwrap_or(CELLS.embedding),
            hidden: self.hidden.unwrap_or(CELLS.hidden),
            layers: self.layers.unwrap_or(CELLS.layers),
            vocabulary_size: self.vocabulary_size,
            batch: self.batch.unwrap_or(CELLS.batch),
            steps: self.steps.unwrap_or(CELLS.steps),
            seed: self.seed,
        }
    }

    /// The sizes of encoders; the vocabulary has at least `tokens` where its size is not given.
    pub fn encoders(&self, tokens: usize) -> encoder::Sizes {
        let usual = encoder::Sizes::default();
        encoder::Sizes {
            vocabulary: self.vocabulary_size.unwrap_or(usual.vocabulary.max(tokens)),
            embedding: self.embedding.unwrap_or(usual.embedding),
            positions: self.positions.unwrap_or(usual.positions),
            batch: self.batch.unwrap_or(usual.batch),
            sequence: self.sequence.unwrap_or(usual.sequence),
        }
    }
}
