//! What every command that scores networks is told: metrics, text, sizes, seed, device.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use untrained_core::corpus::{self, Vocabulary};
use untrained_core::job::{Initial, Job};
use untrained_core::metric::{self, Metric};
use untrained_core::network::recurrent::{Batch, Sizes};
use untrained_core::origin::{Origin, Read};
use untrained_core::probe::Needs;
use untrained_core::space::recurrent::Recipe;
use untrained_core::text;

use crate::inputs::Inputs;
use crate::memory;
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
    /// Looks the metrics up and reads text and vocabulary. Before anything is read or made, sizes are checked, and `fits`
    /// checks that there is memory enough for what is needed of networks of these sizes.
    ///
    /// # Errors
    /// What of it cannot be used.
    pub fn new(
        text: &TextArgs,
        size: &SizeArgs,
        inputs: Option<Inputs>,
        fits: impl FnOnce(&Sizes, &Needs) -> anyhow::Result<()>,
    ) -> anyhow::Result<Self> {
        let metrics = metric::chosen(&text.metrics)?;
        let mut sizes = size.sizes(Sizes::PUBLISHED.vocabulary);
        let needs = metrics.iter().flat_map(|metric| metric.needs()).collect();
        sizes.check()?;
        sizes.check_layers(&needs)?;
        fits(&sizes, &needs)?;
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
            initial: Initial::Seed(self.seed),
            batch: Arc::clone(&self.batch),
            metrics: self.metrics.clone(),
            origin: Origin::of(self.read.clone()),
        }
    }
}

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

/// How an architecture from a file or folder is called: its name, without `.json` where it has that ending.
pub fn architecture(path: &Path) -> String {
    // `.` and `..` have no name of their own.
    let whole = || std::fs::canonicalize(path).ok().and_then(|path| path.file_name().map(OsStr::to_owned));
    let name = path.file_name().map(OsStr::to_owned).or_else(whole);
    let name = name.map_or_else(|| "-".to_owned(), |name| name.to_string_lossy().into_owned());
    match name.rsplit_once('.') {
        Some((stem, ending)) if ending.eq_ignore_ascii_case("json") && !stem.is_empty() => stem.to_owned(),
        _ => name,
    }
}

/// The text of a file that was named, in UTF-8 with or without a byte-order mark; `-` is standard input.
///
/// # Errors
/// One sentence with the path.
pub fn read(path: &Path, what: &str) -> anyhow::Result<String> {
    let bytes = read_bytes(path, what)?;
    text::decode(bytes).map_err(|problem| Usage(format!("{what} {}: {problem}", path.display())).into())
}

/// The bytes of a file that was named; `-` is standard input.
///
/// # Errors
/// One sentence with the path.
pub fn read_bytes(path: &Path, what: &str) -> anyhow::Result<Vec<u8>> {
    // Taken twice: as bytes, and as what is made of them.
    if let Ok(file) = std::fs::metadata(path)
        && file.len() > memory::available() as u64 / 2
    {
        let problem = format!("{what} {}: a file of {} MiB does not fit into memory", path.display(), file.len() >> 20);
        return Err(Usage(problem).into());
    }
    let read = if path == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut std::io::stdin().lock(), &mut bytes).map(|_| bytes)
    } else {
        std::fs::read(path)
    };
    read.map_err(|error| unusable(what, path, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_architecture_has_the_name_of_its_file() {
        let cases = [
            ("minilm-v1.5", "minilm-v1.5"),
            ("models/minilm-v1.5/", "minilm-v1.5"),
            ("cell.json", "cell"),
            ("v1.5.JSON", "v1.5"),
            ("my.recipe.json", "my.recipe"),
            ("cell-0.2", "cell-0.2"),
            (".json", ".json"),
            ("-", "-"),
        ];
        for (path, name) in cases {
            assert_eq!(architecture(Path::new(path)), name, "{path}");
        }
        let here = std::env::current_dir().unwrap();
        assert_eq!(architecture(Path::new(".")), here.file_name().unwrap().to_str().unwrap());
    }
}
