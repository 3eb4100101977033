//! The general zero-cost suite against its definitions in f64: given weights, words and next words, on every device.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use untrained_core::device::Device;
use untrained_core::family::Family;
use untrained_core::job::Job;
use untrained_core::metric;
use untrained_core::network::batch::NOT_COUNTED;
use untrained_core::network::recurrent::{self, Sizes, Weights};
use untrained_core::network::{Batch, FurtherInputs, Model, WeightSource, decoder, encoder};
use untrained_core::record::Record;
use untrained_core::score::score;
use untrained_core::space::decoder::Decoder;
use untrained_core::space::encoder::Configuration;
use untrained_core::space::recurrent::Recipe;
use untrained_tests::golden;

use crate::golden::number;
use crate::runs::{outcome, untrained};

/// Files of recurrent networks.
pub const CELLS: [&str; 3] = ["zc_rnn_lstm", "zc_rnn_gru", "zc_rnn_12124"];

/// Files of decoders.
pub const DECODERS: [&str; 5] = ["zc_gpt2", "zc_gpt2_flex", "zc_lts_gpt2", "zc_lts_xl", "zc_hw_gpt"];

/// Files of encoders.
pub const ENCODERS: [&str; 2] = ["zc_bert_sdp", "zc_bert_dsc"];

/// Rounding of a network in f32, as a share of its values.
const ROUNDING: f64 = 6e-8;

/// A golden file.
#[derive(serde::Deserialize)]
pub struct File {
    /// [T, B] of a recurrent network, [B, T] of a decoder, as `targets`.
    tokens: Vec<Vec<u32>>,
    targets: Vec<Vec<i64>>,
    tokens_2: Vec<Vec<u32>>,
    targets_2: Vec<Vec<i64>>,
    /// In the layout of tokens, with the features of each.
    zen_x: Vec<Vec<Vec<f32>>>,
    zen_noise: Vec<Vec<Vec<f32>>>,
    /// Per block but the first.
    signs: Vec<Vec<Vec<Vec<f32>>>>,
    /// Per metric, its value in f64.
    pub metrics: BTreeMap<String, Value>,
    /// Per metric, its relative change over that of the weights.
    condition: BTreeMap<String, Value>,
}

/// Targets; negative where nothing is to be predicted.
fn ids(targets: &[Vec<i64>]) -> Vec<u32> {
    targets.concat().into_iter().map(|id| u32::try_from(id).unwrap_or(NOT_COUNTED)).collect()
}

impl File {
    fn further(&self) -> FurtherInputs {
        let flat = |values: &[Vec<Vec<f32>>]| values.concat().concat();
        FurtherInputs {
            second: Some(Arc::new([self.tokens_2.concat(), ids(&self.targets_2)])),
            noise: Some(Arc::new([flat(&self.zen_x), flat(&self.zen_noise)])),
            signs: Some(Arc::new(self.signs.iter().map(|signs| flat(signs)).collect())),
        }
    }
}

/// A golden network, with the job that computes the metrics that are there.
pub fn read(name: &str) -> (File, Job) {
    let text = std::fs::read_to_string(golden(&format!("{name}.json"))).unwrap();
    let bytes = std::fs::read(golden(&format!("{name}.safetensors"))).unwrap();
    let file: File = serde_json::from_str(&text).unwrap();
    let (model, batch) = match name {
        name if CELLS.contains(&name) => cell(&file, &text, &bytes),
        name if ENCODERS.contains(&name) => encoder(&file, &text, &bytes),
        _ => decoder(&file, &text, &bytes),
    };
    let known = metric::of(model.family()).into_iter().filter(|metric| file.metrics.contains_key(metric.about().id));
    let job = Job {
        name: name.to_owned(),
        model,
        batch: Arc::new(batch.with_targets(ids(&file.targets)).with_further(file.further())),
        metrics: known.collect(),
        origin: Default::default(),
    };
    job.check(usize::MAX).unwrap();
    (file, job)
}

fn decoder(file: &File, text: &str, bytes: &[u8]) -> (Model, Batch) {
    let decoder = Arc::new(Decoder::from_json(text).unwrap());
    let weights = WeightSource::Given(Arc::new(decoder::from_safetensors(&[bytes], &decoder).unwrap()));
    let sizes = decoder::Sizes { batch: file.tokens.len(), sequence: file.tokens[0].len() };
    let batch = Batch::of_sequences(file.tokens.concat(), None);
    (Model::Decoder(decoder::Model { decoder, sizes, weights }), batch)
}

fn encoder(file: &File, text: &str, bytes: &[u8]) -> (Model, Batch) {
    let configuration = Configuration::from_json(text).unwrap();
    let given =
        encoder::Sizes { batch: file.tokens.len(), sequence: file.tokens[0].len(), ..encoder::Sizes::PUBLISHED };
    let (weights, sizes) = encoder::from_safetensors(bytes, &configuration, &given).unwrap();
    let (configuration, weights) = (Arc::new(configuration), WeightSource::Given(Arc::new(weights)));
    let batch = Batch::of_sequences(file.tokens.concat(), None);
    (Model::Encoder(encoder::Model { configuration, sizes, weights }), batch)
}

fn cell(file: &File, text: &str, bytes: &[u8]) -> (Model, Batch) {
    let recipe = Recipe::from_json(text).unwrap();
    let given = Sizes { batch: file.tokens[0].len(), steps: file.tokens.len(), ..Sizes::PUBLISHED };
    let (weights, sizes) = Weights::from_safetensors(bytes, &recipe, &given).unwrap();
    let batch = Batch::from_tokens(file.tokens.concat(), &sizes, 0).unwrap();
    let (recipe, weights) = (Arc::new(recipe), WeightSource::Given(Arc::new(weights)));
    (Model::Recurrent(recurrent::Model { recipe, sizes, weights }), batch)
}

/// Metrics whose definition loses digits in f32, and how many of the value remain; none where nothing does.
///
/// GraSP is a difference of gradients that nearly agree; across the kinks of ReLU it is another number than the exact
/// product. LogSynFlow adds logarithms of gradients that are differences themselves: where tokens attend to nearly equal
/// tokens, and where in exact arithmetic the gradient is 0 (condition above 100). ZiCo is decided by the entries in which two
/// gradients nearly agree.
fn exception(name: &str, id: &str) -> Option<f64> {
    match (name, id) {
        ("zc_lts_xl", "grasp_difference") | ("zc_lts_xl" | "zc_hw_gpt", "logsynflow") => Some(f64::INFINITY),
        (_, "grasp_difference") | ("zc_lts_xl", "zico") => Some(1e-3),
        ("zc_gpt2_flex", "logsynflow_published") => Some(2e-4),
        _ => None,
    }
}

/// What a golden file counts and we do not: the operations of the head of an encoder, which it is scored without.
fn uncounted(job: &Job, id: &str) -> f64 {
    let Some(encoder) = job.encoder().filter(|_| id == "flops") else { return 0.0 };
    let encoder::Sizes { sequence, embedding, vocabulary, .. } = encoder.sizes;
    (2 * sequence * embedding * (encoder.configuration.hidden + vocabulary)) as f64
}

/// Every metric within 1e-4 of its value, or ten times what rounding makes of it where that is more.
fn holds(names: &[&str], device: &Device) {
    for &name in names {
        let (file, job) = read(name);
        assert!(job.metrics.len() >= 8, "{name}");
        let scores = pollster::block_on(score(&job, device)).unwrap();
        for (metric, score) in job.metrics.iter().zip(scores.values) {
            let id = metric.about().id;
            let expected = number(&file.metrics[id]) - uncounted(&job, id);
            let condition = number(&file.condition[id]);
            let value = score.unwrap_or_else(|undefined| undefined.value);
            // A logarithm is as good as what it is the logarithm of.
            let size = if id.ends_with("_ln") { 1.0 } else { expected.abs() };
            let allowed = size * exception(name, id).unwrap_or((10.0 * condition * ROUNDING).max(1e-4));
            // Infinities are equal or not; no tolerance holds of them.
            let difference = if value == expected { 0.0 } else { (value - expected).abs() };
            println!("figure: {} {name} {id}: {:.1e} of {allowed:.1e}", device.name(), difference);
            assert!(difference <= allowed, "{} {name} {id}: {value}, not {expected}", device.name());
        }
    }
}

#[test]
fn the_kernel_gives_the_suite() {
    holds(&CELLS, &Device::Cpu);
    holds(&ENCODERS, &Device::Cpu);
    holds(&DECODERS, &Device::Cpu);
}

#[cfg(feature = "devices")]
#[test]
fn burn_gives_the_suite() {
    holds(&CELLS, &untrained_core::devices::flex());
    holds(&ENCODERS, &untrained_core::devices::flex());
    holds(&DECODERS, &untrained_core::devices::flex());
    if let Some(device) = crate::golden::devices::vulkan() {
        holds(&CELLS, device);
        holds(&ENCODERS, device);
        holds(&DECODERS, device);
    }
}

/// A golden file is a recipe or configuration, and inputs, of the command line, and its weights are given weights: metrics of
/// every kind of pass, by one file of each family.
#[test]
fn the_command_scores_the_suite() {
    for (family, option, name) in [
        ("recurrent", "--recipe", "zc_rnn_gru"),
        ("encoder", "--config", "zc_bert_dsc"),
        ("decoder", "--config", "zc_gpt2"),
    ] {
        let path = |end: &str| golden(&format!("{name}.{end}")).to_str().unwrap().to_owned();
        let (json, weights) = (path("json"), path("safetensors"));
        let mut command = untrained(&["score", family, option, &json, "--inputs", &json, "--weights", &weights]);
        let metrics = ["snip", "loss", "zico", "zen", "az_trainability", "near", "fisher", "synflow_ln", "jacob_cov"];
        metrics.iter().for_each(|metric| _ = command.args(["--metric", metric]));
        let (code, printed, stderr) = outcome(&command.args(["--format", "json", "--device", "cpu"]).output().unwrap());
        assert_eq!(code, Some(0), "{stderr}");
        let records: Vec<Record> = serde_json::from_str(&printed).unwrap();
        let (file, _) = read(name);
        for record in &records {
            let expected = number(&file.metrics[&record.metric]);
            assert!(
                (record.value / expected - 1.0).abs() < 1e-3,
                "{name} {}: {}, not {expected}",
                record.metric,
                record.value
            );
        }
        assert_eq!(records.len(), metrics.len());
    }
}

/// Every metric is the same alone as among all.
#[test]
fn the_suite_is_the_same_alone_as_together() {
    for name in ["zc_rnn_12124", "zc_bert_dsc", "zc_lts_xl"] {
        let (_, job) = read(name);
        let values = |metrics| pollster::block_on(score(&Job { metrics, ..job.clone() }, &Device::Cpu)).unwrap().values;
        let together = values(job.metrics.clone());
        for (metric, expected) in job.metrics.iter().zip(together) {
            assert_eq!(values(vec![*metric]), [expected], "{name} {}", metric.about().id);
        }
    }
}

/// Two batches are compared, or the halves of one: a single sequence has none, which is the reason that is given.
#[test]
fn a_single_sequence_has_no_halves() {
    let mut command = untrained(&["score", "recurrent", "--cell", "lstm", "--embedding", "4", "--hidden", "4"]);
    command.args(["--layers", "1", "--vocabulary-size", "5", "--batch", "1", "--steps", "4", "--metric", "zico"]);
    let (code, printed, stderr) = outcome(&command.args(["--device", "cpu", "--format", "jsonl"]).output().unwrap());
    assert_eq!(code, Some(0), "{stderr}");
    let record: Record = serde_json::from_str(printed.lines().next().unwrap()).unwrap();
    assert!(record.value.is_nan(), "{printed}");
    assert_eq!(record.why.as_deref(), Some("one sequence has no halves to compare"));
}

#[test]
fn inputs_of_the_suite_that_do_not_fit_are_refused() {
    let folder = tempfile::TempDir::new().unwrap();
    let refused = |inputs: &str| {
        let path = folder.path().join("inputs.json");
        std::fs::write(&path, inputs).unwrap();
        let mut command = untrained(&["score", "recurrent", "--cell", "lstm", "--embedding", "4", "--hidden", "4"]);
        command.args(["--layers", "1", "--vocabulary-size", "5", "--metric", "loss", "--inputs"]).arg(&path);
        let (code, _, stderr) = outcome(&command.output().unwrap());
        assert_eq!(code, Some(2), "{stderr}");
        stderr
    };
    let problem = refused(r#"{"tokens": [[1, 2], [3, 4]], "targets": [[1, 2]]}"#);
    assert!(problem.contains("the targets have another shape than the tokens"), "{problem}");
    let problem = refused(r#"{"tokens": [[1, 2], [3, 4]], "targets": [[1, 2], [3, 5]]}"#);
    assert!(problem.contains("targets, step 1 sample 1: id 5 is outside a vocabulary of 5"), "{problem}");
    let problem = refused(r#"{"tokens": [[1, 2], [3, 4]], "tokens_2": [[1, 2]], "targets_2": [[1, 2]]}"#);
    assert!(problem.contains("second batch, tokens: 2 ids; the first batch has 4"), "{problem}");
    let problem = refused(r#"{"tokens": [[1, 2], [3, 4]], "zen_x": [[[1]]], "zen_noise": [[[1]]]}"#);
    assert!(problem.contains("embedded noise, size: 1 values; the embedded batch has 16"), "{problem}");
    let problem = refused(r#"{"tokens": [[1, 2], [3, 4]], "signs": [[[[1]]]]}"#);
    assert!(problem.contains("signs, size: [1] values; the blocks but the first give []"), "{problem}");
}

/// Where next words are not given, they are the words one step later: the loss of a text does not depend on which.
#[test]
fn the_next_words_are_those_one_step_later() {
    let (_, job) = read(CELLS[0]);
    let Model::Recurrent(model) = &job.model else { panic!() };
    let metrics =
        vec![metric::find(Family::Recurrent, "loss").unwrap(), metric::find(Family::Recurrent, "snip").unwrap()];
    let values = |job: &Job| pollster::block_on(score(job, &Device::Cpu)).unwrap().values;
    let sizes = |steps| Sizes { steps, ..model.sizes };
    let of = |steps: usize, targets: bool| {
        let count = steps * model.sizes.batch;
        let batch = Batch::from_tokens(job.batch.tokens[..count].to_vec(), &sizes(steps), 0).unwrap();
        let next = job.batch.tokens[model.sizes.batch..][..count].to_vec();
        let batch = Arc::new(if targets { batch.with_targets(next) } else { batch });
        let model = Model::Recurrent(recurrent::Model { sizes: sizes(steps), ..model.clone() });
        values(&Job { model, batch, metrics: metrics.clone(), ..job.clone() })
    };
    assert_eq!(of(6, false), of(5, true));
    let undefined = of(1, false)[0].clone().unwrap_err();
    assert!(undefined.value.is_nan() && undefined.why.contains("no word has a next one"), "{undefined:?}");
}
