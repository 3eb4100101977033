//! One recurrent network, as typed.

use std::sync::Arc;

use clap::Args;
use serde_json::{Map, json};
use untrained_core::Result;
use untrained_core::device::Device;
use untrained_core::memory::Engine;
use untrained_core::network::recurrent::{Sizes, TrainingDemand, Weights};
use untrained_core::space::recurrent::Recipe;
use untrained_core::training::Checkpoint;
use untrained_core::training::recurrent::{Position, Settings, State, Text, Trainer};

use super::session::{LengthArgs, SessionArgs, named, outcome};
use super::text::{TextArgs, Texts};
use super::trainee::{Trainee, Update, Values};
use crate::memory;
use crate::outcome::Outcome;
use crate::parse::at_least_one;
use crate::score::recurrent::CellArgs;

/// A recurrent language network: every layer runs the same cell
#[derive(Debug, Args)]
pub struct RecurrentArgs {
    #[command(flatten)]
    cell: CellArgs,
    #[command(flatten)]
    text: TextArgs,
    #[command(flatten)]
    how: SettingsArgs,
    #[command(flatten)]
    length: LengthArgs,
    #[command(flatten)]
    session: SessionArgs,
}

/// How the network is trained; the defaults are those of NAS-Bench-NLP
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Training")]
pub struct SettingsArgs {
    /// Train as NAS-Bench-NLP did: matrices that read a state or another node keep their initial values
    #[arg(long)]
    pub as_published: bool,
    /// Width of the embedding and of the last layer
    #[arg(long, value_name = "E", default_value_t = Sizes::PUBLISHED.embedding)]
    pub embedding: usize,
    /// Width of the other layers
    #[arg(long, value_name = "H", default_value_t = Sizes::PUBLISHED.hidden)]
    pub hidden: usize,
    /// Layers
    #[arg(long, value_name = "L", default_value_t = Sizes::PUBLISHED.layers)]
    pub layers: usize,
    /// Words; by default as many as the vocabulary has
    #[arg(long, value_name = "V")]
    pub vocabulary_size: Option<usize>,
    /// Streams of text that are read side by side
    #[arg(long, value_name = "B", value_parser = at_least_one, default_value_t = Settings::PUBLISHED.batch)]
    pub batch: usize,
    /// Words of a window, in the mean of those of full length
    #[arg(long, value_name = "T", value_parser = at_least_one, default_value_t = Settings::PUBLISHED.steps)]
    pub window: usize,
    /// Seed of the weights, of the lengths of windows and of dropout
    #[arg(long, default_value_t = 0)]
    pub seed: u32,
}

impl SettingsArgs {
    /// The settings of training.
    pub fn settings(&self) -> Settings {
        let all = Settings { batch: self.batch, steps: self.window, seed: self.seed, ..Settings::PUBLISHED };
        if self.as_published { all } else { all.in_full() }
    }

    /// The texts, as ids.
    ///
    /// # Errors
    /// What cannot be read, or has words that are not in the vocabulary.
    pub fn texts(&self, text: &TextArgs) -> anyhow::Result<Texts> {
        text.read(self.batch, self.vocabulary_size.unwrap_or(Sizes::PUBLISHED.vocabulary), self.seed)
    }

    /// The sizes of the network.
    ///
    /// # Errors
    /// [`untrained_core::Error::Size`] with the size at fault.
    pub fn sizes(&self, words: usize) -> Result<Sizes> {
        let vocabulary = self.vocabulary_size.unwrap_or(words);
        let Self { embedding, hidden, layers, batch, window, .. } = *self;
        let sizes = Sizes { vocabulary, embedding, hidden, layers, batch, steps: window };
        sizes.check()?;
        Ok(sizes)
    }

    /// A network before its first update.
    ///
    /// # Errors
    /// What of the sizes or texts cannot be used, or that there is not enough memory.
    pub fn trainee(&self, recipe: Arc<Recipe>, texts: &Texts) -> Result<RecurrentTrainee> {
        let sizes = self.sizes(texts.words)?;
        let demand = TrainingDemand { recipes: std::slice::from_ref(&*recipe), sizes: &sizes, engine: Engine::Kernel };
        demand.check(memory::available())?;
        texts.training.check(sizes.vocabulary)?;
        texts.validation.check(sizes.vocabulary)?;
        let weights = Weights::from_seed(&recipe, &sizes, sizes.layers, self.seed.into());
        let trainer = Trainer::new(recipe, sizes, self.settings(), weights, texts.training.clone());
        Ok(RecurrentTrainee { trainer, validation: texts.validation.clone() })
    }

    /// What decides the values of a run, by name.
    pub fn named(&self, texts: &Texts) -> Map<String, serde_json::Value> {
        named([
            ("training", json!(self.settings())),
            ("sizes", json!(self.sizes(texts.words).ok())),
            ("seed", json!(self.seed)),
            ("text", json!(texts.digest)),
        ])
    }
}

impl RecurrentArgs {
    /// Trains the network.
    ///
    /// # Errors
    /// What of the input cannot be used, that the loss grew, or that a file cannot be written.
    pub fn run(self) -> anyhow::Result<Outcome> {
        let (name, recipe) = self.cell.recipe()?;
        let texts = self.how.texts(&self.text)?;
        let trainee = self.how.trainee(recipe.clone(), &texts)?;
        let mut named = self.how.named(&texts);
        named.insert("architecture".to_owned(), json!([name, recipe.as_ref()]));
        let run = self.session.open()?.train((&name, &self.session.out), trainee, self.length.length(), named)?;
        if let Some(run) = &run {
            let Trainer { recipe, sizes, state, .. } = &run.trainee.trainer;
            run.folder.write("model.safetensors", &state.weights.to_safetensors(recipe, sizes)?)?;
            if let Some(validation) = run.validation() {
                let best = texts.best_loss.map(|best| format!("; the best possible is {best:.4}"));
                note!("{}{}", RecurrentTrainee::describe(&validation), best.unwrap_or_default());
            }
        }
        Ok(outcome(run.as_ref()))
    }
}

/// A recurrent network with what it is validated on.
#[derive(Clone)]
pub struct RecurrentTrainee {
    /// The network with its text.
    pub trainer: Trainer,
    validation: Arc<Text>,
}

impl Trainee for RecurrentTrainee {
    const LENGTH_COUNTS: bool = false;
    const UNIT: &'static str = "nats per word";
    const TOKENS: &'static str = "words";

    fn updates(&self) -> u64 {
        self.trainer.state.optimizer.updates
    }

    fn updates_of_epoch(&self) -> u64 {
        self.trainer.windows() as u64
    }

    fn usual_tokens(&self) -> Option<usize> {
        Some(self.trainer.settings.batch * self.trainer.settings.steps)
    }

    fn plan(&mut self, _: u64) {}

    fn step(&mut self, device: &Device) -> Result<Update> {
        let epoch = self.trainer.state.position.epoch;
        let step = pollster::block_on(self.trainer.step(device))?;
        Ok(Update {
            epoch,
            ends_epoch: self.trainer.state.position.epoch > epoch,
            tokens: step.words,
            loss: step.loss.cross_entropy,
            parts: Values::from([("objective".to_owned(), step.loss.total)]),
            gradient_norm: step.gradient_norm,
            rate: step.rate,
        })
    }

    fn validate(&mut self, _: &Device) -> Result<Values> {
        Ok(Values::from([("loss".to_owned(), self.trainer.evaluate(&self.validation))]))
    }

    fn checkpoint(&self) -> (Checkpoint, Position) {
        let Trainer { recipe, sizes, state, .. } = &self.trainer;
        (state.to_checkpoint(recipe, sizes), state.position)
    }

    fn restore(&mut self, checkpoint: &Checkpoint, position: Position) -> Result<()> {
        let Trainer { recipe, sizes, state, .. } = &self.trainer;
        let mut state = State::from_checkpoint(checkpoint, state.clone(), recipe, sizes)?;
        state.position = position;
        self.trainer = self.trainer.clone().at(state);
        Ok(())
    }

    fn describe(validation: &Values) -> String {
        let loss = validation.get("loss").copied().unwrap_or(f64::NAN);
        format!("validation loss {loss:.4} nats a word, perplexity {:.2}", loss.exp())
    }
}
