//! Recurrent networks as typed: the cell, its weights, text, sizes and metrics; and the jobs that follow.

mod inputs;

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use untrained_core::benchmark::nas_bench_nlp::{FIRST_RECIPE, published};
use untrained_core::benchmark::{Benchmark as _, NasBenchNlp, Table};
use untrained_core::corpus::{self, Vocabulary};
use untrained_core::digest::sha256;
use untrained_core::family::Family;
use untrained_core::job::Job;
use untrained_core::memory::Engine;
use untrained_core::metric::{self, Metric};
use untrained_core::nearest;
use untrained_core::network::recurrent::{Demand, Model, Sizes, Weights};
use untrained_core::network::{self, Batch, WeightSource};
use untrained_core::origin::{Origin, Read};
use untrained_core::space::recurrent::{CLASSIC, Recipe};

use super::request::{Request, RunArgs};
use crate::device::Lazy;
use crate::input::{architecture, named, read, read_bytes};
use crate::memory;
use crate::outcome::Usage;
use inputs::Inputs;

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
        (self.corpus.is_some() && self.vocabulary.is_empty()).then(|| {
            "without a --vocabulary the words of the corpus are numbered in order of first appearance".to_owned()
        })
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
    /// Samples
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
    /// Looks the metrics up and reads text and vocabulary. Before anything is read or drawn, sizes are checked, and
    /// `fits` checks that there is memory enough for what is needed of networks of these sizes.
    ///
    /// # Errors
    /// What of it cannot be used.
    pub fn new(
        text: &TextArgs,
        size: &SizeArgs,
        inputs: Option<Inputs>,
        fits: impl FnOnce(&Sizes, &[&'static dyn Metric]) -> anyhow::Result<()>,
    ) -> anyhow::Result<Self> {
        let metrics = metric::select(Family::Recurrent, &text.metrics)?;
        let mut sizes = size.sizes(Sizes::PUBLISHED.vocabulary);
        sizes.check()?;
        sizes.check_layers(&metric::needs(&metrics))?;
        fits(&sizes, &metrics)?;
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
    pub fn job(&self, name: impl Into<String>, recipe: Arc<Recipe>) -> Job {
        self.job_with(name, recipe, WeightSource::Seed(self.seed))
    }

    /// The job of one cell with these weights.
    pub fn job_with(&self, name: impl Into<String>, recipe: Arc<Recipe>, weights: WeightSource<Weights>) -> Job {
        Job {
            name: name.into(),
            model: network::Model::Recurrent(Model { recipe, sizes: self.sizes, weights }),
            batch: Arc::clone(&self.batch),
            metrics: self.metrics.clone(),
            origin: Origin::of(self.read.clone()),
        }
    }
}

impl SizeArgs {
    /// The sizes, with so many words where their number is not given.
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
///
/// # Errors
/// What cannot be read, or is no vocabulary.
pub fn vocabulary(corpus: &str, files: &[PathBuf]) -> anyhow::Result<(Vocabulary, Vec<String>)> {
    if files.is_empty() {
        return Ok((Vocabulary::of(corpus)?, Vec::new()));
    }
    let texts = files.iter().map(|file| read(file, "vocabulary")).collect::<anyhow::Result<Vec<_>>>()?;
    Ok((Vocabulary::from_texts(texts.iter().map(String::as_str))?, texts))
}

/// A recurrent network: every layer runs the same cell
#[derive(Debug, Args)]
pub struct RecurrentArgs {
    #[command(flatten)]
    cell: CellArgs,
    #[command(flatten)]
    text: TextArgs,
    /// Given weights, with PyTorch's names; the sizes are theirs
    #[arg(long, value_name = "FILE.safetensors", conflicts_with_all = ["embedding", "hidden", "layers", "vocabulary_size"])]
    weights: Option<PathBuf>,
    /// Given token ids, and where they are not drawn next words and noise: {"tokens": [[..]], "targets": [[..]], "noise":
    /// [[[..]]]} by step, sample and feature
    #[arg(long, value_name = "FILE.json", conflicts_with_all = ["corpus", "vocabulary", "batch", "steps"])]
    inputs: Option<PathBuf>,
    #[command(flatten)]
    size: SizeArgs,
    #[command(flatten)]
    run: RunArgs,
}

/// Which cell
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct CellArgs {
    /// A recipe in JSON, '-' for standard input; a golden file serves too
    #[arg(long, value_name = "FILE")]
    recipe: Option<PathBuf>,
    /// A cell of NAS-Bench-NLP by its published id, with or without the leading million
    #[arg(long, value_name = "N")]
    id: Option<u32>,
    /// A classic cell: rnn, lstm or gru
    #[arg(long, value_name = "NAME")]
    cell: Option<String>,
}

/// The benchmark whose networks a job can be compared with: of the same sizes, with fresh weights.
fn comparable(model: &Model) -> untrained_core::Result<Option<Table>> {
    // A larger vocabulary adds rows to the embedding that are not read.
    let sizes = Sizes { vocabulary: Sizes::PUBLISHED.vocabulary, ..model.sizes };
    let comparable = sizes == Sizes::PUBLISHED && !model.weights.is_given();
    comparable.then(|| NasBenchNlp.table().map(|table| table.scored())).transpose()
}

impl RecurrentArgs {
    /// How it is run.
    pub fn run_args(&self) -> RunArgs {
        self.run
    }

    /// The job, and what is shown with its scores.
    ///
    /// # Errors
    /// What of the input cannot be used.
    pub fn request(self, device: &Lazy) -> anyhow::Result<Request> {
        let remark = self.text.remark();
        let job = self.job(device)?;
        device.check(|engine| job.check_on(engine, memory::available()))?;
        let remarks = job.remarks().into_iter().chain(remark).collect();
        let benchmark = match &job.model {
            network::Model::Recurrent(model) => comparable(model)?,
            network::Model::Encoder(_) | network::Model::Decoder(_) => None,
        };
        Ok(Request { job, remarks, benchmark, terms: false, hidden_states: None })
    }

    fn job(mut self, device: &Lazy) -> anyhow::Result<Job> {
        let (name, recipe) = self.cell.recipe()?;
        let weights_given = self.weights.is_some();
        let fits =
            |sizes: &Sizes, metrics: &[&'static dyn Metric]| fits(&recipe, sizes, (metrics, weights_given), device);
        let inputs = self.inputs.as_deref().map(Inputs::read).transpose()?;
        if let Some(inputs) = &inputs {
            (self.size.batch, self.size.steps) = (inputs.batch(), inputs.steps());
        }
        let benchmark = self.cell.id.map(|_| NasBenchNlp.about().id.to_owned());
        let Some(path) = &self.weights else {
            let job = Setup::new(&self.text, &self.size, inputs, fits)?.job(name, Arc::clone(&recipe));
            return Ok(Job { origin: Origin { benchmark, ..job.origin }, ..job });
        };
        let bytes = read_bytes(path, "weights")?;
        let read = Weights::from_safetensors(&bytes, &recipe, &self.size.sizes(0));
        let (weights, sizes) = read.with_context(|| named(path))?;
        self.size.take(&sizes);
        let setup = Setup::new(&self.text, &self.size, inputs, fits)?;
        let job = setup.job_with(name, Arc::clone(&recipe), WeightSource::Given(Arc::new(weights)));
        let origin = Origin { weights_sha256: Some(sha256(&bytes)), benchmark, ..job.origin };
        Ok(Job { origin, ..job })
    }
}

/// Checks that there is memory enough for networks of these cells with fresh weights; on the CPU for as many as are
/// scored at a time.
///
/// # Errors
/// [`untrained_core::Error`] naming what cannot be.
pub fn check_cells<'a>(
    mut recipes: impl Iterator<Item = &'a Recipe>,
    engine: Engine,
    (sizes, metrics): (&Sizes, &[&'static dyn Metric]),
) -> untrained_core::Result<()> {
    let at_a_time = if engine == Engine::Kernel { rayon::current_num_threads() } else { 1 };
    let memory = memory::available() / at_a_time;
    recipes.try_for_each(|recipe| {
        metric::check(metrics, |needs| {
            Demand { recipe, sizes, needs, words: None, weights_given: false, engine }.check(memory)
        })
    })
}

/// Checks that there is memory enough for a cell, before anything is read or drawn.
fn fits(
    recipe: &Arc<Recipe>,
    sizes: &Sizes,
    (metrics, weights_given): (&[&'static dyn Metric], bool),
    device: &Lazy,
) -> anyhow::Result<()> {
    let (recipe, sizes) = (recipe.as_ref(), sizes);
    let memory = memory::available();
    device.check(|engine| {
        metric::check(metrics, |needs| {
            Demand { recipe, sizes, needs, words: None, weights_given, engine }.check(memory)
        })
    })
}

impl CellArgs {
    /// Its name in records, and its recipe.
    ///
    /// # Errors
    /// What cannot be read, or that there is no such cell.
    pub fn recipe(&self) -> anyhow::Result<(String, Arc<Recipe>)> {
        if let Some(path) = &self.recipe {
            let recipe = Recipe::from_json(&read(path, "recipe")?).with_context(|| named(path))?;
            return Ok((architecture(path), recipe.into()));
        }
        if let Some(name) = &self.cell {
            let (name, _, json) = nearest::find("cell", name, &CLASSIC, |(known, ..)| *known)?;
            return Ok(((*name).to_owned(), Recipe::from_json(json)?.into()));
        }
        let id = self.id.unwrap_or_default();
        let all = published();
        match all.get(id.checked_sub(FIRST_RECIPE).unwrap_or(id) as usize) {
            Some(network) => Ok((network.id.to_string(), Arc::clone(&network.recipe))),
            None => {
                let last = all.len() - 1;
                Err(Usage(format!("unknown id {id}; the ids of NAS-Bench-NLP run from 0 to {last}")).into())
            }
        }
    }
}
