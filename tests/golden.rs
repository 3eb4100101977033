//! Given weights and inputs: every metric, in f32 on every device, against its value in f64.

use std::collections::BTreeMap;
use std::sync::Arc;

use untrained_core::device::Device;
use untrained_core::family::Family;
use untrained_core::job::Job;
use untrained_core::metric;
use untrained_core::network::recurrent::{self, Sizes, Weights};
use untrained_core::network::{Batch, Model, WeightSource};
use untrained_core::score::score;
use untrained_core::space::recurrent::Recipe;
use untrained_tests::{golden, skip};

pub const IDS: [u32; 8] = [889, 6809, 6880, 9532, 9965, 12124, 12792, 13209];

/// A golden file.
#[derive(serde::Deserialize)]
pub struct File {
    recipe: Recipe,
    tokens: Vec<Vec<u32>>,
    noise: Vec<Vec<Vec<f64>>>,
    /// Per metric, its value in f64.
    pub metrics: BTreeMap<String, serde_json::Value>,
    metrics_f32: BTreeMap<String, serde_json::Value>,
}

/// The values of `further.json` for one golden file, which that file itself does not hold.
#[derive(serde::Deserialize)]
pub struct Further {
    metrics: BTreeMap<String, serde_json::Value>,
    metrics_f32: BTreeMap<String, serde_json::Value>,
}

impl Further {
    pub fn read(name: &str) -> Self {
        let text = std::fs::read_to_string(golden("further.json")).unwrap();
        serde_json::from_str::<BTreeMap<String, Self>>(&text).unwrap().remove(name).unwrap()
    }

    /// Adds the values to those in f64 and f32 of the golden file.
    pub fn add_to(
        self,
        metrics: &mut BTreeMap<String, serde_json::Value>,
        f32s: &mut BTreeMap<String, serde_json::Value>,
    ) {
        for (to, from) in [(metrics, self.metrics), (f32s, self.metrics_f32)] {
            for (id, value) in from {
                assert!(to.insert(id.clone(), value).is_none(), "{id} is in the golden file, too");
            }
        }
    }
}

/// A golden cell, with the job that computes its metrics.
pub fn read(id: u32) -> (File, Job) {
    let name = format!("rnn_{id}");
    let text = std::fs::read_to_string(golden(&format!("{name}.json"))).unwrap();
    let mut file: File = serde_json::from_str(&text).unwrap();
    Further::read(&name).add_to(&mut file.metrics, &mut file.metrics_f32);
    let given = Sizes { batch: file.tokens[0].len(), steps: file.tokens.len(), ..Sizes::PUBLISHED };
    let bytes = std::fs::read(golden(&format!("{name}.safetensors"))).unwrap();
    let (weights, sizes) = Weights::from_safetensors(&bytes, &file.recipe, &given).unwrap();
    let noise = file.noise.iter().flatten().flatten().copied().collect();
    let batch = Batch::with_noise(file.tokens.iter().flatten().copied().collect(), noise);
    let known = metric::of(Family::Recurrent).into_iter().filter(|metric| file.metrics.contains_key(metric.about().id));
    let weights = WeightSource::Given(Arc::new(weights));
    let job = Job {
        name: id.to_string(),
        model: Model::Recurrent(recurrent::Model { recipe: Arc::new(file.recipe.clone()), sizes, weights }),
        batch: Arc::new(batch),
        metrics: known.collect(),
        origin: Default::default(),
    };
    job.check(usize::MAX).unwrap();
    (file, job)
}

/// The recurrent network of a job.
pub fn cell(job: &Job) -> &recurrent::Model {
    match &job.model {
        Model::Recurrent(model) => model,
        Model::Encoder(_) | Model::Decoder(_) => panic!("{} is no recurrent network", job.name),
    }
}

pub fn number(value: &serde_json::Value) -> f64 {
    value.as_f64().unwrap_or_else(|| value.as_str().unwrap().parse().unwrap())
}

pub fn relative_difference(value: f64, expected: f64) -> f64 {
    if value.to_bits() == expected.to_bits() { 0.0 } else { (value - expected).abs() / expected.abs() }
}

impl File {
    /// The job's metrics are within `tolerance` of f64, or three times as far as f32 in PyTorch where that differs
    /// more.
    pub fn holds(&self, job: &Job, device: &Device, tolerance: f64) {
        let scores = pollster::block_on(score(job, device)).unwrap();
        assert_eq!(scores.values.len(), job.metrics.len());
        for (metric, score) in job.metrics.iter().zip(scores.values) {
            let id = metric.about().id;
            let expected = number(&self.metrics[id]);
            let f32_difference = relative_difference(number(&self.metrics_f32[id]), expected);
            let value = score.unwrap_or_else(|undefined| undefined.value);
            let allowed = tolerance.max(3.0 * f32_difference);
            let (device, cell) = (device.name(), &job.name);
            assert!(relative_difference(value, expected) <= allowed, "{device} {cell} {id}: {value}, not {expected}");
        }
    }
}

fn holds(device: &Device, tolerance: f64) {
    for id in IDS {
        let (file, job) = read(id);
        assert_eq!(job.metrics.len(), file.metrics.len());
        file.holds(&job, device, tolerance);
    }
}

#[test]
fn the_kernel_gives_the_golden_values() {
    holds(&Device::Cpu, 1e-4);
}

#[cfg(feature = "devices")]
pub mod devices {
    use std::sync::OnceLock;

    use super::*;
    use untrained_core::devices::{self, flex};

    /// The Vulkan device, opened once; `None` where there is none, or it fails: the caller's test is skipped.
    pub fn vulkan() -> Option<&'static Device> {
        static OPENED: OnceLock<Result<Device, String>> = OnceLock::new();
        let opened = OPENED.get_or_init(|| pollster::block_on(devices::wgpu()).map_err(|error| error.to_string()));
        let problem = match opened {
            Ok(device) => return Some(device),
            Err(problem) => problem,
        };
        assert!(!problem.contains("wrongly"), "{problem}");
        skip("vulkan", problem);
        None
    }

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
}

/// The published initialisation, value by value: `rnn_seed_0.json`, written by PyTorch.
#[test]
fn weights_from_the_seed_are_the_published_ones() {
    let text = std::fs::read_to_string(golden("rnn_seed_0.json")).unwrap();
    let file: serde_json::Value = serde_json::from_str(&text).unwrap();
    for case in file["cases"].as_array().unwrap() {
        let recipe = Recipe::from_json(&case["recipe"].to_string()).unwrap();
        let weights = Weights::from_seed(&recipe, &Sizes::PUBLISHED, 3, 0);
        let equal = |key: &str, values: &[f32]| {
            let expected: Vec<f32> =
                case[key].as_array().unwrap().iter().map(|value| value.as_f64().unwrap() as f32).collect();
            assert_eq!(values, expected, "{key}");
        };
        equal("encoder.weight[0,:4]", &weights.embedding[..4]);
        equal("encoder.weight[9999,-4:]", &weights.embedding[4_000_000 - 4..]);
        for (layer, cell) in weights.layers.iter().enumerate() {
            for ((_, node), linear) in recipe.linears().zip(&cell.linears) {
                equal(&format!("rnns.{layer}.{}.bias[first 4]", node.name), &linear.bias[..4]);
                for (at, matrix) in linear.matrices.iter().enumerate() {
                    equal(&format!("rnns.{layer}.{}.weights.{at}[first 4]", node.name), &matrix[..4]);
                }
            }
        }
    }
}

/// The noise of the same file: numpy's legacy generator.
#[test]
fn noise_from_the_seed_is_the_published_one() {
    let text = std::fs::read_to_string(golden("rnn_seed_0.json")).unwrap();
    let file: serde_json::Value = serde_json::from_str(&text).unwrap();
    let batch = Batch::from_tokens(vec![0; 3_500], &Sizes::PUBLISHED, 0).unwrap();
    let expected: Vec<f64> = serde_json::from_value(file["cases"][0]["noise[0,0,:4]"].clone()).unwrap();
    assert_eq!(batch.noise()[..4], expected);
}
