//! What every command that scores networks is told: metrics, text, sizes, seed, device.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use untrained_core::corpus::{self, Vocabulary};
use untrained_core::job::{Initial, Job};
use untrained_core::metric::{self, Metric};
use untrained_core::network::recurrent::{Batch, Sizes};
use untrained_core::origin::{Origin, Read};
use untrained_core::space::recurrent::Recipe;

use crate::inputs::Inputs;
use crate::outcome::{Usage, unusable};

/// What to compute, on what text
#[derive(Debug, Clone, Args)]
pub struct TextArgs {
    /// Metric to compute; again for more, none for all ('untrained metrics' lists them)
    #[arg(long = "metric", value_name = "ID")]
    pub metrics: Vec<String>,
    /// Text the network reads, one sentence a line; without it, text made up from the seed
    #[arg(long, value_name = "FILE")]
    pub corpus: Option<PathBuf>,
    /// Word list, one word a line; or, again for more, texts whose words are numbered by first appearance
    #[arg(long, value_name = "FILE", requires = "corpus")]
    pub vocabulary: Vec<PathBuf>,
}

impl TextArgs {
    /// What a reader of the scores should know of the text.
    pub fn remark(&self) -> Option<String> {
        (self.corpus.is_some() && self.vocabulary.is_empty())
            .then(|| "without a --vocabulary the words of the corpus are numbered as they come in it".to_owned())
    }
}

/// How large the network is; the defaults are the published sizes
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Sizes")]
pub struct SizeArgs {
    /// Width of the embedding and of the last layer
    #[arg(long, value_name = "E", default_value_t = Sizes::PUBLISHED.embedding)]
    pub embedding: usize,
    /// Width of the other layers
    #[arg(long, value_name = "H", default_value_t = Sizes::PUBLISHED.hidden)]
    pub hidden: usize,
    /// Layers
    #[arg(long, value_name = "L", default_value_t = Sizes::PUBLISHED.layers)]
    pub layers: usize,
    /// Words; by default 10000, or as many as the vocabulary has where these are more
    #[arg(long, value_name = "V")]
    pub vocabulary_size: Option<usize>,
    /// Samples read side by side
    #[arg(long, value_name = "B", default_value_t = Sizes::PUBLISHED.batch)]
    pub batch: usize,
    /// Steps
    #[arg(long, value_name = "T", default_value_t = Sizes::PUBLISHED.steps)]
    pub steps: usize,
    /// Seed of the weights, of the noise and of made-up text
    #[arg(long, default_value_t = 0)]
    pub seed: u32,
}

/// Everything that jobs share, read and checked.
#[derive(Clone)]
pub struct Setup {
    /// What to compute.
    pub metrics: Vec<&'static dyn Metric>,
    /// Sizes of network and batch.
    pub sizes: Sizes,
    /// What is read.
    pub batch: Arc<Batch>,
    /// Seed of the weights and of the noise.
    pub seed: u32,
    /// Where what is read comes from.
    pub read: Read,
}

impl Setup {
    /// Reads text and vocabulary and looks the metrics up.
    ///
    /// # Errors
    /// What of it cannot be used.
    pub fn new(text: &TextArgs, size: &SizeArgs, inputs: Option<Inputs>) -> anyhow::Result<Self> {
        let metrics = metric::chosen(&text.metrics)?;
        let mut sizes = size.sizes(Sizes::PUBLISHED.vocabulary);
        sizes.check(&Recipe::from_json(SMALLEST)?, memory())?;
        let (batch, read) = match (inputs, &text.corpus) {
            (Some(inputs), _) => inputs.into_batch(&sizes, size.seed)?,
            (None, None) => {
                let batch = Batch::from_tokens(corpus::synthetic(&sizes, size.seed), &sizes, size.seed)?;
                (batch, Read::made_up(size.seed))
            }
            (None, Some(path)) => {
                let corpus = read(path, "corpus")?;
                let (vocabulary, files) = vocabulary(&corpus, &text.vocabulary)?;
                sizes = size.sizes(sizes.vocabulary.max(vocabulary.count()));
                let tokens = corpus::batch(&vocabulary.ids(&corpus)?, &sizes)?;
                let read = Read::corpus(corpus.as_bytes(), files.iter().map(String::as_bytes), &tokens);
                (Batch::from_tokens(tokens, &sizes, size.seed)?, read.with_noise(size.seed))
            }
        };
        Ok(Self { metrics, sizes, batch: Arc::new(batch), seed: size.seed, read })
    }

    /// The job of one cell, its weights from the seed.
    pub fn job(&self, architecture: impl Into<String>, recipe: Arc<Recipe>) -> Job {
        Job {
            architecture: architecture.into(),
            recipe,
            sizes: self.sizes,
            initial: Initial::Seed(self.seed.into()),
            batch: Arc::clone(&self.batch),
            metrics: self.metrics.clone(),
            origin: Origin::of(self.read.clone()),
        }
    }
}

/// Stands for any cell where only the sizes are in question.
const SMALLEST: &str = r#"{"h_new_0": {"op": "linear", "input": ["x", "h_prev_0"]}}"#;

impl SizeArgs {
    /// The sizes, with so many words where none were asked for.
    pub fn sizes(&self, vocabulary: usize) -> Sizes {
        let Self { embedding, hidden, layers, batch, steps, .. } = *self;
        Sizes { vocabulary: self.vocabulary_size.unwrap_or(vocabulary), embedding, hidden, layers, batch, steps }
    }

    /// The published sizes and seed.
    pub fn published() -> Self {
        let Sizes { embedding, hidden, layers, batch, steps, .. } = Sizes::PUBLISHED;
        Self { embedding, hidden, layers, vocabulary_size: None, batch, steps, seed: 0 }
    }

    /// Takes the sizes of a network that was given.
    pub fn take(&mut self, sizes: &Sizes) {
        let Sizes { vocabulary, embedding, hidden, layers, .. } = *sizes;
        self.vocabulary_size = Some(vocabulary);
        (self.embedding, self.hidden, self.layers) = (embedding, hidden, layers);
    }
}

/// The vocabulary, and the texts of its files.
fn vocabulary(corpus: &str, files: &[PathBuf]) -> anyhow::Result<(Vocabulary, Vec<String>)> {
    if files.is_empty() {
        return Ok((Vocabulary::of(corpus)?, Vec::new()));
    }
    let texts = files.iter().map(|file| read(file, "vocabulary")).collect::<anyhow::Result<Vec<_>>>()?;
    Ok((Vocabulary::from_texts(texts.iter().map(String::as_str))?, texts))
}

/// A file that was named, in words.
pub fn named(path: &Path) -> String {
    if path == Path::new("-") { "standard input".to_owned() } else { path.display().to_string() }
}

/// The text of a file that was named; `-` is standard input.
///
/// # Errors
/// One sentence with the path.
pub fn read(path: &Path, what: &str) -> anyhow::Result<String> {
    let bytes = read_bytes(path, what)?;
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Usage(format!("{what} {}: not text in UTF-8, at byte {at}", path.display())).into()
    })
}

/// The bytes of a file that was named; `-` is standard input.
///
/// # Errors
/// One sentence with the path.
pub fn read_bytes(path: &Path, what: &str) -> anyhow::Result<Vec<u8>> {
    let read = if path == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut std::io::stdin().lock(), &mut bytes).map(|_| bytes)
    } else {
        std::fs::read(path)
    };
    read.map_err(|error| unusable(what, path, &error))
}

/// Memory a job may take, in bytes: what is free on this machine.
pub fn memory() -> usize {
    let mut system = sysinfo::System::new();
    system.refresh_memory();
    usize::try_from(system.available_memory()).unwrap_or(usize::MAX)
}
