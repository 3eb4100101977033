//! What is read and how large the networks are, as typed, and which families have which option.

use std::path::PathBuf;

use clap::Args;
use untrained_core::family::Family;
use untrained_core::network::recurrent::Sizes as CellSizes;
use untrained_core::network::{decoder, encoder};
use untrained_core::space::decoder::Decoder;

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
    /// document a line, or JSON Lines or a JSON array of objects with a field 'text'; decoders read made-up text
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
    #[arg(long, value_name = "T", help_heading = "Sizes of encoders and decoders", help = sequences())]
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
        "Samples or sequences; by default {} for cells, {encoders} for transformers (published scores of encoders: \
         {published})",
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
    by_default("Tokens of a sequence", usual) + &format!("; the published scores of encoders took {published}")
}

/// An option, and the families that have it.
pub type OptionOf = (&'static str, &'static [Family]);

const CELLS_ALONE: &[Family] = &[Family::Recurrent];
const ENCODERS_ALONE: &[Family] = &[Family::Encoder];
const NOT_DECODERS: &[Family] = &[Family::Recurrent, Family::Encoder];
const NOT_CELLS: &[Family] = &[Family::Encoder, Family::Decoder];

/// Those of the options that are given.
fn given<const N: usize>(options: [(&'static str, bool, &'static [Family]); N]) -> Vec<OptionOf> {
    options.into_iter().filter_map(|(name, given, families)| given.then_some((name, families))).collect()
}

impl TextArgs {
    /// The options that are given and that not all families have.
    pub fn given(&self) -> Vec<OptionOf> {
        given([("--corpus", self.corpus.is_some(), NOT_DECODERS)])
    }

    /// What cells read.
    pub fn cells(&self) -> recurrent::TextArgs {
        let Self { metrics, corpus, vocabulary } = self;
        recurrent::TextArgs { metrics: metrics.clone(), corpus: corpus.clone(), vocabulary: vocabulary.clone() }
    }
}

impl SizeArgs {
    /// The options that are given and that not all families have.
    pub fn given(&self) -> Vec<OptionOf> {
        given([
            ("--hidden", self.hidden.is_some(), CELLS_ALONE),
            ("--layers", self.layers.is_some(), CELLS_ALONE),
            ("--steps", self.steps.is_some(), CELLS_ALONE),
            ("--embedding", self.embedding.is_some(), NOT_DECODERS),
            ("--vocabulary-size", self.vocabulary_size.is_some(), NOT_DECODERS),
            ("--sequence", self.sequence.is_some(), NOT_CELLS),
            ("--positions", self.positions.is_some(), ENCODERS_ALONE),
            ("--as-published", self.as_published, ENCODERS_ALONE),
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

    /// The batch of a decoder; as long as the decoder has positions where no length is given and these are fewer.
    pub fn decoder(&self, decoder: &Decoder) -> decoder::Sizes {
        let usual = decoder::Sizes::default();
        decoder::Sizes {
            batch: self.batch.unwrap_or(usual.batch),
            sequence: self.sequence.unwrap_or(usual.sequence.min(decoder.positions)),
        }
    }
}
