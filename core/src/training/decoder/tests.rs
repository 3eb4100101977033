//! A golden file: losses, norms and weights after each update, in f64, from a PyTorch program; and what training is for.

use safetensors::SafeTensors;
use serde::Deserialize;
use serde_json::json;

use super::*;
use crate::network::decoder::training::DropoutRates;
use crate::network::decoder::{from_safetensors, from_seed};
use crate::training::{Adam, Clip};

#[derive(Deserialize)]
struct Golden {
    heads: Vec<usize>,
    inner: Vec<usize>,
    width: usize,
    vocab_size: usize,
    positions: usize,
    settings: GoldenSettings,
    batches: Vec<Vec<Vec<u32>>>,
    validation_batch: Vec<Vec<u32>>,
    f64: Values,
}

#[derive(Deserialize)]
struct GoldenSettings {
    lr: f64,
    least_lr: f64,
    warmup_steps: u64,
    steps: u64,
    beta_1: f64,
    beta_2: f64,
    epsilon: f64,
    weight_decay: f64,
    clip: f64,
}

#[derive(Deserialize)]
struct Values {
    loss: Vec<f64>,
    gradient_norm: Vec<f64>,
    learning_rate: Vec<f64>,
    validation: f64,
}

const JSON: &str = include_str!("../../../../tests/golden/train_decoder.json");
const TENSORS: &[u8] = include_bytes!("../../../../tests/golden/train_decoder.safetensors");

impl Golden {
    fn trainer(&self) -> Trainer {
        let config = json!({
            "model_type": "gpt2", "vocab_size": self.vocab_size, "n_positions": self.positions, "n_embd": self.width,
            "n_layer": self.heads.len(), "n_head": self.heads, "n_inner": self.inner,
        });
        let decoder = Decoder::from_json(&config.to_string()).unwrap();
        let weights = from_safetensors(&[TENSORS], &decoder).unwrap();
        let GoldenSettings { lr: rate, least_lr: least, warmup_steps: warm_up, steps, .. } = self.settings;
        let GoldenSettings { beta_1, beta_2, epsilon, weight_decay: decay, clip, .. } = self.settings;
        let settings = Settings {
            adam: Adam { beta_1, beta_2, epsilon, decay, ..Settings::GPT2.adam },
            clip: Clip { norm: clip, ..Settings::GPT2.clip },
            schedule: CosineSchedule { rate, least, warm_up, steps },
            ..Settings::GPT2
        };
        let text = Text::new(self.batches.concat().concat(), 14, self.vocab_size).unwrap();
        Trainer::new(decoder.into(), settings, weights, text.into())
    }
}

/// A row has one id more than is read.
fn sequences(rows: &[Vec<u32>]) -> Vec<Sequence<'_>> {
    rows.iter().map(|row| Sequence { tokens: &row[..row.len() - 1], targets: &row[1..] }).collect()
}

fn close(what: &str, found: f64, expected: f64, relative: f64) {
    assert!((found - expected).abs() <= relative * expected.abs(), "{what}: {found}, not {expected}");
}

/// Every weight after an update: within 1e-5 + 1e-4 |w|. Biases of keys have gradients that are 0 but for rounding,
/// from which Adam makes steps of up to the rate: within twice the sum of the rates.
fn same_weights(trainer: &Trainer, file: &SafeTensors, step: usize, rates: f64) {
    for (name, array) in trainer.weights.iter() {
        let short = name.strip_prefix("transformer.").unwrap_or(name);
        let expected = file.tensor(&format!("step{step}/{short}")).unwrap();
        assert_eq!(expected.shape(), array.shape);
        let width = trainer.decoder.width;
        let values = expected.data().as_chunks().0.iter().map(|bytes| f64::from_le_bytes(*bytes));
        for (index, (&found, expected)) in array.values.iter().zip(values).enumerate() {
            let of_key = name.ends_with("c_attn.bias") && (width..2 * width).contains(&index);
            let allowed = if of_key { 2.0 * rates } else { 1e-5 + 1e-4 * expected.abs() };
            let found = f64::from(found);
            assert!((found - expected).abs() <= allowed, "step {step}, {name} {index}: {found}, not {expected}");
        }
    }
}

#[test]
fn a_decoder_is_trained_as_in_pytorch() {
    let golden: Golden = serde_json::from_str(JSON).unwrap();
    let file = SafeTensors::deserialize(TENSORS).unwrap();
    let mut trainer = golden.trainer();
    let mut rates = 0.0;
    for (index, batch) in golden.batches.iter().enumerate() {
        let step = trainer.update(&sequences(batch)).unwrap();
        let place = |what| format!("{what} of update {}", index + 1);
        close(&place("loss"), step.loss, golden.f64.loss[index], 2e-6);
        close(&place("norm"), step.gradient_norm, golden.f64.gradient_norm[index], 1e-5);
        close(&place("rate"), step.rate, golden.f64.learning_rate[index], 1e-12);
        assert_eq!(step.tokens, 4 * 14);
        rates += step.rate;
        if [0, 9].contains(&index) {
            same_weights(&trainer, &file, index + 1, rates);
        }
    }
    assert_eq!(trainer.optimizer.updates, 10);
    let validation = loss(&trainer.decoder, &trainer.weights, &sequences(&golden.validation_batch)).unwrap();
    close("validation", validation, golden.f64.validation, 2e-6);
}

/// Clusters of their own tables with distances: what LTS' decoders have that GPT-2 has not.
const CLUSTERS: &str = r#"{"model": "lts_xl", "n_token": 23, "tgt_len": 12, "d_model": 16, "d_embed": 8, "n_layer": 2,
    "n_head": [2, 4], "d_inner": [24, 16], "cutoffs": [7, 15], "div_val": 2, "tie_projs": [false, true, false]}"#;

/// A text of `count` tokens in which each word follows from the word before.
fn chain(count: usize) -> Vec<u32> {
    (0..count as u32).map(|place| (place * 5) % 23).collect()
}

const GPT2: &str =
    r#"{"model_type": "gpt2", "vocab_size": 23, "n_positions": 12, "n_embd": 16, "n_layer": 2, "n_head": 2}"#;

fn small(json: &str, settings: Settings) -> Trainer {
    let decoder = Decoder::from_json(json).unwrap();
    let weights = from_seed(&decoder, 3);
    let settings = Settings { schedule: settings.schedule.over(200), batch: 4, ..settings };
    Trainer::new(decoder.into(), settings, weights, Text::new(chain(109), 12, 23).unwrap().into())
}

/// By the settings of both, and with dropout.
#[test]
fn what_can_be_learnt_is_learnt() {
    let text = Text::new(chain(60), 12, 23).unwrap();
    for settings in [Settings::GPT2, Settings { schedule: Settings::GPT2.schedule, ..Settings::LTS }] {
        let schedule = CosineSchedule { rate: 2e-2, ..settings.schedule };
        let mut trainer = small(GPT2, Settings { schedule, ..settings });
        let before = trainer.evaluate(&text, &Device::Cpu).unwrap();
        assert!((before - 23_f64.ln()).abs() < 0.1, "{before}");
        for _ in 0..200 {
            trainer.step(&Device::Cpu).unwrap();
        }
        let after = trainer.evaluate(&text, &Device::Cpu).unwrap();
        assert!(after < 0.5, "{after}, from {before}");
        assert_eq!(trainer.epoch(), 200 * 4 / 9);
    }
}

/// A run that is interrupted after each update and continued from the checkpoint's bytes is the run in one go, also with
/// dropout, of which both rates count.
#[test]
fn a_continued_run_is_the_run_in_one_go() {
    let with =
        |hidden, attention| small(CLUSTERS, Settings { dropout: DropoutRates { hidden, attention }, ..Settings::GPT2 });
    let (mut whole, mut parts) = (with(0.1, 0.2), with(0.1, 0.2));
    let others = [with(0.0, 0.2), with(0.1, 0.0)];
    let mut losses = Vec::new();
    for _ in 0..7 {
        let bytes = parts.to_checkpoint().to_bytes("{}").unwrap();
        parts = with(0.1, 0.2);
        parts.restore(&Checkpoint::from_bytes(&bytes).unwrap().0).unwrap();
        let step = whole.step(&Device::Cpu).unwrap();
        assert_eq!(parts.step(&Device::Cpu).unwrap(), step);
        losses.push(step.loss);
    }
    assert_eq!((parts.weights, parts.optimizer), (whole.weights, whole.optimizer));
    for mut other in others {
        assert_ne!(other.step(&Device::Cpu).unwrap().loss, losses[0]);
    }
}

#[test]
fn a_loss_above_equal_probabilities_ends_the_run() {
    let mut trainer = small(CLUSTERS, Settings::GPT2);
    trainer.weights.get_mut("crit.out_layers_biases.2").unwrap().values[0] = 1e3;
    let message = trainer.step(&Device::Cpu).unwrap_err().to_string();
    assert!(message.starts_with("training diverged: in step 1 the loss is "), "{message}");
    // Seven words and two clusters in the first, eight words in each of the others.
    assert!(message.ends_with(&format!("equal probabilities would give {:.3}", 72_f64.ln())), "{message}");
}

#[test]
fn a_text_is_read_in_sequences() {
    let text = Text::new((0..8).collect(), 3, 8).unwrap();
    let read = |sequences: Vec<Sequence>| {
        sequences.iter().map(|read| [read.tokens, read.targets].map(<[u32]>::to_vec)).collect::<Vec<_>>()
    };
    let all = [[vec![0, 1, 2], vec![1, 2, 3]], [vec![3, 4, 5], vec![4, 5, 6]], [vec![6], vec![7]]];
    assert_eq!((text.count(), read(text.all())), (2, all.to_vec()));
    assert_eq!(read(vec![text.sequence(1)]), [all[1].clone()]);
    let problem = |ids: Vec<u32>| Text::new(ids, 3, 8).unwrap_err().to_string();
    let short = "corpus, end: 3 tokens are too few for a sequence of 3 and what follows it";
    assert_eq!(problem(vec![0; 3]), short);
    assert_eq!(problem(vec![0, 8, 0, 0]), "corpus, ids: id 8 is outside the decoder's vocabulary of 8");
}
