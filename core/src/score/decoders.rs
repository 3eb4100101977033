//! Decoders with given weights and ids: every metric, in f32, against its value in f64 (`tests/decoder_golden.py`).

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use super::score;
use crate::device::Device;
use crate::family::Family;
use crate::job::Job;
use crate::metric;
use crate::network::decoder::{self, Sizes, from_safetensors};
use crate::network::{Batch, Model, WeightSource};
use crate::origin::Origin;
use crate::space::decoder::Decoder;

/// Relatively, or three times as far as f32 in JAX where that differs more.
const TOLERANCE: f64 = 1e-6;

/// Ids and targets of a golden file.
#[derive(Deserialize)]
struct Ids {
    tokens: Vec<Vec<u32>>,
    targets: Vec<Vec<u32>>,
}

/// Values by metric.
#[derive(Deserialize)]
struct Values {
    metrics: BTreeMap<String, f64>,
    metrics_f32: BTreeMap<String, f64>,
}

/// Name, configuration with ids, and weights of the golden decoders.
macro_rules! golden {
    ($($name:literal),*) => {
        [$((
            $name,
            include_str!(concat!("../../../tests/golden/", $name, ".json")),
            include_bytes!(concat!("../../../tests/golden/", $name, ".safetensors")).as_slice(),
        )),*]
    };
}

/// The job of the metrics that are `known`.
fn job(name: &str, json: &str, weights: &[u8], known: &BTreeMap<String, f64>) -> Job {
    let Ids { tokens, targets } = serde_json::from_str(json).unwrap();
    let decoder = Arc::new(Decoder::from_json(json).unwrap());
    let weights = WeightSource::Given(Arc::new(from_safetensors(&[weights], &decoder).unwrap()));
    let sizes = Sizes { batch: tokens.len(), sequence: tokens[0].len() };
    let job = Job {
        name: name.to_owned(),
        model: Model::Decoder(decoder::Model { decoder, sizes, weights }),
        batch: Arc::new(Batch::of_sequences(tokens.concat(), None).with_targets(targets.concat())),
        metrics: metric::of(Family::Decoder)
            .into_iter()
            .filter(|metric| known.contains_key(metric.about().id))
            .collect(),
        origin: Origin::default(),
    };
    job.check(usize::MAX).unwrap();
    job
}

fn difference(value: f64, expected: f64) -> f64 {
    if value.to_bits() == expected.to_bits() { 0.0 } else { (value - expected).abs() / expected.abs() }
}

#[test]
fn every_metric_has_its_golden_value() {
    let mut golden: BTreeMap<String, Values> =
        serde_json::from_str(include_str!("../../../tests/golden/decoders.json")).unwrap();
    for (name, json, weights) in golden!("zc_gpt2", "zc_gpt2_flex", "zc_lts_gpt2", "zc_lts_xl", "zc_hw_gpt") {
        let Values { metrics, metrics_f32 } = golden.remove(name).unwrap();
        let job = job(name, json, weights, &metrics);
        assert_eq!(job.metrics.len(), metrics.len(), "{name}");
        let scores = pollster::block_on(score(&job, &Device::Cpu)).unwrap();
        for (metric, value) in job.metrics.iter().zip(scores.values) {
            let id = metric.about().id;
            let found = difference(value.unwrap(), metrics[id]);
            println!("{name} {id}: {found:.1e}");
            assert!(found <= TOLERANCE.max(3.0 * difference(metrics_f32[id], metrics[id])), "{name} {id}: {found}");
        }
    }
}

/// Batches in several chunks and on one thread give the same as in one: sums are made in the order of the sequences.
#[test]
fn a_score_does_not_depend_on_threads() {
    let json = r#"{"model_type": "llama", "vocab_size": 40, "hidden_size": 8, "num_hidden_layers": 3,
        "num_attention_heads": 4, "num_key_value_heads": 2, "intermediate_size": 12, "initializer_range": 0.3}"#;
    let sizes = Sizes { batch: 70, sequence: 64 };
    let tokens = (0..70 * 64).map(|index: u32| index * index % 39).collect();
    let job = Job {
        name: "tiny".to_owned(),
        model: Model::Decoder(decoder::Model {
            decoder: Arc::new(Decoder::from_json(json).unwrap()),
            sizes,
            weights: WeightSource::Seed(0),
        }),
        batch: Arc::new(Batch::of_sequences(tokens, None)),
        metrics: metric::of(Family::Decoder),
        origin: Origin::default(),
    };
    let scores = || pollster::block_on(score(&job, &Device::Cpu)).unwrap().values;
    let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap().install(scores);
    assert_eq!(alone, rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap().install(scores));
    assert!(alone.iter().all(|value| value.as_ref().is_ok_and(|value| value.is_finite())));
}
