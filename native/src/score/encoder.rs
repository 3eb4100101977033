//! Encoders as typed: the configuration or checkpoint, weights, text or ids, sizes and metrics; and the jobs that
//! follow.

pub mod architecture;
pub mod hidden;
mod inputs;
mod size;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use untrained_core::corpus;
use untrained_core::digest::{self, sha256};
use untrained_core::family::Family;
use untrained_core::job::Job;
use untrained_core::metric;
use untrained_core::network::encoder::{Demand, Model, Sizes};
use untrained_core::network::{self, Batch, WeightSource};
use untrained_core::origin::{Origin, Read, Text};

use super::request::{Request, RunArgs};
use crate::device::Lazy;
use crate::input;
use crate::memory;
use crate::outcome::Usage;
use crate::word_pieces::WordPieces;
use architecture::{Architecture, ArchitectureArgs};
use inputs::{Ids, Inputs};
use size::SizeArgs;

/// An encoder of NAS-Bench-BERT's space or a trained BERT, on text, made-up text or given ids
#[derive(Debug, Args)]
pub struct EncoderArgs {
    #[command(flatten)]
    encoder: ArchitectureArgs,
    #[command(flatten)]
    text: TextArgs,
    /// As the published scores were computed: 256 wide with feed-forward layers of 1,024, whatever the configuration
    /// says; with a checkpoint, which keeps its sizes, tokens attend to padding and means go over all positions
    #[arg(long)]
    as_published: bool,
    /// Given weights, with PyTorch's names; vocabulary, embedding and positions are theirs
    #[arg(long, value_name = "FILE.safetensors", conflicts_with_all = ["embedding", "positions", "vocabulary_size"])]
    weights: Option<PathBuf>,
    /// Given token ids: {"input_ids": [[..]]} by sequence and position, and "attention_mask" of the same shape where
    /// some are padding; without it every id is read
    #[arg(long, value_name = "FILE.json", conflicts_with_all = ["corpus", "vocabulary", "batch", "sequence"])]
    inputs: Option<PathBuf>,
    /// Write the token ids and the last hidden states to this file, too
    #[arg(long, value_name = "FILE.safetensors", value_parser = crate::parse::file())]
    hidden_states: Option<PathBuf>,
    #[command(flatten)]
    size: SizeArgs,
    #[command(flatten)]
    run: RunArgs,
}

/// What to compute, on what text
#[derive(Debug, Args)]
struct TextArgs {
    /// Metric to compute; again for more, none for all
    #[arg(long = "metric", value_name = "ID")]
    metrics: Vec<String>,
    /// Show what each value is computed from, too: layer by layer and head by head. Of a checkpoint it is always shown
    #[arg(long)]
    terms: bool,
    /// Text, one document a line, or JSON Lines or a JSON array of objects with a field 'text'; without it, text made
    /// up from the seed. Encoders with fresh weights read padding as words, as the published scores do; a checkpoint
    /// does not
    #[arg(long, value_name = "FILE")]
    corpus: Option<PathBuf>,
    /// WordPiece list, one token a line, or a tokenizer.json, read as a tokenizer_config.json in the same folder says;
    /// a checkpoint brings its own
    #[arg(long, value_name = "FILE", requires = "corpus")]
    vocabulary: Option<PathBuf>,
}

impl EncoderArgs {
    /// How it is run.
    pub fn run_args(&self) -> RunArgs {
        self.run
    }

    /// The job, and what is shown with its scores.
    ///
    /// # Errors
    /// What of the input cannot be used.
    pub fn request(self, device: &Lazy) -> anyhow::Result<Request> {
        let job = self.job(device)?;
        let remarks = job.remarks().into_iter().chain(self.remarks().into_iter().map(str::to_owned)).collect();
        let terms = self.text.terms || self.encoder.is_checkpoint();
        Ok(Request { job, remarks, benchmark: None, terms, hidden_states: self.hidden_states })
    }

    /// What a reader of the scores should know of the text.
    fn remarks(&self) -> Vec<&'static str> {
        let unread = self.encoder.is_checkpoint() && self.text.corpus.is_none() && self.inputs.is_none();
        let unread = unread.then_some("without a --corpus the trained encoder reads made-up words in random order");
        let published = self.encoder.is_checkpoint() && self.as_published && self.inputs.is_none();
        let published = published.then_some(
            "as published, the trained encoder attends to padding, and means go over all positions; without --as-published \
             padding is left out",
        );
        [unread, published].into_iter().flatten().collect()
    }

    fn job(&self, device: &Lazy) -> anyhow::Result<Job> {
        let metrics = metric::select(Family::Encoder, &self.text.metrics)?;
        let inputs = self.inputs.as_deref().map(Inputs::read).transpose()?;
        let inputs_sha256 = inputs.as_ref().map(|inputs| inputs.digest.clone());
        let ids = inputs.zip(self.inputs.as_deref()).map(|(inputs, path)| inputs.ids(path)).transpose()?;
        let words = self.word_pieces()?;
        let mut sizes = self.size.sizes(words.as_ref().map_or(0, WordPieces::count));
        let limit = words.as_ref().and_then(|words| words.limit(sizes.sequence));
        if let Some(ids) = &ids {
            (sizes.batch, sizes.sequence) = ids.shape;
        }
        let Architecture { name, model, weights_sha256 } = self.architecture(sizes)?;
        let sizes = model.sizes;
        sizes.check()?;
        let (configuration, weights_given) = (model.configuration.as_ref(), model.weights.is_given());
        let memory = memory::available();
        device.check(|engine| {
            metric::check(&metrics, |needs| {
                Demand { configuration, sizes: &sizes, needs, weights_given, engine }.check(memory)
            })
        })?;
        let given = ids.as_ref().map(|ids| (ids.targets.clone(), ids.further.clone()));
        let (tokens, lengths) = match (ids, words.zip(self.text.corpus.as_deref())) {
            (Some(Ids { rows, masked, .. }), _) => (rows.ids, masked.then_some(rows.lengths)),
            (None, Some((words, corpus))) => {
                let rows = words.rows(corpus, &sizes)?;
                (rows.ids, self.leaves_padding_out().then_some(rows.lengths))
            }
            (None, None) => (corpus::sequences(&sizes, self.size.seed), None),
        };
        let origin = Origin {
            benchmark: self.encoder.benchmark(),
            as_published: Some(self.as_published),
            weights_sha256,
            ..Origin::of(self.read(inputs_sha256, &tokens)?)
        };
        let mut batch = Batch::of_sequences(tokens, lengths);
        if let Some((targets, further)) = given {
            batch.targets = targets;
            batch.further = further;
        }
        let batch = Arc::new(batch);
        let job = Job { name, model: network::Model::Encoder(model), batch, metrics, origin };
        device.check(|engine| job.check_on(engine, memory::available()))?;
        if let Some(limit) = limit {
            note!("{}", cut(limit));
        }
        Ok(job)
    }

    /// Whether padding is neither attended to nor counted. The published scores of encoders read it as words, so those
    /// with fresh weights, which are compared with them, do, too.
    fn leaves_padding_out(&self) -> bool {
        self.encoder.is_checkpoint() && !self.as_published
    }

    /// Where these ids come from.
    fn read(&self, inputs: Option<String>, tokens: &[u32]) -> anyhow::Result<Read> {
        if inputs.is_some() {
            return Ok(Read::inputs(inputs, tokens));
        }
        match &self.text.corpus {
            Some(corpus) => read_corpus(corpus, self.vocabulary().as_deref(), tokens),
            None => Ok(Read::made_up(self.size.seed)),
        }
    }

    /// The file of the vocabulary.
    fn vocabulary(&self) -> Option<PathBuf> {
        self.text.vocabulary.clone().or_else(|| self.encoder.vocabulary())
    }

    /// The vocabulary that the corpus is read with; none where there is no corpus.
    fn word_pieces(&self) -> anyhow::Result<Option<WordPieces>> {
        if self.text.corpus.is_none() {
            return Ok(None);
        }
        let words = match &self.text.vocabulary {
            Some(path) => Some(WordPieces::open(path)?),
            None => self.encoder.word_pieces()?,
        };
        Ok(Some(words.ok_or_else(no_vocabulary)?))
    }

    /// The encoder, its sizes as far as its weights decide them.
    fn architecture(&self, sizes: Sizes) -> anyhow::Result<Architecture> {
        if let Some(trained) = self.encoder.checkpoint(&sizes)? {
            return Ok(trained);
        }
        let (name, configuration) = self.encoder.configuration()?;
        let configuration = if self.as_published { configuration.as_published() } else { configuration };
        let (weights, weights_sha256, sizes) = match &self.weights {
            Some(path) => architecture::given(path, &configuration, &sizes)?,
            None => (WeightSource::Seed(self.size.seed), None, sizes),
        };
        let model = Model { configuration: Arc::new(configuration), sizes, weights };
        Ok(Architecture { name, model, weights_sha256 })
    }
}

/// What records say of a corpus that was read, with its vocabulary, as these token ids.
///
/// # Errors
/// One sentence on the file that cannot be read.
pub fn read_corpus(corpus: &Path, vocabulary: Option<&Path>, tokens: &[u32]) -> anyhow::Result<Read> {
    // Standard input can be read only once; the ids say what it was.
    let digest = |path: &Path| {
        if path == Path::new("-") {
            return Ok(None);
        }
        input::read_bytes(path, "text").map(|bytes| Some(sha256(&bytes)))
    };
    Ok(Read {
        text: Some(Text::Corpus),
        corpus_sha256: digest(corpus)?,
        vocabulary_sha256: vocabulary.map(digest).transpose()?.flatten(),
        tokens_sha256: Some(digest::tokens(tokens)),
        ..Read::default()
    })
}

/// A corpus cannot be read without a vocabulary.
pub fn no_vocabulary() -> Usage {
    Usage("a corpus is read with a vocabulary; give one with --vocabulary".to_owned())
}

/// That texts end before the sequence does.
pub fn cut(limit: usize) -> String {
    format!("the tokenizer's settings cut every text to {limit} tokens (model_max_length)")
}
