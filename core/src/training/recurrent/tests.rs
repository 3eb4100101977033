//! Golden files: losses, norms and weights after each update, in f64, from a PyTorch program.

use std::sync::Arc;

use pollster::block_on;
use safetensors::SafeTensors;
use serde::Deserialize;

use super::*;
use crate::network::recurrent::tensors::tensors;
use crate::network::recurrent::training::Objective;
use crate::training::{Adam, Checkpoint, Clip, Decay};

#[derive(Deserialize)]
struct File {
    recipe: Recipe,
    settings: GoldenSettings,
    window_lengths: Vec<usize>,
    tokens: Vec<Vec<u32>>,
    #[serde(default)]
    validation_tokens: Vec<Vec<u32>>,
    all: Mode,
    published: Mode,
}

#[derive(Deserialize)]
struct GoldenSettings {
    lr: f64,
    weight_decay: f64,
    clip: f64,
    alpha: f64,
    beta: f64,
    bptt: usize,
}

#[derive(Deserialize)]
struct Mode {
    f64: Values,
}

#[derive(Deserialize)]
struct Values {
    cross_entropy: Vec<f64>,
    loss: Vec<f64>,
    gradient_norm: Vec<f64>,
    learning_rate: Vec<f64>,
    validation: Option<f64>,
    validation_published: Option<f64>,
}

/// The bytes of the two files of a golden case.
macro_rules! golden {
    ($name:literal) => {
        (
            include_str!(concat!("../../../../tests/golden/", $name, ".json")),
            include_bytes!(concat!("../../../../tests/golden/", $name, ".safetensors")).as_slice(),
        )
    };
}

/// Ids [N, B] as one list of streams, which is what [`Text::new`] cuts.
fn text(rows: &[Vec<u32>]) -> Text {
    let batch = rows[0].len();
    let ids: Vec<u32> = (0..batch).flat_map(|stream| rows.iter().map(move |row| row[stream])).collect();
    Text::new(&ids, batch).unwrap()
}

fn close(what: &str, found: f64, expected: f64, relative: f64) {
    assert!((found - expected).abs() <= relative * expected.abs(), "{what}: {found}, not {expected}");
}

/// The masks of an update, counted from 1; none where the file has none.
fn masks(file: &SafeTensors, update: usize, recipe: &Recipe, sizes: &Sizes) -> Masks {
    let rates = [("words", 0.1), ("input", 0.4), ("layer_0", 0.25), ("layer_1", 0.25), ("output", 0.1)];
    let factors = |name: &str, rate: f64| -> Vec<f32> {
        let Ok(tensor) = file.tensor(&format!("mask{update}/{name}")) else { return Vec::new() };
        tensor.data().iter().map(|&kept| if kept == 0 { 0.0 } else { (1.0 / (1.0 - rate)) as f32 }).collect()
    };
    let of = |index: usize| factors(rates[index].0, rates[index].1);
    let matrices = tensors(recipe, sizes).into_iter().filter(|tensor| tensor.recurrent);
    let matrices = matrices.map(|tensor| factors(&tensor.name, 0.1)).filter(|mask| !mask.is_empty());
    let layers = vec![of(2), of(3)];
    Masks {
        words: of(0),
        input: of(1),
        layers: if layers[0].is_empty() { Vec::new() } else { layers },
        output: of(4),
        matrices: matrices.collect(),
    }
}

/// Every weight after an update, where the file has them: within 1e-5 + 1e-4 |w|.
fn same_weights(trainer: &Trainer, file: &SafeTensors, prefix: &str) -> usize {
    let mut compared = 0;
    for (info, values) in tensors(&trainer.recipe, &trainer.sizes).iter().zip(trainer.state.weights.values()) {
        let Ok(tensor) = file.tensor(&format!("{prefix}{}", info.name)) else { continue };
        assert_eq!(tensor.shape(), info.shape);
        let expected = tensor.data().as_chunks().0.iter().map(|bytes| f64::from_le_bytes(*bytes));
        for (&found, expected) in values.iter().zip(expected) {
            let allowed = 1e-5 + 1e-4 * expected.abs();
            assert!((f64::from(found) - expected).abs() <= allowed, "{prefix}{}: {found}, not {expected}", info.name);
        }
        compared += 1;
    }
    compared
}

fn check_on((json, bytes): (&str, &[u8]), frozen: bool, device: &Device) {
    let file: File = serde_json::from_str(json).unwrap();
    let tensors_file = SafeTensors::deserialize(bytes).unwrap();
    let golden = &file.settings;
    let text = Arc::new(text(&file.tokens));
    let batch = file.tokens[0].len();
    let settings = Settings {
        adam: Adam {
            beta_1: 0.9,
            beta_2: 0.999,
            epsilon: 1e-8,
            decay: golden.weight_decay,
            decay_in: Decay::Gradient,
            correction: true,
            trust: None,
        },
        clip: Clip { norm: golden.clip, epsilon: 1e-6 },
        rate: golden.lr,
        batch,
        steps: golden.bptt,
        objective: Objective { activation: golden.alpha, change: golden.beta, frozen },
        dropout: Dropout::NONE,
        seed: 0,
    };
    let (weights, sizes) = Weights::from_safetensors(bytes, &file.recipe, &Sizes::PUBLISHED).unwrap();
    let before = weights.clone();
    let mut trainer = Trainer::new(Arc::new(file.recipe), sizes, settings, weights, text.clone());
    let (mode, name) = if frozen { (&file.published.f64, "published") } else { (&file.all.f64, "all") };
    let (mut start, mut compared) = (0, 0);
    for (index, &length) in file.window_lengths.iter().enumerate() {
        let window = text.window(&Span { start, length, drawn: length });
        let masks = masks(&tensors_file, index + 1, &trainer.recipe, &trainer.sizes);
        let (loss, norm) = block_on(trainer.update(&window, &masks, mode.learning_rate[index], device)).unwrap();
        let place = |what| format!("{what} of update {}", index + 1);
        close(&place("cross-entropy"), loss.cross_entropy, mode.cross_entropy[index], 2e-6);
        close(&place("loss"), loss.total, mode.loss[index], 2e-6);
        close(&place("norm"), norm, mode.gradient_norm[index], 1e-5);
        start += length;
        compared += same_weights(&trainer, &tensors_file, &format!("{name}/step{}/", index + 1));
    }
    assert!(compared > 10, "{compared} tensors compared");
    if frozen {
        stayed(&trainer, &before);
    }
    if let (Some(expected), Some(published)) = (mode.validation, mode.validation_published) {
        let validation = self::text(&file.validation_tokens);
        let found = trainer.evaluate(&validation);
        close("validation", found, expected, 2e-6);
        let rows = validation.rows() as f64;
        close("validation as published", found * (rows - 1.0) / rows, published, 2e-6);
    }
}

/// The kernel, and where Burn is there its module.
fn check(golden: (&str, &[u8]), frozen: bool) {
    check_on(golden, frozen, &Device::Cpu);
    #[cfg(feature = "burn")]
    check_on(golden, frozen, &crate::devices::flex());
}

/// Frozen matrices are bit for bit what they were; all others moved.
fn stayed(trainer: &Trainer, before: &Weights) {
    let infos = tensors(&trainer.recipe, &trainer.sizes);
    let values = before.values().into_iter().zip(trainer.state.weights.values());
    for (info, (before, after)) in infos.iter().zip(values) {
        assert_eq!(info.recurrent, before == after, "{}", info.name);
    }
}

#[test]
fn an_lstm_is_trained_as_in_pytorch() {
    check(golden!("train_rnn_lstm"), false);
}

#[test]
fn an_lstm_is_trained_as_published() {
    check(golden!("train_rnn_lstm"), true);
}

#[test]
fn another_cell_is_trained_as_in_pytorch() {
    check(golden!("train_rnn_12124"), false);
}

#[test]
fn another_cell_is_trained_as_published() {
    check(golden!("train_rnn_12124"), true);
}

#[test]
fn dropout_is_that_of_pytorch() {
    check(golden!("train_rnn_dropout"), false);
    check(golden!("train_rnn_dropout"), true);
}

/// A run that is interrupted after each update and continued from the checkpoint's bytes is the run in one go.
#[test]
fn a_continued_run_is_the_run_in_one_go() {
    let (json, bytes) = golden!("train_rnn_lstm");
    let file: File = serde_json::from_str(json).unwrap();
    let (weights, sizes) = Weights::from_safetensors(bytes, &file.recipe, &Sizes::PUBLISHED).unwrap();
    let (recipe, text) = (Arc::new(file.recipe), Arc::new(text(&file.tokens)));
    let settings = Settings { batch: 8, steps: 30, ..Settings::PUBLISHED.in_full() };
    let mut whole = Trainer::new(recipe.clone(), sizes, settings, weights, text.clone());
    let mut parts = whole.clone();
    let mut epochs = 0;
    while epochs < 2 {
        let step = block_on(whole.step(&Device::Cpu)).unwrap();
        epochs = whole.state.position.epoch;
        let metadata = serde_json::to_string(&parts.state.position).unwrap();
        let bytes = parts.state.to_checkpoint(&recipe, &sizes).to_bytes(&metadata).unwrap();
        let (checkpoint, metadata) = Checkpoint::from_bytes(&bytes).unwrap();
        let blank = State::new(&recipe, &sizes, &settings, parts.state.weights.clone());
        let mut state = State::from_checkpoint(&checkpoint, blank, &recipe, &sizes).unwrap();
        state.position = serde_json::from_str(&metadata).unwrap();
        parts = Trainer::resume(recipe.clone(), sizes, settings, state, text.clone());
        assert_eq!(block_on(parts.step(&Device::Cpu)).unwrap(), step);
    }
    assert_eq!(parts.state, whole.state);
    assert!(whole.state.optimizer.updates > 10);
}

#[test]
fn a_loss_above_equal_probabilities_ends_the_run() {
    let (json, bytes) = golden!("train_rnn_lstm");
    let file: File = serde_json::from_str(json).unwrap();
    let (mut weights, sizes) = Weights::from_safetensors(bytes, &file.recipe, &Sizes::PUBLISHED).unwrap();
    weights.decoder_bias[0] = 1e3;
    let settings = Settings { batch: 8, steps: 30, ..Settings::PUBLISHED };
    let text = Arc::new(text(&file.tokens));
    let mut trainer = Trainer::new(Arc::new(file.recipe), sizes, settings, weights, text);
    let message = block_on(trainer.step(&Device::Cpu)).unwrap_err().to_string();
    assert!(message.starts_with("training diverged: in step 1 the loss is "), "{message}");
    assert!(message.ends_with("equal probabilities would give 3.912"), "{message}");
}
