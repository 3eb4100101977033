//! Decoders as typed: the configuration or checkpoint, weights, ids, sizes and metrics; and the job that follows.

pub mod architecture;
mod inputs;

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use untrained_core::corpus;
use untrained_core::family::Family;
use untrained_core::job::Job;
use untrained_core::metric;
use untrained_core::network::decoder::{Model, Sizes};
use untrained_core::network::{self, Batch, WeightSource};
use untrained_core::origin::{Origin, Read};
use untrained_core::space::decoder::Decoder;

use super::encoder::read_corpus;
use super::request::{Request, RunArgs};
use crate::device::Lazy;
use crate::memory;
use crate::outcome::Usage;
use crate::word_pieces::stream;
use architecture::{Architecture, ArchitectureArgs};
use inputs::Inputs;

/// A decoder (GPT-2, GPT-Neo, GPT-NeoX, Llama, or one of LTS or HW-GPT-Bench) on text, made-up text or given ids
#[derive(Debug, Args)]
pub struct DecoderArgs {
    #[command(flatten)]
    decoder: ArchitectureArgs,
    /// Metric to compute; again for more, none for all
    #[arg(long = "metric", value_name = "ID")]
    metrics: Vec<String>,
    /// Show what each value is computed from, too: layer by layer and head by head. Of a checkpoint it is always shown
    #[arg(long)]
    terms: bool,
    /// Given weights, with the names of the original
    #[arg(long, value_name = "FILE.safetensors")]
    weights: Option<PathBuf>,
    /// Given token ids: {"input_ids": [[..]]} by sequence and position, and "targets" of the same shape where what is to
    /// be predicted is not the next id
    #[arg(long, value_name = "FILE.json", conflicts_with_all = ["batch", "sequence", "corpus"])]
    inputs: Option<PathBuf>,
    /// Text, one document a line, or JSON Lines or a JSON array of objects with a field 'text': one stream, of which each
    /// sequence is a part; without it, text made up from the seed
    #[arg(long, value_name = "FILE")]
    corpus: Option<PathBuf>,
    /// How text becomes ids: a tokenizer.json; a checkpoint brings its own
    #[arg(long, value_name = "tokenizer.json", requires = "corpus")]
    vocabulary: Option<PathBuf>,
    #[command(flatten)]
    size: SizeArgs,
    #[command(flatten)]
    run: RunArgs,
}

/// How much it reads
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Sizes")]
struct SizeArgs {
    /// Sequences
    #[arg(long, value_name = "B", default_value_t = Sizes::default().batch)]
    batch: usize,
    /// Tokens of a sequence; by default 128, or as many as there are positions where these are fewer
    #[arg(long, value_name = "T")]
    sequence: Option<usize>,
    /// Seed of the weights and of made-up text
    #[arg(long, default_value_t = 0)]
    seed: u32,
}

impl DecoderArgs {
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
        let unread = self.decoder.is_checkpoint() && self.inputs.is_none() && self.corpus.is_none();
        let unread =
            unread.then(|| "without a --corpus the trained decoder reads made-up words in random order".to_owned());
        let terms = self.terms || self.decoder.is_checkpoint();
        Ok(Request { job, remarks: unread.into_iter().collect(), benchmark: None, terms, hidden_states: None })
    }

    fn job(&self, device: &Lazy) -> anyhow::Result<Job> {
        let metrics = metric::select(Family::Decoder, &self.metrics)?;
        let Architecture { name, decoder, given, benchmark, .. } = self.decoder.read(self.weights.as_deref())?;
        let inputs = self.inputs.as_deref().map(Inputs::read).transpose()?;
        let sizes = inputs.as_ref().map_or_else(|| self.sizes(&decoder), |inputs| inputs.sizes);
        let (weights, weights_sha256) = given
            .map_or_else(|| (WeightSource::Seed(self.size.seed), None), |(weights, digest)| (weights, Some(digest)));
        let model = network::Model::Decoder(Model { decoder: Arc::clone(&decoder), sizes, weights });
        let memory = memory::available();
        device.check(|engine| metric::check(&metrics, |needs| model.check(None, needs, engine, memory)))?;
        let (batch, read) = match inputs {
            Some(Inputs { batch, digest, .. }) => {
                let read = Read::inputs(Some(digest), &batch.tokens);
                (batch, read)
            }
            None if let Some(corpus) = &self.corpus => {
                let tokenizer = self.tokenizer()?;
                let count = [sizes.batch * sizes.sequence, decoder.vocabulary];
                let tokens = stream(&tokenizer, corpus, count)?;
                let read = read_corpus(corpus, Some(&tokenizer), &tokens)?;
                (Batch::of_sequences(tokens, None), read)
            }
            None => {
                let tokens = corpus::sequences(sizes.shape(&decoder), self.size.seed);
                (Batch::of_sequences(tokens, None), Read::made_up(self.size.seed))
            }
        };
        let origin = Origin { weights_sha256, benchmark, ..Origin::of(read) };
        let job = Job { name, model, batch: Arc::new(batch), metrics, origin };
        device.check(|engine| job.check_on(engine, memory::available()))?;
        Ok(job)
    }

    /// The file that text is read with.
    fn tokenizer(&self) -> anyhow::Result<PathBuf> {
        match self.vocabulary.clone().or_else(|| self.decoder.tokenizer()) {
            Some(path) => Ok(path),
            None => Err(Usage("a corpus is read with a tokenizer.json; give one with --vocabulary".to_owned()).into()),
        }
    }

    fn sizes(&self, decoder: &Decoder) -> Sizes {
        let Sizes { sequence, .. } = Sizes::default();
        Sizes { batch: self.size.batch, sequence: self.size.sequence.unwrap_or(sequence.min(decoder.positions)) }
    }
}
