//! Scores one encoder.

mod encoder;
mod hidden;
mod inputs;
mod size;
mod terms;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use clap::Args;
use untrained_core::corpus;
use untrained_core::device::Device;
use untrained_core::job::{EncoderJob, Initial};
use untrained_core::metric::Cost;
use untrained_core::metric::transformer::{Metric, chosen};
use untrained_core::network::transformer::Sizes;
use untrained_core::probe::transformer::Probe;
use untrained_core::progress::Progress;
use untrained_core::record::Record;
use untrained_core::run;

use super::{RunArgs, table};
use crate::outcome::{Outcome, Usage};
use crate::progress::Share;
use crate::report::{self, Format};
use crate::setup;
use crate::word_pieces::WordPieces;
use encoder::{Encoder, EncoderArgs};
use inputs::Inputs;
use size::SizeArgs;

/// An encoder of NAS-Bench-BERT's space or a trained BERT, on text, made-up text or given ids
#[derive(Debug, Args)]
pub struct Transformer {
    #[command(flatten)]
    encoder: EncoderArgs,
    #[command(flatten)]
    text: TextArgs,
    /// 256 wide with feed-forward stacks of 1,024, whatever the configuration says, as the published scores were computed
    #[arg(long)]
    as_published: bool,
    /// Given weights, with PyTorch's names; vocabulary, embedding and positions are theirs
    #[arg(long, value_name = "FILE.safetensors", conflicts_with_all = ["embedding", "positions", "vocabulary_size"])]
    weights: Option<PathBuf>,
    /// Given token ids: {"input_ids": [[..]]} by sequence and position
    #[arg(long, value_name = "FILE.json", conflicts_with_all = ["corpus", "vocabulary", "batch", "sequence"])]
    inputs: Option<PathBuf>,
    /// Write the token ids and the last hidden states to this file, too
    #[arg(long, value_name = "FILE.safetensors", value_parser = crate::args::file())]
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
    /// Tell what each value is made of, too: layer by layer and head by head. Of a checkpoint it is always told
    #[arg(long)]
    terms: bool,
    /// Text, one document a line or JSON Lines with a field 'text'; without it, text made up from the seed
    #[arg(long, value_name = "FILE")]
    corpus: Option<PathBuf>,
    /// WordPiece list, one token a line, or a tokenizer.json; a checkpoint brings its own
    #[arg(long, value_name = "FILE", requires = "corpus")]
    vocabulary: Option<PathBuf>,
}

impl Transformer {
    /// Scores and prints.
    ///
    /// # Errors
    /// What of the input cannot be used, or that the device failed.
    pub fn run(self) -> anyhow::Result<Outcome> {
        let RunArgs { format, device } = self.run;
        let job = self.job()?;
        self.remarks(&job).iter().for_each(|remark| note!("{remark}"));
        let (mut records, probe) = observed(&job, &device.open_for(job.operations())?)?;
        if let Some(path) = &self.hidden_states {
            hidden::write(path, &job)?;
        }
        if self.text.terms || self.encoder.is_checkpoint() {
            terms::add(&mut records, &job, &probe);
            terms::print(format, &records)?;
        } else if format == Format::Table {
            table::print(&records, None)?;
        } else {
            report::print(format, &records)?;
        }
        Ok(Outcome::Done)
    }

    /// What a reader of the scores should know of the encoder and its text.
    fn remarks(&self, job: &EncoderJob) -> Vec<&'static str> {
        let reads = |metric: &&dyn Metric| metric.about().cost == Cost::Backward;
        let noise = matches!(job.initial, Initial::Seed(_)) && job.metrics.iter().any(reads);
        let noise = noise.then_some(
            "with fresh weights the sum of the last hidden states is constant, so metrics that read a gradient (saliency, \
             importance, diversity, Jacobian) measure how this device rounds",
        );
        let unread = self.encoder.is_checkpoint() && self.text.corpus.is_none() && self.inputs.is_none();
        let unread = unread.then_some("without a --corpus the trained encoder reads made-up words in random order");
        [noise, unread].into_iter().flatten().collect()
    }

    fn job(&self) -> anyhow::Result<EncoderJob> {
        let metrics = chosen(&self.text.metrics)?;
        let ids = self.inputs.as_deref().map(|path| Inputs::read(path)?.rows(path)).transpose()?;
        let words = self.word_pieces()?;
        let mut sizes = self.size.sizes(words.as_ref().map_or(0, WordPieces::count));
        if let Some((_, batch, sequence)) = ids {
            (sizes.batch, sizes.sequence) = (batch, sequence);
        }
        let Encoder { architecture, configuration, sizes, initial } = self.encoder(sizes)?;
        sizes.check(&configuration, setup::memory())?;
        let tokens = match (ids, words.zip(self.text.corpus.as_deref())) {
            (Some((ids, ..)), _) => ids,
            (None, Some((words, corpus))) => words.rows(corpus, &sizes)?,
            (None, None) => corpus::sequences(&sizes, self.size.seed),
        };
        let (configuration, tokens) = (Arc::new(configuration), Arc::new(tokens));
        let job = EncoderJob { architecture, configuration, sizes, initial, tokens, metrics };
        job.check(setup::memory())?;
        Ok(job)
    }

    /// The vocabulary that the corpus is read with; none where there is no corpus.
    fn word_pieces(&self) -> anyhow::Result<Option<WordPieces>> {
        if self.text.corpus.is_none() {
            return Ok(None);
        }
        let path = self
            .text
            .vocabulary
            .clone()
            .or_else(|| self.encoder.vocabulary())
            .ok_or_else(|| Usage("a corpus is read with a vocabulary; give one with --vocabulary".to_owned()))?;
        WordPieces::open(&path).map(Some)
    }

    /// The encoder, its sizes as far as its weights decide them.
    fn encoder(&self, sizes: Sizes) -> anyhow::Result<Encoder> {
        if let Some(trained) = self.encoder.checkpoint(&sizes)? {
            return Ok(trained);
        }
        let (architecture, configuration) = self.encoder.configuration()?;
        let configuration = if self.as_published { configuration.as_published() } else { configuration };
        let (initial, sizes) = match &self.weights {
            Some(path) => encoder::given(path, &configuration, &sizes)?,
            None => (Initial::Seed(self.size.seed.into()), sizes),
        };
        Ok(Encoder { architecture, configuration, sizes, initial })
    }
}

/// The records of a job, timed.
///
/// # Errors
/// That the device failed.
pub fn score(job: &EncoderJob, device: &Device) -> anyhow::Result<Vec<Record>> {
    Ok(observed(job, device)?.0)
}

/// The records of a job, timed, and what they were made from.
fn observed(job: &EncoderJob, device: &Device) -> anyhow::Result<(Vec<Record>, Probe)> {
    let start = Instant::now();
    let share = Share::new();
    let probe = pollster::block_on(run::observe_encoder(job, device, &Progress::new(&|done| share.tell(done))))?;
    drop(share);
    if probe.parts > 1 {
        let Sizes { batch, .. } = job.sizes;
        note!(
            "{} has not memory enough for {batch} sequences at once; took them in {} parts",
            device.name(),
            probe.parts
        );
    }
    let scores = job.metrics.iter().map(|metric| metric.score(&probe)).collect();
    Ok((Record::from_scores(&job.subject(), scores, device.name(), start.elapsed().as_secs_f64()), probe))
}

/// The text of a file of JSON, into which Python writes numbers that are none.
fn json(path: &Path, what: &str) -> anyhow::Result<String> {
    Ok(setup::read(path, what)?.replace(": NaN", ": null"))
}
