//! Decoders as typed: the configuration, weights, ids, sizes and metrics; and the job that follows.

mod inputs;

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use untrained_core::corpus;
use untrained_core::digest::sha256;
use untrained_core::family::Family;
use untrained_core::job::Job;
use untrained_core::metric;
use untrained_core::network::decoder::{Model, Sizes, from_safetensors};
use untrained_core::network::transformer::Weights;
use untrained_core::network::{self, Batch, WeightSource};
use untrained_core::origin::{Origin, Read};
use untrained_core::space::decoder::Decoder;

use super::request::{Request, RunArgs};
use crate::device::{Choice, Lazy};
use crate::input;
use crate::memory;
use inputs::Inputs;

/// A decoder (GPT-2, GPT-Neo, Llama, or one of LTS or HW-GPT-Bench) on made-up text or given ids, on the CPU
#[derive(Debug, Args)]
pub struct DecoderArgs {
    /// A configuration in JSON, '-' for standard input: Hugging Face's config.json of a GPT-2, GPT-Neo or Llama, or the
    /// columns of a table with "model": "lts_gpt2", "lts_xl" or "hw_gpt"; a golden file serves too
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Metric to compute; again for more, none for all
    #[arg(long = "metric", value_name = "ID")]
    metrics: Vec<String>,
    /// Show what each value is computed from, too: layer by layer and head by head
    #[arg(long)]
    terms: bool,
    /// Given weights, with the names of the original
    #[arg(long, value_name = "FILE.safetensors")]
    weights: Option<PathBuf>,
    /// Given token ids: {"input_ids": [[..]]} by sequence and position, and "targets" of the same shape where what is to
    /// be predicted is not the next id
    #[arg(long, value_name = "FILE.json", conflicts_with_all = ["batch", "sequence"])]
    inputs: Option<PathBuf>,
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
    /// How it is run: where the program chooses, on the CPU, the only device that decoders have.
    pub fn run_args(&self) -> RunArgs {
        let device = if self.run.device == Choice::Auto { Choice::Cpu } else { self.run.device };
        RunArgs { device, ..self.run }
    }

    /// The job, and what is shown with its scores.
    ///
    /// # Errors
    /// What of the input cannot be used.
    pub fn request(self, device: &Lazy) -> anyhow::Result<Request> {
        let job = self.job(device)?;
        Ok(Request { job, remarks: Vec::new(), benchmark: None, terms: self.terms, hidden_states: None })
    }

    fn job(&self, device: &Lazy) -> anyhow::Result<Job> {
        let metrics = metric::select(Family::Decoder, &self.metrics)?;
        let needs = metrics.iter().flat_map(|metric| metric.needs()).collect();
        let read = Decoder::from_json(&input::json(&self.config, "configuration")?);
        let decoder = Arc::new(read.with_context(|| input::named(&self.config))?);
        let inputs = self.inputs.as_deref().map(Inputs::read).transpose()?;
        let sizes = inputs.as_ref().map_or_else(|| self.sizes(&decoder), |inputs| inputs.sizes);
        let (weights, weights_sha256) = self.weights(&decoder)?;
        let model = network::Model::Decoder(Model { decoder: Arc::clone(&decoder), sizes, weights });
        device.check(|engine| model.check(None, &needs, engine, memory::available()))?;
        let (batch, read) = match inputs {
            Some(Inputs { batch, digest, .. }) => {
                let read = Read::inputs(Some(digest), &batch.tokens);
                (batch, read)
            }
            None => {
                let tokens = corpus::sequences(sizes.shape(&decoder), self.size.seed);
                (Batch::of_sequences(tokens, None), Read::made_up(self.size.seed))
            }
        };
        let job = Job {
            name: input::architecture(&self.config),
            model,
            batch: Arc::new(batch),
            metrics,
            origin: Origin { weights_sha256, ..Origin::of(read) },
        };
        device.check(|engine| job.check_on(engine, memory::available()))?;
        Ok(job)
    }

    fn sizes(&self, decoder: &Decoder) -> Sizes {
        let Sizes { sequence, .. } = Sizes::default();
        Sizes { batch: self.size.batch, sequence: self.size.sequence.unwrap_or(sequence.min(decoder.positions)) }
    }

    /// The weights, and the checksum of their file where they are given.
    fn weights(&self, decoder: &Decoder) -> anyhow::Result<(WeightSource<Weights>, Option<String>)> {
        let Some(path) = &self.weights else { return Ok((WeightSource::Seed(self.size.seed), None)) };
        let bytes = input::read_bytes(path, "weights")?;
        let weights = from_safetensors(&bytes, decoder).with_context(|| input::named(path))?;
        Ok((WeightSource::Given(Arc::new(weights)), Some(sha256(&bytes))))
    }
}
