//! How the networks of a benchmark are trained, by family.

use serde_json::{Map, Value};
use untrained_core::network::{self, WeightSource, encoder, recurrent};
use untrained_core::origin::Read;
use untrained_core::space::encoder::Configuration;
use untrained_core::space::recurrent::Recipe;
use untrained_core::training::recurrent::operations;

use super::checkpoint_tasks::{CheckpointTasks, Judged, Step};
use super::encoder::{PretrainingArgs, PretrainingTrainee};
use super::recurrent::{RecurrentTrainee, SettingsArgs};
use super::sentences::Sentences;
use super::text::Texts;
use super::trainee::Trainee;
use crate::architectures::Named;

/// How the networks of a family are trained.
pub trait Trainer<T> {
    /// What is trained.
    type Trainee: Trainee;

    /// What decides the values, by name.
    fn named(&self) -> Map<String, Value>;

    /// A network before its first update.
    ///
    /// # Errors
    /// What of the sizes cannot be used.
    fn trainee(&self, architecture: &Named<T>) -> untrained_core::Result<Self::Trainee>;

    /// A network, for its records.
    ///
    /// # Errors
    /// As [`Self::trainee`].
    fn model(&self, architecture: &Named<T>) -> untrained_core::Result<network::Model>;

    /// Where its text comes from.
    fn read(&self) -> &Read;

    /// Floating-point operations of updates that read so many tokens, roughly.
    fn operations(&self, trainee: &Self::Trainee, tokens: usize) -> f64;

    /// What it comes to on tasks, at a step with a validation; none where a signal came. The network is given where it
    /// is at this step, and not where it was trained further before.
    ///
    /// # Errors
    /// That the device fails, or that a file cannot be written.
    fn judge(&self, _: Option<&Self::Trainee>, _: &Step) -> anyhow::Result<Option<Judged>> {
        Ok(Some(Judged::default()))
    }
}

/// Training of cells.
pub struct OfCells {
    /// How.
    pub how: SettingsArgs,
    /// What they read.
    pub texts: Texts,
}

/// Pre-training of encoders.
pub struct OfEncoders {
    /// How.
    pub how: PretrainingArgs,
    /// What they read.
    pub text: Sentences,
    /// What they are judged by besides their loss.
    pub tasks: Option<CheckpointTasks>,
}

impl Trainer<Recipe> for OfCells {
    type Trainee = RecurrentTrainee;

    fn named(&self) -> Map<String, Value> {
        self.how.named(&self.texts)
    }

    fn trainee(&self, cell: &Named<Recipe>) -> untrained_core::Result<RecurrentTrainee> {
        self.how.trainee(cell.architecture.clone(), &self.texts)
    }

    fn model(&self, cell: &Named<Recipe>) -> untrained_core::Result<network::Model> {
        let (recipe, sizes) = (cell.architecture.clone(), self.how.sizes(self.texts.words)?);
        let weights = WeightSource::Seed(self.how.seed);
        Ok(network::Model::Recurrent(recurrent::Model { recipe, sizes, weights }))
    }

    fn read(&self) -> &Read {
        &self.texts.read
    }

    fn operations(&self, trainee: &RecurrentTrainee, words: usize) -> f64 {
        let trainer = &trainee.trainer;
        operations(&trainer.recipe, &trainer.sizes, trainer.settings.objective.frozen, words)
    }
}

impl Trainer<Configuration> for OfEncoders {
    type Trainee = PretrainingTrainee;

    fn named(&self) -> Map<String, Value> {
        let mut named = self.how.named(&self.text);
        named.extend(self.tasks.iter().flat_map(CheckpointTasks::named));
        named
    }

    fn trainee(&self, encoder: &Named<Configuration>) -> untrained_core::Result<PretrainingTrainee> {
        Ok(self.how.trainee(self.how.shape(&encoder.architecture, &self.text)?, &self.text))
    }

    fn model(&self, encoder: &Named<Configuration>) -> untrained_core::Result<network::Model> {
        let shape = self.how.shape(&encoder.architecture, &self.text)?;
        let (configuration, sizes) = (shape.configuration.into(), shape.sizes);
        let weights = WeightSource::Seed(self.how.seed);
        Ok(network::Model::Encoder(encoder::Model { configuration, sizes, weights }))
    }

    fn read(&self) -> &Read {
        &self.text.read
    }

    fn operations(&self, trainee: &PretrainingTrainee, tokens: usize) -> f64 {
        trainee.0.operations(tokens)
    }

    fn judge(&self, trainee: Option<&PretrainingTrainee>, step: &Step) -> anyhow::Result<Option<Judged>> {
        match &self.tasks {
            Some(tasks) => tasks.judge(trainee.map(|trainee| &trainee.0), step),
            None => Ok(Some(Judged::default())),
        }
    }
}
