//! NaN in, NaN out: a metric that reads a weight that is NaN has no value, and the reason names the weight, on every
//! device. A metric that does not read it has its golden value.

use std::sync::Arc;

use serde_json::Value;
use untrained_core::device::Device;
use untrained_core::job::{EncoderJob, Initial, Job};
use untrained_core::metric::{Cost, METRICS, Undefined, by_id, transformer};
use untrained_core::network::{recurrent, transformer as encoder};
use untrained_core::run;
use untrained_core::space::recurrent::Recipe;
use untrained_tests::golden;

use crate::{encoders, golden as cells};

const CELL: u32 = 6_880;
const ENCODER: &str = "wma";

/// A safetensors file with NaN in one entry of a tensor.
fn with_nan(bytes: &[u8], tensor: &str, entry: usize) -> Vec<u8> {
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let header: Value = serde_json::from_slice(&bytes[8..][..length]).unwrap();
    assert_eq!(header[tensor]["dtype"], "F32", "{tensor}");
    let start = 8 + length + header[tensor]["data_offsets"][0].as_u64().unwrap() as usize + 4 * entry;
    let mut bytes = bytes.to_vec();
    bytes[start..][..4].copy_from_slice(&f32::NAN.to_le_bytes());
    bytes
}

/// The tensors of a safetensors file.
fn tensors(bytes: &[u8]) -> Vec<String> {
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let header: Value = serde_json::from_slice(&bytes[8..][..length]).unwrap();
    header.as_object().unwrap().keys().filter(|name| *name != "__metadata__").cloned().collect()
}

fn names_weight(score: &Result<f64, Undefined>, tensor: &str) -> bool {
    score.as_ref().is_err_and(|none| none.value.is_nan() && none.why.contains(&format!("weight {tensor} is NaN at")))
}

/// Every metric of the cell, with NaN in one entry of each tensor in turn.
fn cells_lose_no_nan(device: &Device) {
    let (_, job) = cells::read(CELL);
    let bytes = std::fs::read(golden(&format!("rnn_{CELL}.safetensors"))).unwrap();
    let (width, first) = (job.sizes.embedding, job.batch.tokens[0] as usize);
    for tensor in tensors(&bytes) {
        let layer = tensor.strip_prefix("rnns.").and_then(|rest| rest.split('.').next()?.parse::<usize>().ok());
        let entry = if layer.is_none() { first * width } else { 0 };
        if layer.is_none() && tensor != "encoder.weight" {
            continue;
        }
        let file = with_nan(&bytes, &tensor, entry);
        let (weights, _) = recurrent::Weights::from_safetensors(&file, &job.recipe, &job.sizes).unwrap();
        let job = Job { initial: Initial::Weights(Arc::new(weights)), metrics: METRICS.to_vec(), ..job.clone() };
        let scores = pollster::block_on(run::run(&job, device)).unwrap();
        for (metric, score) in METRICS.iter().zip(&scores) {
            let (id, cost) = (metric.about().id, metric.about().cost);
            let lowest = id.strip_prefix("hidden_covariance_layer_").map_or(3, |layer| layer.parse().unwrap());
            let reads = cost != Cost::Count && layer.unwrap_or(0) < lowest;
            assert_eq!(names_weight(score, &tensor), reads, "{} {tensor} {id}: {score:?}", device.name());
            assert!(reads || score.as_ref().is_ok_and(|value| value.is_finite()), "{tensor} {id}: {score:?}");
        }
    }
}

/// Every metric of the encoder, with NaN in one entry of each tensor in turn.
fn encoders_lose_no_nan(device: &Device, skip: usize) {
    let (_, job) = encoders::read(ENCODER);
    let bytes = std::fs::read(golden(&format!("bert_{ENCODER}.safetensors"))).unwrap();
    for tensor in tensors(&bytes).into_iter().step_by(skip) {
        let first = if tensor.contains("word_embeddings") { job.tokens[0] as usize * job.sizes.embedding } else { 0 };
        let file = with_nan(&bytes, &tensor, first);
        let (weights, sizes) = encoder::Weights::from_safetensors(&file, &job.configuration, &job.sizes).unwrap();
        if !sizes.weights(&job.configuration).iter().any(|(name, _)| *name == tensor) {
            continue;
        }
        let job = EncoderJob { initial: Initial::Weights(Arc::new(weights)), ..job.clone() };
        let scores = pollster::block_on(run::run_encoder(&job, device)).unwrap();
        for (metric, score) in transformer::METRICS.iter().zip(&scores) {
            let reads = metric.about().cost != Cost::Count;
            assert_eq!(names_weight(score, &tensor), reads, "{tensor} {}: {score:?}", metric.about().id);
        }
    }
}

/// The embedding of a token that the first sequence does not hold does not change what reads the first sequence only.
#[test]
fn a_token_of_another_sequence_does_not_reach_the_first_one() {
    let (file, job) = encoders::read(ENCODER);
    let (first, others) = job.tokens.split_at(job.sizes.sequence);
    let other = *others.iter().find(|id| !first.contains(id)).unwrap() as usize;
    let bytes = std::fs::read(golden(&format!("bert_{ENCODER}.safetensors"))).unwrap();
    let bytes = with_nan(&bytes, "embeddings.word_embeddings.weight", other * job.sizes.embedding);
    let (weights, _) = encoder::Weights::from_safetensors(&bytes, &job.configuration, &job.sizes).unwrap();
    let job = EncoderJob { initial: Initial::Weights(Arc::new(weights)), ..job };
    let of = |id: &str| {
        let metrics = vec![transformer::by_id(id).unwrap()];
        pollster::block_on(run::run_encoder(&EncoderJob { metrics, ..job.clone() }, &Device::Processor))
            .unwrap()
            .remove(0)
    };
    assert_eq!(of("activation_distance").unwrap(), cells::number(&file.metrics["activation_distance"]));
    assert!(names_weight(&of("head_confidence"), "embeddings.word_embeddings.weight"));
}

/// Weights so large that a product of finite numbers is infinite, and the difference of two of those NaN.
#[test]
fn nan_computed_from_finite_weights_is_not_lost() {
    let (_, job) = encoders::read(ENCODER);
    let bytes = std::fs::read(golden(&format!("bert_{ENCODER}.safetensors"))).unwrap();
    let tensor = "encoder.layer.0.operation.operation.query.weight";
    let mut file = bytes.clone();
    let nan = with_nan(&bytes, tensor, 0);
    let at = (0..bytes.len()).find(|&at| bytes[at] != nan[at]).unwrap() & !3;
    file[at..][..4].copy_from_slice(&f32::MAX.to_le_bytes());
    file[at + 4..][..4].copy_from_slice(&f32::MAX.to_le_bytes());
    let (weights, _) = encoder::Weights::from_safetensors(&file, &job.configuration, &job.sizes).unwrap();
    let job = EncoderJob { initial: Initial::Weights(Arc::new(weights)), ..job };
    let scores = pollster::block_on(run::run_encoder(&job, &Device::Processor)).unwrap();
    for (metric, score) in transformer::METRICS.iter().zip(&scores).filter(|(m, _)| m.about().cost != Cost::Count) {
        let value = score.as_ref().map_or_else(|none| none.value, |value| *value);
        assert!(value.is_nan(), "{}: {score:?}", metric.about().id);
    }
}

/// A linear cell whose weights are 1e20: states of the second layer, and gradients, are beyond the largest number.
#[test]
fn a_gradient_that_overflows_is_no_number() {
    let recipe = Recipe::from_json(r#"{"h_new_0": {"op": "linear", "input": ["x", "h_prev_0"]}}"#).unwrap();
    let (_, job) = cells::read(CELL);
    let mut weights = recurrent::Weights::from_seed(&recipe, &job.sizes, job.sizes.layers, 0);
    let linears = weights.layers.iter_mut().flat_map(|layer| &mut layer.linears);
    linears.flat_map(|linear| &mut linear.matrices).for_each(|matrix| matrix.fill(1e20));
    weights.embedding.fill(1.0);
    let initial = Initial::Weights(Arc::new(weights));
    let metrics = ["synaptic_saliency", "hidden_synaptic_saliency"].map(|id| by_id(id).unwrap()).to_vec();
    let job = Job { recipe: Arc::new(recipe), initial, metrics, ..job };
    for (metric, score) in job.metrics.iter().zip(pollster::block_on(run::run(&job, &Device::Processor)).unwrap()) {
        let none = score.unwrap_err();
        let id = metric.about().id;
        assert!(!none.value.is_finite() && none.why == "a gradient is not finite", "{id}: {none:?}");
    }
}

#[test]
fn on_the_cpu() {
    cells_lose_no_nan(&Device::Processor);
    encoders_lose_no_nan(&Device::Processor, 1);
}

#[cfg(feature = "devices")]
mod devices {
    use untrained_core::device;

    use super::*;
    use crate::golden::devices::vulkan;

    #[test]
    fn on_burn_on_the_cpu() {
        cells_lose_no_nan(&device::flex());
        encoders_lose_no_nan(&device::flex(), 5);
    }

    #[test]
    fn on_vulkan() {
        if let Some(device) = vulkan() {
            cells_lose_no_nan(device);
            encoders_lose_no_nan(device, 9);
        }
    }
}
