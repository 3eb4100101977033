//! What a user can request: each metric alone, pairs that need different passes, and all. A metric has its golden value
//! whatever else is requested, on every device.

use untrained_core::device::Device;
use untrained_core::job::Job;
use untrained_core::metric::Metric;
use untrained_core::observation::Need;

use crate::{decoders, encoders, golden};

/// A cell with states, products and a blend.
const CELL: u32 = 12_124;

/// An encoder with convolutions, whose layers have every part that is observed.
const ENCODER: &str = "dsc";

/// A decoder with distances, clusters of words, and heads and widths of their own in every layer.
const DECODER: &str = "zc_lts_xl";

/// What a metric reads, in words that are the same for metrics that read the same.
pub fn needed(metric: &dyn Metric) -> Vec<String> {
    let name = |need| match need {
        Need::Parameters(gradient, reduction) => format!("{gradient:?}: {}", reduction.id),
        Need::Nodes(reduction) => format!("nodes: {}", reduction.id),
        Need::NodeGradients(reduction) => format!("gradients of nodes: {}", reduction.id),
        need => format!("{need:?}"),
    };
    metric.needs().into_iter().map(name).collect()
}

/// Each of the metrics alone, pairs of those that differ in what they need, and all.
fn combinations(all: &[&'static dyn Metric]) -> Vec<Vec<&'static dyn Metric>> {
    let mut kinds: Vec<&'static dyn Metric> = Vec::new();
    for metric in all {
        if kinds.iter().all(|kind| needed(*kind) != needed(*metric)) {
            kinds.push(*metric);
        }
    }
    let pairs = kinds.iter().enumerate().flat_map(|(at, one)| kinds[at + 1..].iter().map(|other| vec![*one, *other]));
    all.iter().map(|metric| vec![*metric]).chain(pairs).chain([all.to_vec()]).collect()
}

fn every_combination_of_a_cell_holds(device: &Device, tolerance: f64) {
    let (file, job) = golden::read(CELL);
    let all = combinations(&job.metrics);
    // 16 alone; 10 kinds of needs, with that of nothing, so 45 pairs; all at once.
    assert!(all.len() > 60, "{}", all.len());
    for metrics in all {
        file.holds(&Job { metrics, ..job.clone() }, device, tolerance);
    }
}

fn every_combination_of_an_encoder_holds(device: &Device, tolerance: f64) {
    let (file, job) = encoders::read(ENCODER);
    let all = combinations(&job.metrics);
    // 21 alone; 10 kinds of needs, with that of nothing, so 45 pairs; all at once.
    assert!(all.len() > 60, "{}", all.len());
    let mut alone = 0;
    for metrics in all {
        let known = metrics.iter().filter(|metric| file.metrics.contains_key(metric.about().id)).count();
        assert_eq!(file.holds(&Job { metrics: metrics.clone(), ..job.clone() }, device, tolerance), known);
        alone += if metrics.len() == 1 { known } else { 0 };
    }
    assert_eq!(alone, file.metrics.len());
}

fn every_combination_of_a_decoder_holds(device: &Device, tolerance: f64) {
    let (values, job) = decoders::read(DECODER);
    let all = combinations(&job.metrics);
    // 23 alone; 13 kinds of needs, with that of nothing, so 78 pairs; all at once.
    assert!(all.len() > 100, "{}", all.len());
    for metrics in all {
        values.holds(&Job { metrics, ..job.clone() }, device, tolerance);
    }
}

#[test]
fn on_the_cpu() {
    every_combination_of_a_cell_holds(&Device::Cpu, 1e-4);
    every_combination_of_an_encoder_holds(&Device::Cpu, 1e-4);
    every_combination_of_a_decoder_holds(&Device::Cpu, 1e-4);
}

#[cfg(feature = "devices")]
mod devices {
    use untrained_core::devices::flex;

    use super::*;
    use crate::golden::devices::vulkan;

    #[test]
    fn on_burn_on_the_cpu() {
        every_combination_of_a_cell_holds(&flex(), 1e-4);
        every_combination_of_an_encoder_holds(&flex(), 1e-4);
        every_combination_of_a_decoder_holds(&flex(), 1e-4);
    }

    #[test]
    fn on_vulkan() {
        if let Some(device) = vulkan() {
            every_combination_of_a_cell_holds(device, 1e-3);
            every_combination_of_an_encoder_holds(device, 1e-3);
            every_combination_of_a_decoder_holds(device, 1e-3);
        }
    }
}
