//! One encoder in pre-training, as typed.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde_json::{Map, json};
use untrained_core::Result;
use untrained_core::corpus::masking::{Masking, Placement};
use untrained_core::device::Device;
use untrained_core::network::encoder::Sizes;
use untrained_core::space::encoder::Configuration;
use untrained_core::training::Checkpoint;
use untrained_core::training::encoder::{
    EncoderShape, FirstWidth, LinearSchedule, Pretraining, PretrainingObjective, PretrainingSettings, TrainingSettings,
};
use untrained_core::training::recurrent::Position;

use super::encoder_folder::EncoderFolder;
use super::sentences::{Sentences, SentencesArgs};
use super::session::{LengthArgs, SessionArgs, named, outcome};
use super::trainee::{Trainee, Update, Values};
use crate::outcome::Outcome;
use crate::parse::at_least_one;
use crate::score::encoder::architecture::configuration;

/// An encoder of NAS-Bench-BERT's space, before any task
#[derive(Debug, Args)]
pub struct EncoderArgs {
    #[command(flatten)]
    which: WhichArgs,
    #[command(flatten)]
    text: SentencesArgs,
    #[command(flatten)]
    how: PretrainingArgs,
    #[command(flatten)]
    length: LengthArgs,
    #[command(flatten)]
    session: SessionArgs,
}

/// Which encoder
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct WhichArgs {
    /// A configuration in JSON, '-' for standard input
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// An encoder of NAS-Bench-BERT by its published id
    #[arg(long, value_name = "N")]
    id: Option<u32>,
}

/// What is minimised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Objective {
    /// ELECTRA: a generator replaces tokens, the encoder finds them
    Electra,
    /// Masked language model: the encoder predicts masked tokens
    MaskedLanguageModel,
}

/// How the encoder is trained; the defaults are those of NAS-Bench-BERT, but for the batch
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Training")]
pub struct PretrainingArgs {
    /// What is minimised
    #[arg(long, value_enum, default_value_t = Objective::Electra)]
    pub objective: Objective,
    /// Train as NAS-Bench-BERT did: attention in every layer, whatever the configuration says; first feed-forward
    /// layers four times as wide as the hidden states; places of a sequence masked with replacement
    #[arg(long)]
    pub as_published: bool,
    /// Tokens of the vocabulary; by default 30522, or as many as the vocabulary has where these are more
    #[arg(long, value_name = "V")]
    pub vocabulary_size: Option<usize>,
    /// Width of the embeddings
    #[arg(long, value_name = "E", default_value_t = Sizes::PUBLISHED.embedding)]
    pub embedding: usize,
    /// Positions that have an embedding
    #[arg(long, value_name = "P", default_value_t = Sizes::PUBLISHED.positions)]
    pub positions: usize,
    /// Sequences of a step; the published training took 128
    #[arg(long, value_name = "B", value_parser = at_least_one, default_value_t = 16)]
    pub batch: usize,
    /// Tokens of a sequence
    #[arg(long, value_name = "T", value_parser = at_least_one, default_value_t = 128)]
    pub sequence: usize,
    /// Highest learning rate, which is reached after a tenth of the steps and then falls to 0
    #[arg(long, value_name = "R", default_value_t = RATE)]
    pub rate: f64,
    /// Seed of the weights, of made-up text, masks, samples and dropout
    #[arg(long, default_value_t = 0)]
    pub seed: u32,
}

/// ELECTRA's learning rate.
pub const RATE: f64 = 5e-4;

impl PretrainingArgs {
    /// The text.
    ///
    /// # Errors
    /// What cannot be read.
    pub fn sentences(&self, text: &SentencesArgs) -> anyhow::Result<Sentences> {
        text.read(self.sequence, self.vocabulary_size.unwrap_or(Sizes::PUBLISHED.vocabulary), self.seed)
    }

    /// The sizes for this text.
    ///
    /// # Errors
    /// [`untrained_core::Error::Size`] with the size at fault.
    pub fn sizes(&self, text: &Sentences) -> Result<Sizes> {
        let Self { embedding, positions, batch, sequence, .. } = *self;
        let usual = Sizes::PUBLISHED.vocabulary.max(text.words.unwrap_or_default());
        let vocabulary = self.vocabulary_size.unwrap_or(usual);
        let sizes = Sizes { vocabulary, embedding, positions, batch, sequence };
        sizes.check()?;
        match text.words.filter(|&words| words > vocabulary) {
            Some(words) => {
                let problem = format!("the vocabulary has {words} tokens");
                Err(untrained_core::Error::Size { name: "vocabulary-size", value: vocabulary, problem })
            }
            None => Ok(sizes),
        }
    }

    /// The encoder of a configuration, with the sizes for this text.
    ///
    /// # Errors
    /// As [`Self::sizes`].
    pub fn shape(&self, configuration: &Configuration, text: &Sentences) -> Result<EncoderShape> {
        let sizes = self.sizes(text)?;
        if self.as_published {
            return Ok(EncoderShape::as_published(configuration, &sizes));
        }
        Ok(EncoderShape { configuration: configuration.clone(), sizes, first_width: FirstWidth::AsConfigured })
    }

    /// An encoder before its first update.
    pub fn trainee(&self, shape: EncoderShape, text: &Sentences) -> PretrainingTrainee {
        // The number of steps follows, once it is known.
        let schedule = LinearSchedule { rate: self.rate, warm_up: 0, steps: 0 };
        let training = TrainingSettings::electra(schedule, self.seed.into());
        let placement = if self.as_published { Placement::WithReplacement } else { Placement::WithoutReplacement };
        let masking = Masking { placement, ..Masking::default() };
        let objective = match self.objective {
            Objective::Electra => PretrainingObjective::Electra,
            Objective::MaskedLanguageModel => PretrainingObjective::MaskedLanguageModel,
        };
        let settings = PretrainingSettings { objective, training, masking, seed: self.seed };
        PretrainingTrainee(Pretraining::new(settings, shape, text.text.clone()))
    }

    /// What decides the values of a run, by name.
    pub fn named(&self, text: &Sentences) -> Map<String, serde_json::Value> {
        named([
            ("objective", json!(format!("{:?}", self.objective))),
            ("as_published", json!(self.as_published)),
            ("sizes", json!(self.sizes(text).ok())),
            ("rate", json!(self.rate)),
            ("seed", json!(self.seed)),
            ("text", json!(text.digest)),
        ])
    }
}

impl EncoderArgs {
    /// Trains the encoder.
    ///
    /// # Errors
    /// What of the input cannot be used, that the loss grew, or that a file cannot be written.
    pub fn run(self) -> anyhow::Result<Outcome> {
        let (name, configuration) = configuration(self.which.config.as_deref(), self.which.id.unwrap_or_default())?;
        let text = self.how.sentences(&self.text)?;
        let shape = self.how.shape(&configuration, &text)?;
        let mut named = self.how.named(&text);
        named.insert("architecture".to_owned(), json!([name, configuration]));
        let trainee = self.how.trainee(shape, &text);
        let run = self.session.open()?.train((&name, &self.session.out), trainee, self.length.length(), named)?;
        if let Some(run) = &run {
            let pretraining = &run.trainee.0;
            EncoderFolder::write(&run.folder, pretraining, text.vocabulary.as_deref())?;
        }
        Ok(outcome(run.as_ref()))
    }
}

/// An encoder in pre-training.
#[derive(Clone)]
pub struct PretrainingTrainee(pub Pretraining);

impl Trainee for PretrainingTrainee {
    const LENGTH_COUNTS: bool = true;
    const UNIT: &'static str = "nats";
    const TOKENS: &'static str = "tokens";

    fn updates(&self) -> u64 {
        self.0.state().optimizer.updates
    }

    fn updates_of_epoch(&self) -> u64 {
        self.0.updates_of_epoch()
    }

    fn plan(&mut self, updates: u64) {
        let schedule = &mut self.0.state_mut().settings.schedule;
        *schedule = schedule.over(updates);
    }

    fn step(&mut self, device: &Device) -> Result<Update> {
        let epoch = self.0.epoch();
        let step = pollster::block_on(self.0.step(device))?;
        Ok(Update {
            epoch: epoch as usize,
            ends_epoch: self.0.epoch() > epoch,
            tokens: step.tokens,
            loss: step.loss.total(),
            parts: step.loss.parts().into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            gradient_norm: step.gradient_norm,
            rate: step.rate,
        })
    }

    fn validate(&mut self, device: &Device) -> Result<Values> {
        let loss = pollster::block_on(self.0.validate(device))?;
        let parts = loss.parts().into_iter().chain([("loss", loss.total())]);
        Ok(parts.map(|(name, value)| (name.to_owned(), value)).collect())
    }

    fn checkpoint(&self) -> (Checkpoint, Position) {
        (self.0.state().to_checkpoint(), Position::default())
    }

    fn restore(&mut self, checkpoint: &Checkpoint, _: Position) -> Result<()> {
        self.0.state_mut().restore(checkpoint)
    }

    fn describe(validation: &Values) -> String {
        let value = |name: &str| validation.get(name).copied().unwrap_or(f64::NAN);
        let share = |name: &str| 100.0 * value(name);
        if validation.contains_key("generator_loss") {
            format!(
                "validation loss {:.3}: generator {:.3} nats a masked token, {:.1} % right; discriminator {:.4} nats a \
                 token, {:.1} % right",
                value("loss"),
                value("generator_loss"),
                share("generator_accuracy"),
                value("discriminator_loss"),
                share("discriminator_accuracy"),
            )
        } else {
            format!("validation loss {:.4} nats a masked token, {:.1} % right", value("loss"), share("accuracy"))
        }
    }
}
