//! One decoder in training, as typed.

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use serde_json::{Map, Value, json};
use untrained_core::device::Device;
use untrained_core::network::decoder::{Sizes, to_safetensors};
use untrained_core::network::transformer::Weights;
use untrained_core::network::{WeightSource, decoder as network};
use untrained_core::space::decoder::Decoder;
use untrained_core::training::Checkpoint;
use untrained_core::training::decoder::{CosineSchedule, Settings, Text, Trainer, check_memory, on_the_cpu};
use untrained_core::training::recurrent::Position;

use super::session::{LengthArgs, SessionArgs, named, outcome};
use super::text::{Ids, TextArgs};
use super::trainee::{Trainee, Update, Values};
use crate::device::Choice;
use crate::memory;
use crate::outcome::Outcome;
use crate::parse::{at_least_one, positive, share};
use crate::score::decoder::architecture::{Architecture, ArchitectureArgs};

/// A decoder of any kind that 'score decoder' reads, on the CPU
#[derive(Debug, Args)]
pub struct DecoderArgs {
    #[command(flatten)]
    decoder: ArchitectureArgs,
    /// Weights to begin with, with the names of the original; without them, or a checkpoint, they are drawn from the seed
    #[arg(long, value_name = "FILE.safetensors")]
    weights: Option<PathBuf>,
    #[command(flatten)]
    text: TextArgs,
    #[command(flatten)]
    how: SettingsArgs,
    #[command(flatten)]
    length: LengthArgs,
    #[command(flatten)]
    session: SessionArgs,
}

/// Settings by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Preset {
    /// AdamW as for successors of GPT-2: betas 0.9 and 0.95, decay 0.1 of matrices, clipping at 1; batches of 16
    Gpt2,
    /// LTS on WikiText-103: LAMB, clipping at 0.25, dropout 0.1; batches of 256 sequences of 192 tokens, 40000 steps
    Lts,
}

/// How the decoder is trained; what is not given is that of the preset
#[derive(Debug, Args)]
#[command(next_help_heading = "Training")]
struct SettingsArgs {
    /// Settings by name
    #[arg(long, value_enum, default_value_t = Preset::Gpt2)]
    preset: Preset,
    /// Sequences of a step
    #[arg(long, value_name = "B", value_parser = at_least_one)]
    batch: Option<usize>,
    /// Tokens of a sequence; by default 128, in LTS' preset 192, or as many as there are positions where these are fewer
    #[arg(long, value_name = "T", value_parser = at_least_one)]
    sequence: Option<usize>,
    /// Highest learning rate
    #[arg(long, value_name = "R", value_parser = positive)]
    rate: Option<f64>,
    /// Learning rate to which half a cosine falls at the end; by default a tenth of the highest
    #[arg(long, value_name = "R", value_parser = positive)]
    least_rate: Option<f64>,
    /// Steps in which the rate grows to its highest; by default a tenth of all, in LTS' preset at most 1000
    #[arg(long, value_name = "N")]
    warm_up: Option<u64>,
    /// Weight decay of matrices
    #[arg(long, value_name = "D", value_parser = share)]
    decay: Option<f64>,
    /// Largest norm of the gradients, above which they are clipped
    #[arg(long, value_name = "C", value_parser = positive)]
    clip: Option<f64>,
    /// Share of the embeddings, and of what each half of a layer adds, that is dropped
    #[arg(long, value_name = "P", value_parser = share)]
    dropout: Option<f64>,
    /// Share of the weights of attention that is dropped
    #[arg(long, value_name = "P", value_parser = share)]
    attention_dropout: Option<f64>,
    /// Seed of the weights, of made-up text, of the order of the sequences and of dropout; by default 0, in LTS' preset 42
    #[arg(long)]
    seed: Option<u32>,
}

impl Preset {
    /// The settings, and T.
    fn settings(self) -> (Settings, usize) {
        match self {
            Self::Gpt2 => (Settings::GPT2, Sizes::default().sequence),
            Self::Lts => (Settings::LTS, 192),
        }
    }
}

impl SettingsArgs {
    /// As typed over the preset.
    fn settings(&self) -> Settings {
        let (mut all, _) = self.preset.settings();
        let rate = self.rate.unwrap_or(all.schedule.rate);
        let least = self.least_rate.unwrap_or(rate * all.schedule.least / all.schedule.rate);
        all.schedule = CosineSchedule { rate, least, ..all.schedule };
        all.batch = self.batch.unwrap_or(all.batch);
        all.seed = self.seed.unwrap_or(all.seed);
        all.adam.decay = self.decay.unwrap_or(all.adam.decay);
        all.clip.norm = self.clip.unwrap_or(all.clip.norm);
        all.dropout.hidden = self.dropout.unwrap_or(all.dropout.hidden);
        all.dropout.attention = self.attention_dropout.unwrap_or(all.dropout.attention);
        all
    }

    /// T.
    fn sequence(&self, decoder: &Decoder) -> usize {
        self.sequence.unwrap_or(self.preset.settings().1.min(decoder.positions))
    }
}

impl DecoderArgs {
    /// Trains the decoder.
    ///
    /// # Errors
    /// What of the input cannot be used, that the loss grew, or that a file cannot be written.
    pub fn run(mut self) -> anyhow::Result<Outcome> {
        // The CPU is the only device that decoders are trained on.
        if self.session.device == Choice::Auto {
            self.session.device = Choice::Cpu;
        }
        let session = self.session.open()?;
        on_the_cpu(&session.device)?;
        let Architecture { name, decoder, json: config, given, .. } = self.decoder.read(self.weights.as_deref())?;
        let settings = self.how.settings();
        let sizes = Sizes { batch: settings.batch, sequence: self.how.sequence(&decoder) };
        check_memory(&decoder, &sizes, memory::available())?;
        let ids = self.text.read_ids(decoder.vocabulary, settings.seed)?;
        let mut named = named([
            ("training", json!([settings, self.how.warm_up])),
            ("sizes", json!(sizes)),
            ("text", json!(ids.digest)),
            ("architecture", json!([name, *decoder])),
        ]);
        let best_loss = ids.best_loss;
        let weights = weights(&decoder, given, settings.seed, &mut named);
        let trainee = DecoderTrainee::new(decoder, (settings, self.how.warm_up), weights, (ids, sizes.sequence))?;
        let run = session.train((&name, &self.session.out), trainee, self.length.length(), named)?;
        if let Some(run) = &run {
            run.folder.write("model.safetensors", &to_safetensors(&run.trainee.trainer.weights)?)?;
            run.folder.write("config.json", config.as_bytes())?;
            if let Some(validation) = run.validation() {
                let best = best_loss.map(|best| format!("; the best possible loss is {best:.4}"));
                note!("{}{}", DecoderTrainee::describe(&validation), best.unwrap_or_default());
            }
        }
        Ok(outcome(run.as_ref()))
    }
}

/// The weights before the first update; where they come from is added to what decides the values of the run.
fn weights(
    decoder: &Decoder,
    given: Option<(WeightSource<Weights>, String)>,
    seed: u32,
    named: &mut Map<String, Value>,
) -> Weights {
    let (source, digest) = given.map_or((WeightSource::Seed(seed), None), |(source, digest)| (source, Some(digest)));
    named.insert("weights".to_owned(), json!(digest));
    source.weights(|seed| network::from_seed(decoder, seed)).into_owned()
}

/// A decoder in training, with what it is validated on.
#[derive(Clone)]
struct DecoderTrainee {
    trainer: Trainer,
    validation: Arc<Text>,
    /// As typed.
    warm_up: Option<u64>,
}

impl DecoderTrainee {
    /// A decoder before its first update, on texts in sequences of so many tokens.
    ///
    /// # Errors
    /// That a text is too short, or has words that the decoder has not.
    fn new(
        decoder: Arc<Decoder>,
        (settings, warm_up): (Settings, Option<u64>),
        weights: Weights,
        (ids, sequence): (Ids, usize),
    ) -> untrained_core::Result<Self> {
        let vocabulary = decoder.vocabulary;
        let [training, validation] = [ids.training, ids.validation].map(|ids| Text::new(ids, sequence, vocabulary));
        let trainer = Trainer::new(decoder, settings, weights, training?.into());
        Ok(Self { trainer, validation: validation?.into(), warm_up })
    }
}

impl Trainee for DecoderTrainee {
    const LENGTH_COUNTS: bool = true;
    const UNIT: &'static str = "nats per token";
    const TOKENS: &'static str = "tokens";

    fn updates(&self) -> u64 {
        self.trainer.optimizer.updates
    }

    fn updates_of_epoch(&self) -> u64 {
        self.trainer.updates_of_epoch()
    }

    fn plan(&mut self, updates: u64) {
        let schedule = &mut self.trainer.settings.schedule;
        *schedule = match self.warm_up {
            Some(warm_up) => CosineSchedule { warm_up, steps: updates, ..*schedule },
            None => schedule.over(updates),
        };
    }

    fn step(&mut self, device: &Device) -> untrained_core::Result<Update> {
        let epoch = self.trainer.epoch();
        let step = self.trainer.step(device)?;
        Ok(Update {
            epoch: epoch as usize,
            ends_epoch: self.trainer.epoch() > epoch,
            tokens: step.tokens,
            loss: step.loss,
            parts: Values::new(),
            gradient_norm: step.gradient_norm,
            rate: step.rate,
        })
    }

    fn validate(&mut self, device: &Device) -> untrained_core::Result<Values> {
        let loss = self.trainer.evaluate(&self.validation, device)?;
        Ok(Values::from([("loss".to_owned(), loss), ("perplexity".to_owned(), loss.exp())]))
    }

    fn checkpoint(&self) -> (Checkpoint, Position) {
        (self.trainer.to_checkpoint(), Position::default())
    }

    fn restore(&mut self, checkpoint: &Checkpoint, _: Position) -> untrained_core::Result<()> {
        self.trainer.restore(checkpoint)
    }

    fn describe(validation: &Values) -> String {
        let value = |name: &str| validation.get(name).copied().unwrap_or(f64::NAN);
        format!("validation loss {:.4} nats a token, perplexity {:.2}", value("loss"), value("perplexity"))
    }
}
