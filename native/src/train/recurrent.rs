//! One recurrent network, as typed.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use serde_json::{Map, json};
use untrained_core::network::recurrent::{Sizes, Weights};
use untrained_core::space::recurrent::Recipe;
use untrained_core::training::recurrent::{Settings, Trainer};

use super::curve;
use super::folder::Line;
use super::run::{End, Length, Pace, Run, Training};
use super::text::{TextArgs, Texts};
use crate::device::Choice;
use crate::interrupt::Interrupt;
use crate::many;
use crate::outcome::Outcome;
use crate::parse::{at_least_one, file, hours};
use crate::progress::Progress;
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
    /// Folder of the run: checkpoints, log, curve and trained weights; a run that is there goes on
    #[arg(long, value_name = "DIR", value_parser = file())]
    out: PathBuf,
    #[command(flatten)]
    length: LengthArgs,
    /// Validate after every N steps, too; always after each epoch and at the end
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    validate_every: Option<usize>,
    /// Save a checkpoint after every N steps; without it every two minutes
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    checkpoint_every: Option<usize>,
    /// Where gradients are computed
    #[arg(long, value_enum, default_value_t = Choice::Cpu, help_heading = "Running")]
    device: Choice,
}

/// How long
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct LengthArgs {
    /// Steps: updates of the weights, one a window of text
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    steps: Option<usize>,
    /// As many steps as this machine makes in so many hours, which is measured before the first
    #[arg(long, value_name = "H", value_parser = hours)]
    hours: Option<f64>,
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
    embedding: usize,
    /// Width of the other layers
    #[arg(long, value_name = "H", default_value_t = Sizes::PUBLISHED.hidden)]
    hidden: usize,
    /// Layers
    #[arg(long, value_name = "L", default_value_t = Sizes::PUBLISHED.layers)]
    layers: usize,
    /// Words; by default as many as the vocabulary has
    #[arg(long, value_name = "V")]
    vocabulary_size: Option<usize>,
    /// Streams of text that are read side by side
    #[arg(long, value_name = "B", value_parser = at_least_one, default_value_t = Settings::PUBLISHED.batch)]
    pub batch: usize,
    /// Words of a window, in the mean of those of full length
    #[arg(long, value_name = "T", value_parser = at_least_one, default_value_t = Settings::PUBLISHED.steps)]
    window: usize,
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
    pub fn sizes(&self, words: usize) -> untrained_core::Result<Sizes> {
        let vocabulary = self.vocabulary_size.unwrap_or(words);
        let Self { embedding, hidden, layers, batch, window, .. } = *self;
        let sizes = Sizes { vocabulary, embedding, hidden, layers, batch, steps: window };
        sizes.check()?;
        Ok(sizes)
    }

    /// A network before its first update.
    ///
    /// # Errors
    /// What of the sizes or texts cannot be used.
    pub fn trainer(&self, recipe: Arc<Recipe>, texts: &Texts) -> untrained_core::Result<Trainer> {
        let sizes = self.sizes(texts.words)?;
        texts.training.check(sizes.vocabulary)?;
        texts.validation.check(sizes.vocabulary)?;
        let weights = Weights::from_seed(&recipe, &sizes, sizes.layers, self.seed.into());
        Ok(Trainer::new(recipe, sizes, self.settings(), weights, texts.training.clone()))
    }

    /// What decides the values of a run, by name.
    pub fn named(&self, texts: &Texts) -> Map<String, serde_json::Value> {
        let named = [
            ("version", json!(env!("CARGO_PKG_VERSION"))),
            ("training", json!(self.settings())),
            ("sizes", json!(self.sizes(texts.words).ok())),
            ("seed", json!(self.seed)),
            ("text", json!(texts.digest)),
        ];
        named.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
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
        let trainer = self.how.trainer(recipe.clone(), &texts)?;
        let device = self.device.open()?;
        let mut named = self.how.named(&texts);
        named.insert("architecture".to_owned(), json!([name, recipe.as_ref()]));
        let settings = many::Settings::from_named(device.name(), named);
        let training = Training { trainer, validation: texts.validation, settings, pace: self.pace(), device };
        let mut run = Run::open(&self.out, training)?;
        if run.updates() >= run.planned {
            note!("{}: all {} steps are done", self.out.display(), run.planned);
            return finish(&name, &run, texts.best_loss);
        }
        announce(&run)?;
        let interrupt = Interrupt::listen();
        let progress = Progress::resumed(run.planned as usize, run.updates() as usize);
        let mut before = run.seconds();
        let end = run.go(&interrupt, &mut |line| {
            show(&progress, line, line.seconds - before);
            before = line.seconds;
        });
        progress.finish();
        match end? {
            End::Done => finish(&name, &run, texts.best_loss),
            End::Stopped => {
                note!("stopped after {} steps; the same command goes on", run.updates());
                Ok(Outcome::Interrupted)
            }
        }
    }

    fn pace(&self) -> Pace {
        let updates = self.length.steps.unwrap_or_default() as u64;
        let every = self.validate_every.map(|every| (1..).map(move |count| count * every as u64));
        Pace {
            length: self.length.hours.map_or(Length::Updates(updates), Length::Hours),
            validate_at: every.map_or_else(Vec::new, |all| all.take_while(|&at| at <= updates).collect()),
            validate_epochs: true,
            checkpoint_every: Duration::from_secs(120),
            checkpoint_updates: self.checkpoint_every.map(|updates| updates as u64),
        }
    }
}

/// Says what is about to be done, and how long it takes.
fn announce(run: &Run) -> anyhow::Result<()> {
    let left = run.planned - run.updates();
    let time = indicatif::HumanDuration(Duration::from_secs_f64(run.estimate()?));
    let windows = run.trainer.windows();
    note!(
        "{left} steps of {} to do on {}, about {time} as measured just now; an epoch has {windows} steps",
        run.planned,
        run.device()
    );
    Ok(())
}

/// Shows an update, which took so long, beside the progress.
fn show(progress: &Progress, line: &Line, seconds: f64) {
    let rate = line.words as f64 / seconds.max(1e-3);
    progress.describe(format!("loss {:.3}, {rate:.0} words a second", line.cross_entropy));
    if let Some(validation) = line.validation {
        progress.say(&format!("step {}: validation loss {validation:.4} nats a word", line.step));
    }
    progress.advance();
}

/// Writes the trained weights and the curve, and says how it went.
fn finish(name: &str, run: &Run, best_loss: Option<f64>) -> anyhow::Result<Outcome> {
    let Trainer { recipe, sizes, state, .. } = &run.trainer;
    run.folder.write("model.safetensors", &state.weights.to_safetensors(recipe, sizes)?)?;
    let lines = &run.folder.lines;
    run.folder.write("curve.svg", curve::picture(name, lines)?.as_bytes())?;
    curve::rows(lines).iter().for_each(|row| note!("{row}"));
    if let Some(last) = lines.iter().rev().find_map(|line| line.validation) {
        let best = best_loss.map_or_else(String::new, |best| format!("; the best possible is {best:.4}"));
        note!("validation loss {last:.4} nats a word, perplexity {:.2}{best}", last.exp());
    }
    Ok(Outcome::Done)
}
