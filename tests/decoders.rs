//! Decoders with given weights and inputs: every metric, in f32 on every device, against its value in f64.

use std::collections::BTreeMap;

use untrained_core::device::Device;
use untrained_core::family::Family;
use untrained_core::job::Job;
use untrained_core::metric;
use untrained_core::score::score;
use untrained_tests::golden;

use crate::golden::relative_difference;
use crate::suite::{self, DECODERS};

/// The values of a golden decoder by metric.
#[derive(serde::Deserialize)]
pub struct Values {
    pub metrics: BTreeMap<String, f64>,
    metrics_f32: BTreeMap<String, f64>,
}

/// A golden decoder, with the job that computes the metrics that have a value.
pub fn read(name: &str) -> (Values, Job) {
    let text = std::fs::read_to_string(golden("decoders.json")).unwrap();
    let values = serde_json::from_str::<BTreeMap<String, Values>>(&text).unwrap().remove(name).unwrap();
    let known = metric::of(Family::Decoder).into_iter().filter(|metric| values.metrics.contains_key(metric.about().id));
    let (_, job) = suite::read(name);
    let job = Job { metrics: known.collect(), ..job };
    assert_eq!(job.metrics.len(), values.metrics.len());
    (values, job)
}

impl Values {
    /// The job's metrics are within `tolerance` of f64, or three times as far as f32 in JAX where that differs more.
    pub fn holds(&self, job: &Job, device: &Device, tolerance: f64) {
        let scores = pollster::block_on(score(job, device)).unwrap();
        assert_eq!(scores.values.len(), job.metrics.len());
        for (metric, score) in job.metrics.iter().zip(scores.values) {
            let id = metric.about().id;
            let (value, expected) = (score.unwrap_or_else(|undefined| undefined.value), self.metrics[id]);
            let allowed = tolerance.max(3.0 * relative_difference(self.metrics_f32[id], expected));
            let (device, name) = (device.name(), &job.name);
            assert!(relative_difference(value, expected) <= allowed, "{device} {name} {id}: {value}, not {expected}");
        }
    }
}

fn holds(device: &Device, tolerance: f64) {
    for name in DECODERS {
        let (values, job) = read(name);
        values.holds(&job, device, tolerance);
    }
}

#[test]
fn the_kernel_gives_the_golden_values() {
    holds(&Device::Cpu, 1e-5);
}

#[cfg(feature = "devices")]
mod devices {
    use untrained_core::devices::flex;

    use super::*;
    use crate::golden::devices::vulkan;

    #[test]
    fn burn_on_the_cpu_gives_the_golden_values() {
        holds(&flex(), 1e-5);
    }

    #[test]
    fn burn_on_vulkan_gives_the_golden_values() {
        if let Some(device) = vulkan() {
            holds(device, 1e-3);
        }
    }
}
