//! Training with given weights and batches against a run in f64, step by step.
//!
//! Losses are within 2e-6 of it, norms within 1e-5, relatively, and weights within 1e-5 + 1e-4 |w|. The exact gradient
//! of the bias of a key is zero, so that what rounding leaves of it becomes steps: it is bounded by twice the sum of the
//! rates instead.

use std::collections::BTreeMap;

use pollster::block_on;
use safetensors::SafeTensors;
use serde::Deserialize;

use super::small::devices;
use super::*;
use crate::device::Device;
use crate::network::encoder::Sizes;
use crate::network::transformer::{Listed, Weights};
use crate::space::encoder::Configuration;

const AS_TRAINED: [&[u8]; 2] = [
    include_bytes!("../../../../tests/golden/train_electra_as_trained.json"),
    include_bytes!("../../../../tests/golden/train_electra_as_trained.safetensors"),
];

const OPERATIONS: [&[u8]; 2] = [
    include_bytes!("../../../../tests/golden/train_electra_operations.json"),
    include_bytes!("../../../../tests/golden/train_electra_operations.safetensors"),
];

const GLUE: [&[u8]; 2] = [
    include_bytes!("../../../../tests/golden/train_glue.json"),
    include_bytes!("../../../../tests/golden/train_glue.safetensors"),
];

/// What both kinds of files have in common.
#[derive(Deserialize)]
struct GoldenNetwork {
    embedding_size: usize,
    vocab_size: usize,
    settings: GoldenSettings,
}

#[derive(Deserialize)]
struct GoldenSettings {
    lr: f64,
    steps: u64,
    warmup_steps: Option<u64>,
    warmup_proportion: Option<f64>,
}

#[derive(Deserialize)]
struct ElectraFile {
    #[serde(flatten)]
    network: GoldenNetwork,
    batches: Vec<Masks>,
    f64: ElectraSteps,
}

#[derive(Deserialize)]
struct ElectraSteps {
    generator_loss: Vec<f64>,
    discriminator_loss: Vec<f64>,
    loss: Vec<f64>,
    gradient_norm: Vec<f64>,
    learning_rate: Vec<f64>,
}

#[derive(Deserialize)]
struct GlueFile {
    #[serde(flatten)]
    network: GoldenNetwork,
    batches: Vec<Labelled>,
    evaluation: Labelled,
    factors_of_the_learning_rate: BTreeMap<String, f64>,
    classification: GoldenTask,
    regression: GoldenTask,
}

#[derive(Deserialize)]
struct GoldenTask {
    f64: TaskSteps,
}

#[derive(Deserialize)]
struct TaskSteps {
    loss: Vec<f64>,
    gradient_norm: Vec<f64>,
    learning_rate: Vec<f64>,
    outputs: Vec<f64>,
}

#[derive(Deserialize)]
struct Labelled {
    #[serde(flatten)]
    text: Padded,
    labels: Vec<u32>,
    scores_0_to_5: Vec<f32>,
}

/// [B][T] and [B][places].
#[derive(Deserialize)]
struct Masks {
    #[serde(flatten)]
    text: Padded,
    masked_input_ids: Vec<Vec<u32>>,
    masked_positions: Vec<Vec<usize>>,
    masked_weights: Vec<Vec<f64>>,
    sampled_ids: Vec<Vec<u32>>,
}

/// [B][T].
#[derive(Deserialize)]
struct Padded {
    input_ids: Vec<Vec<u32>>,
    attention_mask: Vec<Vec<usize>>,
    segment_ids: Vec<Vec<u8>>,
}

impl Padded {
    fn batch(&self) -> PaddedBatch {
        PaddedBatch {
            tokens: self.input_ids.concat(),
            types: self.segment_ids.concat(),
            lengths: self.attention_mask.iter().map(|mask| mask.iter().sum()).collect(),
        }
    }
}

impl Masks {
    /// The batch, and the samples of its places.
    fn batch(&self) -> (MaskedBatch, Vec<Vec<u32>>) {
        let weighted = |index: usize| {
            let weights = self.masked_weights[index].iter();
            weights.enumerate().filter(|(_, weight)| **weight > 0.0).map(|(place, _)| place)
        };
        let all = 0..self.masked_weights.len();
        let batch = MaskedBatch {
            original: self.text.batch(),
            masked_tokens: self.masked_input_ids.concat(),
            places: all.clone().map(|i| weighted(i).map(|place| self.masked_positions[i][place]).collect()).collect(),
        };
        (batch, all.map(|i| weighted(i).map(|place| self.sampled_ids[i][place]).collect()).collect())
    }
}

impl GoldenNetwork {
    fn sizes(&self, batch: &PaddedBatch) -> Sizes {
        let (vocabulary, embedding, sequence) = (self.vocab_size, self.embedding_size, batch.length());
        Sizes { vocabulary, embedding, positions: 20, batch: batch.sequences(), sequence }
    }

    fn settings(&self) -> TrainingSettings {
        let GoldenSettings { lr, steps, warmup_steps, warmup_proportion } = self.settings;
        let warm_up = warmup_steps.or(warmup_proportion.map(|share| (share * steps as f64) as u64)).unwrap();
        let schedule = LinearSchedule { rate: lr, warm_up, steps };
        TrainingSettings { dropout: 0.0, ..TrainingSettings::electra(schedule, 0) }
    }
}

/// The initial weights, those of a head under the name of its mode.
fn initial(bytes: &[u8], listed: Listed, mode: &str) -> Weights {
    Weights::read(bytes, listed, |name| vec![name.to_owned(), format!("{mode}{name}")]).unwrap()
}

fn relative(found: f64, expected: f64, tolerance: f64, what: &str) {
    let difference = ((found - expected) / expected).abs();
    assert!(difference <= tolerance, "{what}: {found}, not {expected}: {difference:.1e}");
}

/// Weights after a step against `prefix`NAME; `rates` is the sum of the rates. How many were compared.
fn compare(bytes: &[u8], prefix: &str, weights: &Weights, rates: f64) -> usize {
    let file = SafeTensors::deserialize(bytes).unwrap();
    let after: BTreeMap<&str, _> =
        file.iter().filter_map(|(name, view)| Some((name.strip_prefix(prefix)?, view))).collect();
    assert_eq!(after.keys().copied().collect::<Vec<_>>(), weights.iter().map(|(name, _)| name).collect::<Vec<_>>());
    for (name, array) in weights.iter() {
        let expected = after[name].data().as_chunks().0.iter().map(|bytes| f64::from_le_bytes(*bytes));
        assert_eq!(expected.len(), array.values.len(), "{name}");
        for (at, (&found, expected)) in array.values.iter().zip(expected).enumerate() {
            let allowed = if name.ends_with("key.bias") { 2.0 * rates } else { 1e-5 + 1e-4 * expected.abs() };
            let difference = (f64::from(found) - expected).abs();
            assert!(difference <= allowed, "{prefix}{name}[{at}]: {found}, not {expected}");
        }
    }
    after.len()
}

/// Ten updates of both networks.
fn pre_training(
    [json, safetensors]: [&[u8]; 2],
    shape: impl Fn(&Configuration, &Sizes) -> EncoderShape,
    device: &Device,
) {
    let text = std::str::from_utf8(json).unwrap();
    let file: ElectraFile = serde_json::from_str(text).unwrap();
    let configuration = Configuration::from_json(text).unwrap();
    let shape = shape(&configuration, &file.network.sizes(&file.batches[0].text.batch()));
    let weights = initial(safetensors, Electra::weights(&shape), "");
    let mut electra = Electra::new(shape, weights, file.network.settings());
    let (mut rates, mut compared) = (0.0, 0);
    for (step, masks) in file.batches.iter().enumerate() {
        let (batch, samples) = masks.batch();
        let updated = block_on(electra.step_with(&batch, &samples, device)).unwrap();
        let ElectraSteps { generator_loss, discriminator_loss, loss, gradient_norm, learning_rate } = &file.f64;
        relative(updated.loss.generator, generator_loss[step], 2e-6, "generator");
        relative(updated.loss.discriminator, discriminator_loss[step], 2e-6, "discriminator");
        relative(updated.loss.total, loss[step], 2e-6, "loss");
        relative(updated.gradient_norm, gradient_norm[step], 1e-5, "norm");
        assert!((updated.rate - learning_rate[step]).abs() < 1e-15);
        rates += updated.rate;
        if [2, 10].contains(&(step + 1)) {
            compared += compare(safetensors, &format!("step{}/", step + 1), &electra.state.weights, rates);
        }
    }
    assert_eq!((file.batches.len(), compared), (10, 2 * electra.state.weights.iter().count()));
}

#[test]
fn electra_as_it_was_trained() {
    devices().iter().for_each(|device| pre_training(AS_TRAINED, EncoderShape::as_published, device));
}

/// Padding is masked in attention alone: the other operations read it.
#[test]
fn electra_with_all_operations() {
    let shape = |configuration: &Configuration, sizes: &Sizes| EncoderShape {
        configuration: configuration.clone(),
        sizes: *sizes,
        first_width: FirstWidth::AsConfigured,
    };
    devices().iter().for_each(|device| pre_training(OPERATIONS, shape, device));
}

/// Five updates of an encoder with a head, and its outputs after them.
fn fine_tuning(mode: &str, of: fn(&GlueFile) -> &GoldenTask, labels: fn(&Labelled) -> Labels, device: &Device) {
    let outputs = if mode == "classification" { 2 } else { 1 };
    let [json, safetensors] = GLUE;
    let text = std::str::from_utf8(json).unwrap();
    let file: GlueFile = serde_json::from_str(text).unwrap();
    let sizes = file.network.sizes(&file.evaluation.text.batch());
    let shape = EncoderShape::as_published(&Configuration::from_json(text).unwrap(), &sizes);
    let weights = initial(safetensors, FineTuning::weights(&shape, outputs), &format!("{mode}/"));
    let mut tuned = FineTuning::new(shape, weights, file.network.settings(), LayerDecay::PUBLISHED);
    let expected = &of(&file).f64;
    let mut rates = 0.0;
    for (step, batch) in file.batches.iter().enumerate() {
        let updated = block_on(tuned.step(&batch.text.batch(), &labels(batch), device)).unwrap();
        relative(updated.loss.loss, expected.loss[step], 2e-6, "loss");
        relative(updated.gradient_norm, expected.gradient_norm[step], 1e-5, "norm");
        assert!((updated.rate - expected.learning_rate[step]).abs() < 1e-15);
        rates += updated.rate;
    }
    assert_eq!(file.batches.len(), 5);
    compare(safetensors, &format!("{mode}/step5/"), &tuned.state.weights, rates);
    let found = block_on(tuned.evaluate(&file.evaluation.text.batch(), None, device)).unwrap().outputs;
    assert_eq!(found.len(), expected.outputs.len());
    found
        .iter()
        .zip(&expected.outputs)
        .for_each(|(&found, &expected)| relative(found.into(), expected, 5e-6, "output"));
}

#[test]
fn tasks_of_glue() {
    for device in &devices() {
        let classes = |batch: &Labelled| Labels::Classes(batch.labels.clone());
        fine_tuning("classification", |file| &file.classification, classes, device);
        let scores = |batch: &Labelled| Labels::Scores(batch.scores_0_to_5.clone());
        fine_tuning("regression", |file| &file.regression, scores, device);
    }
}

#[test]
fn rates_by_depth() {
    let file: GlueFile = serde_json::from_slice(GLUE[0]).unwrap();
    assert_eq!(file.factors_of_the_learning_rate.len(), 5);
    for (part, factor) in file.factors_of_the_learning_rate {
        relative(layer_factor(&format!("{part}.weight"), 0.8, 12), factor, 1e-14, &part);
    }
}
