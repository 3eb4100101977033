//! Encoders with given weights and inputs: every metric, in f32 on every device, against its value in f64.

use std::collections::BTreeMap;
use std::sync::Arc;

use untrained_core::device::Device;
use untrained_core::family::Family;
use untrained_core::job::Job;
use untrained_core::metric;
use untrained_core::network::encoder::{self, Sizes, from_safetensors, kernel};
use untrained_core::network::transformer::Weights;
use untrained_core::network::{Batch, Model, WeightSource};
use untrained_core::score::score;
use untrained_core::space::encoder::Configuration;
use untrained_tests::golden;

use crate::golden::{Further, number, relative_difference};

/// One file per operation.
pub const NAMES: [&str; 5] = ["sdp", "wma", "dft", "dct", "dsc"];

/// A golden file.
#[derive(serde::Deserialize)]
pub struct File {
    input_ids: Vec<Vec<u32>>,
    last_hidden_state: Vec<Vec<Vec<f32>>>,
    /// Per metric, its value in f64.
    pub metrics: BTreeMap<String, serde_json::Value>,
    metrics_f32: BTreeMap<String, serde_json::Value>,
}

/// The golden file as Python writes it: NaN is no JSON.
pub fn read(name: &str) -> (File, Job) {
    let text = std::fs::read_to_string(golden(&format!("bert_{name}.json"))).unwrap().replace("NaN", "\"nan\"");
    let mut file: File = serde_json::from_str(&text).unwrap();
    Further::read(&format!("bert_{name}")).add_to(&mut file.metrics, &mut file.metrics_f32);
    let configuration = Configuration::from_json(&text).unwrap();
    let given = Sizes { batch: file.input_ids.len(), sequence: file.input_ids[0].len(), ..Sizes::PUBLISHED };
    let bytes = std::fs::read(golden(&format!("bert_{name}.safetensors"))).unwrap();
    let (weights, sizes) = from_safetensors(&bytes, &configuration, &given).unwrap();
    let weights = WeightSource::Given(weights.into());
    let known = metric::of(Family::Encoder).into_iter().filter(|metric| file.metrics.contains_key(metric.about().id));
    let job = Job {
        name: name.to_owned(),
        metrics: known.collect(),
        model: Model::Encoder(encoder::Model { configuration: configuration.into(), sizes, weights }),
        batch: Arc::new(Batch::of_sequences(file.input_ids.concat(), None)),
        origin: Default::default(),
    };
    job.check(usize::MAX).unwrap();
    (file, job)
}

/// The given weights of an encoder's job.
fn given(job: &Job) -> &Weights {
    match &job.encoder().unwrap().weights {
        WeightSource::Given(weights) => weights,
        WeightSource::Seed(seed) => panic!("weights of seed {seed}"),
    }
}

impl File {
    /// Those of the job's metrics that have a golden value are within `tolerance` of f64, or three times as far as f32
    /// in PyTorch where that differs more. How many there are.
    pub fn holds(&self, job: &Job, device: &Device, tolerance: f64) -> usize {
        let scores = pollster::block_on(score(job, device)).unwrap();
        assert_eq!(scores.values.len(), job.metrics.len());
        let known = job.metrics.iter().zip(scores.values).filter_map(|(metric, score)| {
            let id = metric.about().id;
            Some((id, number(self.metrics.get(id)?), score.unwrap_or_else(|undefined| undefined.value)))
        });
        known
            .map(|(id, expected, value)| {
                let allowed = tolerance.max(3.0 * relative_difference(number(&self.metrics_f32[id]), expected));
                let same = value.is_nan() && expected.is_nan() || relative_difference(value, expected) <= allowed;
                let (device, name) = (device.name(), &job.name);
                assert!(same, "{device} {name} {id}: {value}, not {expected}");
            })
            .count()
    }
}

fn holds(device: &Device, tolerance: f64) {
    for name in NAMES {
        let (file, job) = read(name);
        assert_eq!(file.holds(&job, device, tolerance), file.metrics.len());
    }
}

#[test]
fn the_kernel_gives_the_golden_values() {
    holds(&Device::Cpu, 1e-4);
}

/// [B, T, H] against the golden file's.
fn last_hidden_states_are_the_golden_ones(of: impl Fn(&Job, &Weights) -> Vec<f32>) {
    for name in NAMES {
        let (file, job) = read(name);
        let expected: Vec<f32> = file.last_hidden_state.into_iter().flatten().flatten().collect();
        let hidden = of(&job, given(&job));
        assert_eq!(hidden.len(), expected.len());
        let furthest = hidden.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(furthest < 1e-4, "{name}: {furthest}");
    }
}

/// [B, T, H].
fn kernel_hidden(job: &Job, weights: &Weights) -> Vec<f32> {
    kernel::hidden(job.encoder().unwrap(), weights, &job.batch).unwrap()
}

#[test]
fn last_hidden_states_of_the_kernel_are_the_golden_ones() {
    last_hidden_states_are_the_golden_ones(kernel_hidden);
    last_hidden_states_are_the_golden_ones(|job, _| job.encoder().unwrap().hidden_states(&job.batch).unwrap());
}

#[cfg(feature = "devices")]
mod devices {
    use untrained_core::devices::flex;
    use untrained_core::metric::Cost;
    use untrained_core::network::encoder::module::Network;
    use untrained_core::observation::Term;
    use untrained_core::progress::Progress;
    use untrained_core::score::{observe, value};

    use super::*;
    use crate::golden::devices::vulkan;

    #[test]
    fn burn_on_the_cpu_gives_the_golden_values() {
        holds(&flex(), 1e-4);
    }

    #[test]
    fn burn_on_vulkan_gives_the_golden_values() {
        if let Some(device) = vulkan() {
            holds(device, 1e-3);
        }
    }

    /// Every term of a score has the same site and value in the kernel, with its hand-written passes, and in Burn.
    #[test]
    fn the_terms_of_kernel_and_burn_are_the_same() {
        for name in NAMES {
            let (_, job) = read(name);
            let observe = |device: &Device| pollster::block_on(observe(&job, device, &Progress::default())).unwrap();
            let (kernel, burn) = (observe(&Device::Cpu), observe(&flex()));
            for metric in &job.metrics {
                let id = metric.about().id;
                let [here, there] = [metric.terms(&kernel), metric.terms(&burn)];
                let [here, there] = [by_site(&here), by_site(&there)];
                assert!(here.keys().eq(there.keys()), "{name} {id}: {:?}, {:?}", here.keys(), there.keys());
                let furthest =
                    here.values().zip(there.values()).map(|(a, b)| relative_difference(*a, *b)).fold(0.0, f64::max);
                assert!(furthest < 1e-3, "{name} {id}: {furthest}");
            }
            let heads = metric::find(Family::Encoder, "attention_importance").unwrap().terms(&burn);
            let heads = by_site(&heads);
            assert!(heads.values().all(|value| *value > 0.0), "{name}: {heads:?}");
        }
    }

    /// As where a device has not enough memory for all sequences at once.
    #[test]
    fn one_sequence_at_a_time_gives_the_scores_of_the_batch() {
        for name in NAMES {
            let (_, job) = read(name);
            let (model, needs) = (job.encoder().unwrap(), job.needs());
            let network = Network::new(model, given(&job), &needs, &flex().burn());
            let observe = |at_once| {
                let sums = pollster::block_on(network.in_parts(&job.batch, at_once, "flex")).unwrap();
                network.finish(sums).unwrap()
            };
            assert!(model.sizes.batch > 1);
            let (together, single) = (observe(model.sizes.batch), observe(1));
            for metric in job.metrics.iter().filter(|metric| metric::cost(**metric) > Cost::Count) {
                let value = |seen| value(*metric, seen).unwrap_or_else(|undefined| undefined.value);
                let (together, single) = (value(&together), value(&single));
                let same = together.is_nan() && single.is_nan() || relative_difference(single, together) < 1e-4;
                assert!(same, "{name} {}: {single}, not {together}", metric.about().id);
            }
        }
    }

    fn by_site(terms: &[Term]) -> BTreeMap<(Option<usize>, &str, Option<usize>), f64> {
        terms.iter().map(|Term { site, value }| ((site.layer, site.part.as_str(), site.head), *value)).collect()
    }

    /// [B, T, H].
    fn hidden(job: &Job, weights: &Weights) -> Vec<f32> {
        let needs = job.needs();
        let network = Network::new(job.encoder().unwrap(), weights, &needs, &flex().burn());
        pollster::block_on(network.run(&job.batch.tokens, None).unwrap().hidden()).unwrap()
    }

    #[test]
    fn last_hidden_states_of_burn_are_the_golden_ones() {
        last_hidden_states_are_the_golden_ones(hidden);
    }

    /// The configuration of a trained encoder sets what its layer norms add to a variance.
    #[test]
    fn kernel_and_burn_take_epsilon_from_the_weights() {
        let (_, job) = read("sdp");
        let weights = given(&job);
        let mut larger = weights.clone();
        larger.epsilon = 0.1;
        let kernel = |weights| kernel_hidden(&job, weights);
        let furthest = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(furthest(&kernel(&larger), &hidden(&job, &larger)) < 1e-4);
        assert!(furthest(&kernel(&larger), &kernel(weights)) > 1e-2);
    }
}
