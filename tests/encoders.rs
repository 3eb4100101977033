//! Encoders with given weights and inputs: every metric, in f32 on every device, against its value in f64.

use std::collections::BTreeMap;
use std::sync::Arc;

use untrained_core::device::Device;
use untrained_core::job::{EncoderJob, Initial};
use untrained_core::metric::transformer::METRICS;
use untrained_core::metric::{About, Cost};
use untrained_core::network::transformer::{Sizes, Weights, kernel};
use untrained_core::run;
use untrained_core::space::transformer::Configuration;
use untrained_tests::golden;

use crate::golden::{deviation, number};

/// One file per operation.
const NAMES: [&str; 5] = ["sdp", "wma", "dft", "dct", "dsc"];

#[derive(serde::Deserialize)]
struct File {
    input_ids: Vec<Vec<u32>>,
    last_hidden_state: Vec<Vec<Vec<f32>>>,
    metrics: BTreeMap<String, serde_json::Value>,
    metrics_f32: BTreeMap<String, serde_json::Value>,
}

/// The golden file as Python writes it: NaN is no JSON.
fn read(name: &str) -> (File, EncoderJob) {
    let text = std::fs::read_to_string(golden(&format!("bert_{name}.json"))).unwrap().replace("NaN", "\"nan\"");
    let file: File = serde_json::from_str(&text).unwrap();
    let configuration = Configuration::from_json(&text).unwrap();
    let given = Sizes { batch: file.input_ids.len(), sequence: file.input_ids[0].len(), ..Sizes::PUBLISHED };
    let bytes = std::fs::read(golden(&format!("bert_{name}.safetensors"))).unwrap();
    let (weights, sizes) = Weights::from_safetensors(&bytes, &configuration, &given).unwrap();
    let job = EncoderJob {
        architecture: name.to_owned(),
        configuration: configuration.into(),
        sizes,
        initial: Initial::Weights(weights.into()),
        tokens: Arc::new(file.input_ids.concat()),
        metrics: METRICS.to_vec(),
    };
    job.check(usize::MAX).unwrap();
    (file, job)
}

fn in_file(file: &File, about: &About) -> bool {
    file.metrics.contains_key(about.id)
}

/// Within `tolerance` of f64, or three times as far as f32 in PyTorch where that deviates more.
fn holds(device: &Device, tolerance: f64) {
    for name in NAMES {
        let (file, job) = read(name);
        let scores = pollster::block_on(run::run_encoder(&job, device)).unwrap();
        let scored = job.metrics.iter().map(|metric| metric.about()).zip(scores);
        // What is counted without a network stands in no golden file, but for the published number of parameters.
        for (&About { id, .. }, score) in scored.filter(|(about, _)| about.cost > Cost::Count || in_file(&file, about))
        {
            let expected = number(&file.metrics[id]);
            let value = score.unwrap_or_else(|undefined| undefined.value);
            let allowed = tolerance.max(3.0 * deviation(number(&file.metrics_f32[id]), expected));
            let same = value.is_nan() && expected.is_nan() || deviation(value, expected) <= allowed;
            assert!(same, "{} {name} {id}: {value}, not {expected}", device.name());
        }
    }
}

#[test]
fn the_kernel_gives_the_golden_values() {
    holds(&Device::Processor, 1e-4);
}

/// [B, T, H] against the golden file's.
fn last_hidden_states_are_the_golden_ones(of: impl Fn(&EncoderJob, &Weights) -> Vec<f32>) {
    for name in NAMES {
        let (file, job) = read(name);
        let Initial::Weights(weights) = &job.initial else { panic!() };
        let expected: Vec<f32> = file.last_hidden_state.into_iter().flatten().flatten().collect();
        let hidden = of(&job, weights);
        assert_eq!(hidden.len(), expected.len());
        let furthest = hidden.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(furthest < 1e-4, "{name}: {furthest}");
    }
}

#[test]
fn last_hidden_states_of_the_kernel_are_the_golden_ones() {
    last_hidden_states_are_the_golden_ones(|job, weights| kernel::hidden(job, weights).unwrap());
}

#[cfg(feature = "devices")]
mod devices {
    use untrained_core::device;
    use untrained_core::network::transformer::module::Network;

    use super::*;
    use crate::golden::devices::vulkan;

    #[test]
    fn burn_on_the_processor_gives_the_golden_values() {
        holds(&device::flex(), 1e-4);
    }

    #[test]
    fn burn_on_vulkan_gives_the_golden_values() {
        if let Some(device) = vulkan() {
            holds(device, 1e-3);
        }
    }

    #[test]
    fn last_hidden_states_of_burn_are_the_golden_ones() {
        last_hidden_states_are_the_golden_ones(|job, weights| {
            let device = device::flex().burn();
            let network = Network::new(&job.configuration, weights, &job.sizes, &device);
            pollster::block_on(network.observe(&job.tokens).unwrap().hidden()).unwrap()
        });
    }
}
