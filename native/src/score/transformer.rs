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
use untrained_core::digest::{self, sha256};
use untrained_core::job::{EncoderJob, Initial};
use untrained_core::metric::Cost;
use untrained_core::metric::transformer::{Metric, chosen};
use untrained_core::network::transformer::{Demand, Sizes};
use untrained_core::origin::{Origin, Read, Text};
use untrained_core::probe::transformer::Probe;
use untrained_core::progress::Progress;
use untrained_core::record::Record;
use untrained_core::run;

use super::{RunArgs, table};
use crate::attempt;
use crate::device::Lazy;
use crate::memory;
use crate::outcome::{Outcome, Usage};
use crate::progress::Share;
use crate::report::{self, Format};
use crate::setup;
use crate::word_pieces::WordPieces;
use encoder::{Encoder, EncoderArgs};
use inputs::{Ids, Inputs};
use size::SizeArgs;

/// An encoder of NAS-Bench-BERT's space or a trained BERT, on text, made-up text or given ids
#[derive(Debug, Args)]
pub struct Transformer {
    #[command(flatten)]
    encoder: EncoderArgs,
    #[command(flatten)]
    text: TextArgs,
    /// As the published scores were computed: 256 wide with feed-forward stacks of 1,024, whatever the configuration says;
    /// with a checkpoint, which keeps its sizes, tokens attend to padding and means go over all positions
    #[arg(long)]
    as_published: bool,
    /// Given weights, with PyTorch's names; vocabulary, embedding and positions are theirs
    #[arg(long, value_name = "FILE.safetensors", conflicts_with_all = ["embedding", "positions", "vocabulary_size"])]
    weights: Option<PathBuf>,
    /// Given token ids: {"input_ids": [[..]]} by sequence and position, and "attention_mask" of the same shape where some are
    /// padding; without it every id is read
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
    /// Text, one document a line, or JSON Lines or a JSON array of objects with a field 'text'; without it, text made up
    /// from the seed. Encoders with fresh weights read padding as words, as the published scores do; a checkpoint does not
    #[arg(long, value_name = "FILE")]
    corpus: Option<PathBuf>,
    /// WordPiece list, one token a line, or a tokenizer.json, read as a tokenizer_config.json in the same folder says; a
    /// checkpoint brings its own
    #[arg(long, value_name = "FILE", requires = "corpus")]
    vocabulary: Option<PathBuf>,
}

impl Transformer {
    /// Scores and prints.
    ///
    /// # Errors
    /// What of the input cannot be used, or that the device failed.
    pub fn run(self) -> anyhow::Result<Outcome> {
        let RunArgs { format, device: choice } = self.run;
        let device = Lazy::new(choice);
        let job = self.job(&device)?;
        self.remarks(&job).iter().for_each(|remark| note!("{remark}"));
        let opened = device.get_for(job.operations())?;
        job.check_on(opened.engine(), memory::available())?;
        let run = |device: &Device| observed(&job, device);
        let (mut records, probe) = attempt::on_chosen(choice, opened, |sentence| note!("{sentence}"), run)?;
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
        let published = self.encoder.is_checkpoint() && self.as_published && self.inputs.is_none();
        let published = published.then_some(
            "as published, the trained encoder attends to padding, and means go over all positions; without --as-published \
             padding is left out",
        );
        [noise, unread, published].into_iter().flatten().collect()
    }

    fn job(&self, device: &Lazy) -> anyhow::Result<EncoderJob> {
        let metrics = chosen(&self.text.metrics)?;
        let inputs = self.inputs.as_deref().map(Inputs::read).transpose()?;
        let inputs_sha256 = inputs.as_ref().map(|inputs| inputs.digest.clone());
        let ids = inputs.zip(self.inputs.as_deref()).map(|(inputs, path)| inputs.ids(path)).transpose()?;
        let words = self.word_pieces()?;
        let mut sizes = self.size.sizes(words.as_ref().map_or(0, WordPieces::count));
        let limit = words.as_ref().and_then(|words| words.limit(sizes.sequence));
        if let Some(ids) = &ids {
            (sizes.batch, sizes.sequence) = ids.shape;
        }
        let Encoder { architecture, configuration, sizes, initial, weights_sha256 } = self.encoder(sizes)?;
        sizes.check()?;
        let weights_given = matches!(initial, Initial::Weights(_));
        let demand = |engine| Demand { configuration: &configuration, sizes: &sizes, weights_given, engine };
        device.check(|engine| demand(engine).check(memory::available()))?;
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
        let (configuration, tokens, lengths) = (Arc::new(configuration), Arc::new(tokens), lengths.map(Arc::new));
        let job = EncoderJob { architecture, configuration, sizes, initial, tokens, lengths, metrics, origin };
        device.check(|engine| job.check_on(engine, memory::available()))?;
        if let Some(limit) = limit {
            note!("the tokenizer's settings cut every text to {limit} tokens (model_max_length)");
        }
        Ok(job)
    }

    /// Whether padding is neither attended to nor counted. The published scores of encoders read it as words, so those with
    /// fresh weights, which are compared with them, do, too.
    fn leaves_padding_out(&self) -> bool {
        self.encoder.is_checkpoint() && !self.as_published
    }

    /// Where these ids come from.
    fn read(&self, inputs: Option<String>, tokens: &[u32]) -> anyhow::Result<Read> {
        if inputs.is_some() {
            return Ok(Read::inputs(inputs, tokens));
        }
        let Some(corpus) = &self.text.corpus else { return Ok(Read::made_up(self.size.seed)) };
        // Standard input can be read only once; the ids tell what it was.
        let digest = |path: &Path| match path == Path::new("-") {
            true => Ok(None),
            false => setup::read_bytes(path, "text").map(|bytes| Some(sha256(&bytes))),
        };
        Ok(Read {
            text: Some(Text::Corpus),
            corpus_sha256: digest(corpus)?,
            vocabulary_sha256: self.vocabulary().as_deref().map(digest).transpose()?.flatten(),
            tokens_sha256: Some(digest::tokens(tokens)),
            ..Read::default()
        })
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
        let none = || Usage("a corpus is read with a vocabulary; give one with --vocabulary".to_owned());
        Ok(Some(words.ok_or_else(none)?))
    }

    /// The encoder, its sizes as far as its weights decide them.
    fn encoder(&self, sizes: Sizes) -> anyhow::Result<Encoder> {
        if let Some(trained) = self.encoder.checkpoint(&sizes)? {
            return Ok(trained);
        }
        let (architecture, configuration) = self.encoder.configuration()?;
        let configuration = if self.as_published { configuration.as_published() } else { configuration };
        let (initial, weights_sha256, sizes) = match &self.weights {
            Some(path) => encoder::given(path, &configuration, &sizes)?,
            None => (Initial::Seed(self.size.seed), None, sizes),
        };
        Ok(Encoder { architecture, configuration, sizes, initial, weights_sha256 })
    }
}

/// The records of a job, timed.
///
/// # Errors
/// That the device failed.
pub fn score(job: &EncoderJob, device: &Device) -> anyhow::Result<Vec<Record>> {
    Ok(attempt::on(device, |device| observed(job, device))?.0)
}

/// The records of a job, timed, and what they were made from.
fn observed(job: &EncoderJob, device: &Device) -> untrained_core::Result<(Vec<Record>, Probe)> {
    let start = Instant::now();
    let share = Share::new();
    let probe = pollster::block_on(run::observe_encoder(job, device, &Progress::new(&|done| share.set(done))))?;
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
    Ok(numbers(&setup::read(path, what)?))
}

fn numbers(json: &str) -> String {
    json.replace(": NaN", ": null")
}
