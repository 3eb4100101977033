//! Fine-tuning on the examples of one task of GLUE, in the published order, and its measure on the development set.

use std::sync::Arc;

use super::fine_tuning::{FineTuning, Labels};
use super::padded::PaddedBatch;
use super::state::{TrainingSettings, Updated};
use super::{EncoderShape, LayerDecay, LinearSchedule};
use crate::corpus::Example;
use crate::device::Device;
use crate::glue::{GlueTask, Label, Order, steps};
use crate::network::transformer::Weights;
use crate::{Error, Result};

/// The learning rate of the published runs, which is that of pre-training.
const RATE: f64 = 5e-4;

/// Sequences that are evaluated together.
const EVALUATION_BATCH: usize = 32;

/// Sequences with their labels.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LabelledExamples {
    /// The sequences.
    pub examples: Vec<Example>,
    /// As many labels.
    pub labels: Vec<Label>,
}

/// The examples of a task.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskExamples {
    /// The task.
    pub task: GlueTask,
    /// Trained on, those of symmetric tasks in both orders.
    pub training: LabelledExamples,
    /// Evaluated on.
    pub development: LabelledExamples,
}

/// How an encoder is trained on a task.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TaskSettings {
    /// B.
    pub batch: usize,
    /// Updates in which all examples are read once for every epoch.
    pub steps: u64,
    /// Of the rates.
    pub layer_decay: LayerDecay,
    /// Of the head, the order of the examples and dropout.
    pub seed: u32,
}

/// An encoder in training on a task.
#[derive(Clone)]
pub struct TaskTraining {
    tuned: FineTuning,
    batch: usize,
    examples: Arc<TaskExamples>,
    order: Order,
    /// Examples that `order` has given.
    read: u64,
    seed: u32,
}

/// What the network predicts of the development set.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskResult {
    /// The measure of the task; 0 where the predictions have none, as published.
    pub measure: f64,
    /// Mean loss of an example.
    pub loss: f64,
    /// In the order of the examples.
    pub predictions: Vec<Label>,
}

impl TaskSettings {
    /// The published ones, but for B, which was 32: 3 or 10 epochs by the task.
    pub fn published(examples: &TaskExamples, batch: usize, seed: u32) -> Self {
        let steps = steps(examples.training.examples.len(), batch, examples.task.epochs()) as u64;
        Self { batch, steps, layer_decay: LayerDecay::PUBLISHED, seed }
    }

    /// Those of the optimiser.
    fn training(&self) -> TrainingSettings {
        let schedule = LinearSchedule { rate: RATE, warm_up: 0, steps: 0 }.over(self.steps);
        TrainingSettings::electra(schedule, self.seed.into())
    }
}

impl TaskTraining {
    /// A trained encoder with a new head, before its first update.
    ///
    /// # Errors
    /// [`Error::Weights`] where one of the encoder is missing.
    pub fn new(
        encoder: &Weights,
        shape: EncoderShape,
        settings: TaskSettings,
        examples: Arc<TaskExamples>,
    ) -> Result<Self> {
        let TaskSettings { batch, layer_decay, seed, .. } = settings;
        let weights = FineTuning::weights_from(encoder, &shape, examples.task.outputs(), seed)?;
        let tuned = FineTuning::new(shape, weights, settings.training(), layer_decay);
        let order = Order::new(examples.training.examples.len(), batch, seed);
        Ok(Self { tuned, batch, examples, order, read: 0, seed })
    }

    /// The network.
    pub fn network(&self) -> &FineTuning {
        &self.tuned
    }

    /// As [`Self::network`], to be set to the state of a checkpoint.
    pub fn network_mut(&mut self) -> &mut FineTuning {
        &mut self.tuned
    }

    /// The examples.
    pub fn examples(&self) -> &TaskExamples {
        &self.examples
    }

    /// Epochs that are complete.
    pub fn epoch(&self) -> u64 {
        self.tuned.state.optimizer.updates / self.updates_of_epoch()
    }

    /// Updates in which all examples are read once.
    pub fn updates_of_epoch(&self) -> u64 {
        self.examples.training.examples.len().div_ceil(self.batch).max(1) as u64
    }

    /// Reads the next examples and updates the weights. Returns the number of real tokens, and the mean loss of an
    /// example, whose sum is minimised.
    ///
    /// # Errors
    /// [`Error::Diverged`] where the loss is not finite; [`Error::Broken`] or [`Error::Memory`] when the device fails.
    pub async fn step(&mut self, device: &Device) -> Result<(usize, Updated<f64>)> {
        let examples = self.examples.clone();
        let drawn: Vec<usize> = self.next().into_iter().flatten().collect();
        let (batch, labels) = examples.training.part(&drawn);
        let updated = self.tuned.step(&batch, &labels, device).await?;
        if !updated.loss.loss.is_finite() {
            let update = self.tuned.state.optimizer.updates;
            return Err(Error::NotFinite { update });
        }
        let Updated { loss, gradient_norm, rate } = updated;
        let loss = loss.loss / drawn.len().max(1) as f64;
        Ok((batch.real_tokens(), Updated { loss, gradient_norm, rate }))
    }

    /// The measure of the development set, without dropout.
    ///
    /// # Errors
    /// As [`Self::step`].
    pub async fn evaluate(&self, device: &Device) -> Result<TaskResult> {
        let TaskExamples { task, development, .. } = &*self.examples;
        let all: Vec<usize> = (0..development.examples.len()).collect();
        let (mut predictions, mut loss) = (Vec::new(), 0.0);
        for part in all.chunks(EVALUATION_BATCH) {
            let (batch, labels) = development.part(part);
            let output = self.tuned.evaluate(&batch, Some(&labels), device).await?;
            predictions.extend(output.outputs.chunks(task.outputs()).map(predicted));
            loss += output.loss;
        }
        let measure = task.measure().of(&development.labels, &predictions).unwrap_or_default();
        Ok(TaskResult { measure, loss: loss / all.len().max(1) as f64, predictions })
    }

    /// The examples of the next update; none is padding, whose loss is 0.
    fn next(&mut self) -> Vec<Option<usize>> {
        let first = self.tuned.state.optimizer.updates * self.batch as u64;
        if self.read != first {
            // The run continues.
            self.order = Order::new(self.examples.training.examples.len(), self.batch, self.seed);
            (0..first).for_each(|_| _ = self.order.next());
            self.read = first;
        }
        self.read += self.batch as u64;
        self.order.by_ref().take(self.batch).collect()
    }
}

/// The class of the largest output, the first of equal ones; of a single output a score from 0 to 5.
fn predicted(outputs: &[f32]) -> Label {
    if let [score] = outputs {
        return Label::Score(f64::from(*score) * super::fine_tuning::LARGEST_SCORE);
    }
    let mut class = 0;
    for (index, output) in outputs.iter().enumerate() {
        if *output > outputs[class] {
            class = index;
        }
    }
    Label::Class(class as u32)
}

impl LabelledExamples {
    /// Some of them.
    fn part(&self, indices: &[usize]) -> (PaddedBatch, Labels) {
        let examples: Vec<&Example> = indices.iter().map(|&index| &self.examples[index]).collect();
        let labels = indices.iter().map(|&index| self.labels[index]);
        let scores: Vec<f32> = labels.clone().filter_map(score).collect();
        let labels = if scores.len() == indices.len() && !scores.is_empty() {
            Labels::Scores(scores)
        } else {
            Labels::Classes(labels.filter_map(class).collect())
        };
        (PaddedBatch::of(&examples), labels)
    }
}

fn class(label: Label) -> Option<u32> {
    if let Label::Class(class) = label { Some(class) } else { None }
}

fn score(label: Label) -> Option<f32> {
    if let Label::Score(score) = label { Some(score as f32) } else { None }
}

#[cfg(test)]
mod tests {
    use pollster::block_on;

    use super::super::initialisation::initial_weights;
    use super::super::small::shape;
    use super::*;
    use crate::corpus::SpecialTokens;
    use crate::space::encoder::{Operation, Similarity};

    const SPECIAL: SpecialTokens = SpecialTokens { cls: 1, sep: 2, mask: 3, pad: 0 };

    /// A text of 5s is of class 1 and scores 4, one of 6s of class 0 and scores 1.
    fn task(task: GlueTask) -> TaskTraining {
        let shape = shape(Operation::Attention(Similarity::ScaledDotProduct), 16);
        let of = |count: u32| {
            let example = |word: u32| Example::from_texts(&[word; 3], None, shape.sizes.sequence, SPECIAL);
            let label = |odd: u32| match task.outputs() {
                1 => Label::Score(f64::from(1 + 3 * odd)),
                _ => Label::Class(odd),
            };
            LabelledExamples {
                examples: (0..count).map(|index| example(6 - index % 2)).collect(),
                labels: (0..count).map(|index| label(index % 2)).collect(),
            }
        };
        let examples = TaskExamples { task, training: of(70), development: of(9) };
        let encoder = initial_weights(shape.weights().concat(), 3);
        let settings = TaskSettings { steps: 60, ..TaskSettings::published(&examples, 32, 1) };
        let mut training = TaskTraining::new(&encoder, shape, settings, examples.into()).unwrap();
        training.tuned.state.settings.schedule.rate = 0.02;
        training
    }

    #[test]
    fn a_simple_task_is_learnt() {
        for (kind, least) in [(GlueTask::Sst, 1.0), (GlueTask::Cola, 1.0), (GlueTask::Sts, 0.99)] {
            let mut training = task(kind);
            for _ in 0..60 {
                block_on(training.step(&Device::Cpu)).unwrap();
            }
            let result = block_on(training.evaluate(&Device::Cpu)).unwrap();
            assert!(result.measure >= least && result.predictions.len() == 9, "{kind:?}: {result:?}");
        }
    }

    /// 70 examples are stored as 96 in three batches; ten epochs of RTE are thirty updates.
    #[test]
    fn steps_are_the_published_ones() {
        let training = task(GlueTask::Rte);
        assert_eq!((TaskSettings::published(&training.examples, 32, 0).steps, training.updates_of_epoch()), (30, 3));
    }

    #[test]
    fn a_run_that_continues_reads_the_same_examples() {
        let (mut whole, mut parts) = (task(GlueTask::Sst), task(GlueTask::Sst));
        for _ in 0..3 {
            block_on(whole.step(&Device::Cpu)).unwrap();
        }
        parts.tuned = whole.tuned.clone();
        assert_eq!(block_on(whole.step(&Device::Cpu)).unwrap(), block_on(parts.step(&Device::Cpu)).unwrap());
    }

    #[test]
    fn predictions_are_the_largest_output() {
        assert_eq!(predicted(&[0.5, 2.0, 2.0]), Label::Class(1));
        assert_eq!(predicted(&[f32::NAN, 2.0]), Label::Class(0));
        assert_eq!(predicted(&[0.5]), Label::Score(2.5));
    }
}
