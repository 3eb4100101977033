//! Scores one encoder.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context as _;
use clap::Args;
use serde::Deserialize;
use untrained_core::benchmark::nas_bench_bert::{ENCODERS, encoders};
use untrained_core::corpus;
use untrained_core::device::Device;
use untrained_core::job::{EncoderJob, Initial};
use untrained_core::metric::transformer::{METRICS, Metric, by_id};
use untrained_core::network::recurrent;
use untrained_core::network::transformer::{Sizes, Weights};
use untrained_core::record::Record;
use untrained_core::run;
use untrained_core::space::transformer::Configuration;

use super::RunArgs;
use crate::outcome::{Outcome, Usage};
use crate::report;
use crate::setup;

/// An encoder of NAS-Bench-BERT's space, on made-up text or given ids
#[derive(Debug, Args)]
pub struct Transformer {
    #[command(flatten)]
    encoder: EncoderArgs,
    /// Metric to compute; again for more, none for all
    #[arg(long = "metric", value_name = "ID")]
    metrics: Vec<String>,
    /// 256 wide with feed-forward stacks of 1,024, whatever the configuration says, as the published scores were computed
    #[arg(long)]
    as_published: bool,
    /// Given weights, with PyTorch's names; vocabulary, embedding and positions are theirs
    #[arg(long, value_name = "FILE.safetensors")]
    weights: Option<PathBuf>,
    /// Given token ids: {"input_ids": [[..]]} by sequence and position
    #[arg(long, value_name = "FILE.json")]
    inputs: Option<PathBuf>,
    #[command(flatten)]
    size: SizeArgs,
    #[command(flatten)]
    run: RunArgs,
}

/// Which encoder
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct EncoderArgs {
    /// A configuration in JSON, '-' for standard input; a golden file serves too
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// An encoder of NAS-Bench-BERT by its published id
    #[arg(long, value_name = "N")]
    id: Option<u32>,
}

/// How large the encoder is beyond its configuration
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Sizes")]
struct SizeArgs {
    /// Words
    #[arg(long, value_name = "V", default_value_t = Sizes::PUBLISHED.vocabulary)]
    vocabulary_size: usize,
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
    seed: u32,
}

/// Token ids as a golden file has them.
#[derive(Deserialize)]
struct Inputs {
    input_ids: Vec<Vec<u32>>,
}

impl Transformer {
    /// Scores and prints.
    ///
    /// # Errors
    /// What of the input cannot be used, or that the device failed.
    pub fn run(self) -> anyhow::Result<Outcome> {
        let RunArgs { format, device } = self.run;
        let job = self.job()?;
        job.check(setup::memory())?;
        report::print(format, &score(&job, &device.open()?)?)?;
        Ok(Outcome::Done)
    }

    fn job(self) -> anyhow::Result<EncoderJob> {
        let metrics = metrics(&self.metrics)?;
        let (architecture, configuration) = self.encoder.configuration()?;
        let configuration = if self.as_published { configuration.as_published() } else { configuration };
        let mut sizes = self.size.sizes();
        let inputs = self.inputs.as_deref().map(Inputs::read).transpose()?;
        if let Some(inputs) = &inputs {
            (sizes.batch, sizes.sequence) = (inputs.input_ids.len(), inputs.input_ids[0].len());
        }
        let mut initial = Initial::Seed(self.size.seed.into());
        if let Some(path) = &self.weights {
            let read = Weights::from_safetensors(&setup::read_bytes(path, "weights")?, &configuration, &sizes);
            let (weights, known) = read.with_context(|| setup::named(path))?;
            (initial, sizes) = (Initial::Weights(weights.into()), known);
        }
        sizes.check(&configuration, setup::memory())?;
        let tokens = inputs.map_or_else(|| made_up(&sizes, self.size.seed), |inputs| inputs.input_ids.concat());
        let configuration = Arc::new(configuration);
        Ok(EncoderJob { architecture, configuration, sizes, initial, tokens: Arc::new(tokens), metrics })
    }
}

/// The records of a job, timed.
fn score(job: &EncoderJob, device: &Device) -> anyhow::Result<Vec<Record>> {
    let start = Instant::now();
    let scores = pollster::block_on(run::run_encoder(job, device))?;
    Ok(Record::from_scores(&job.subject(), scores, device.name(), start.elapsed().as_secs_f64()))
}

/// The metrics of these identifiers, in the order of the list; all where none is named.
fn metrics(ids: &[String]) -> anyhow::Result<Vec<&'static dyn Metric>> {
    let chosen = ids.iter().map(|id| Ok(by_id(id)?.about().id)).collect::<anyhow::Result<Vec<_>>>()?;
    let wanted = |metric: &&&dyn Metric| chosen.is_empty() || chosen.contains(&metric.about().id);
    Ok(METRICS.iter().filter(wanted).copied().collect())
}

/// Made-up text [B, T].
fn made_up(sizes: &Sizes, seed: u32) -> Vec<u32> {
    let Sizes { vocabulary, batch, sequence, .. } = *sizes;
    let by_step = corpus::synthetic(
        &recurrent::Sizes { vocabulary, batch, steps: sequence, ..recurrent::Sizes::PUBLISHED },
        seed,
    );
    (0..batch * sequence).map(|at| by_step[at % sequence * batch + at / sequence]).collect()
}

/// The text of a file of JSON, into which Python writes numbers that are none.
fn json(path: &Path, what: &str) -> anyhow::Result<String> {
    Ok(setup::read(path, what)?.replace(": NaN", ": null"))
}

impl SizeArgs {
    fn sizes(&self) -> Sizes {
        let Self { vocabulary_size: vocabulary, embedding, positions, batch, sequence, .. } = *self;
        Sizes { vocabulary, embedding, positions, batch, sequence }
    }
}

impl EncoderArgs {
    fn configuration(&self) -> anyhow::Result<(String, Configuration)> {
        if let Some(path) = &self.config {
            let read = Configuration::from_json(&json(path, "configuration")?);
            let name = path.file_stem().map_or("-".into(), |stem| stem.to_string_lossy());
            return Ok((name.into_owned(), read.with_context(|| setup::named(path))?));
        }
        let id = self.id.unwrap_or_default();
        let drawn = encoders().nth(id as usize);
        let last = ENCODERS - 1;
        let drawn = drawn.ok_or_else(|| {
            Usage(format!("unknown id {id}; the ids of NAS-Bench-BERT run from 0 to {last}, did you mean {last}?"))
        })?;
        Ok((id.to_string(), drawn))
    }
}

impl Inputs {
    fn read(path: &Path) -> anyhow::Result<Self> {
        let wrong = |problem: String| Usage(format!("inputs {}: {problem}", setup::named(path)));
        let inputs: Self = serde_json::from_str(&json(path, "inputs")?).map_err(|error| wrong(error.to_string()))?;
        let first = inputs.input_ids.first().map_or(0, Vec::len);
        match inputs.input_ids.iter().position(|sequence| sequence.len() != first) {
            Some(at) => {
                let found = inputs.input_ids[at].len();
                Err(wrong(format!("sequence {at} has {found} tokens, where sequence 0 has {first}")).into())
            }
            None if first == 0 => Err(wrong("there is no token".to_owned()).into()),
            None => Ok(inputs),
        }
    }
}
