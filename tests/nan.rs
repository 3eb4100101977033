//! NaN in, NaN out: a metric that reads a weight that is NaN has no value, and the reason names the weight, on every
//! device. A metric that does not read it has its golden value.

use std::sync::Arc;

use serde_json::Value;
use untrained_core::device::Device;
use untrained_core::family::Family;
use untrained_core::job::Job;
use untrained_core::metric::{self, Cost, Metric};
use untrained_core::network::{Model, WeightSource, encoder, recurrent, transformer};
use untrained_core::score;
use untrained_core::space::recurrent::Recipe;
use untrained_core::undefined::Undefined;
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

/// The job with these weights in place of its own.
fn with_cell_weights(job: &Job, weights: recurrent::Weights) -> Job {
    let weights = WeightSource::Given(Arc::new(weights));
    Job { model: Model::Recurrent(recurrent::Model { weights, ..cells::cell(job).clone() }), ..job.clone() }
}

fn with_encoder_weights(job: &Job, weights: transformer::Weights) -> Job {
    let weights = WeightSource::Given(Arc::new(weights));
    Job { model: Model::Encoder(encoder::Model { weights, ..job.encoder().unwrap().clone() }), ..job.clone() }
}

/// Per metric of the job, its score.
fn scores(job: &Job, device: &Device) -> Vec<(&'static dyn Metric, Result<f64, Undefined>)> {
    let values = pollster::block_on(score::score(job, device)).unwrap().values;
    assert!(!values.is_empty() && values.len() == job.metrics.len());
    job.metrics.iter().copied().zip(values).collect()
}

/// Every metric of the cell, with NaN in one entry of each tensor in turn.
fn cells_lose_no_nan(device: &Device) {
    let (_, mut job) = cells::read(CELL);
    job.metrics = metric::of(Family::Recurrent);
    let model = cells::cell(&job);
    let bytes = std::fs::read(golden(&format!("rnn_{CELL}.safetensors"))).unwrap();
    let (width, first) = (model.sizes.embedding, job.batch.tokens[0] as usize);
    for tensor in tensors(&bytes) {
        let layer = tensor.strip_prefix("rnns.").and_then(|rest| rest.split('.').next()?.parse::<usize>().ok());
        let entry = if layer.is_none() { first * width } else { 0 };
        if layer.is_none() && tensor != "encoder.weight" {
            continue;
        }
        let file = with_nan(&bytes, &tensor, entry);
        let (weights, _) = recurrent::Weights::from_safetensors(&file, &model.recipe, &model.sizes).unwrap();
        for (metric, score) in &scores(&with_cell_weights(&job, weights), device) {
            let (id, cost) = (metric.about().id, metric::cost(*metric));
            let lowest = id.strip_prefix("hidden_covariance_layer_").map_or(3, |layer| layer.parse().unwrap());
            let reads = (cost != Cost::Count || id == "l2_norm") && layer.unwrap_or(0) < lowest;
            assert_eq!(names_weight(score, &tensor), reads, "{} {tensor} {id}: {score:?}", device.name());
            assert!(reads || score.as_ref().is_ok_and(|value| value.is_finite()), "{tensor} {id}: {score:?}");
        }
    }
}

/// Every metric of the encoder, with NaN in one entry of each tensor in turn.
fn encoders_lose_no_nan(device: &Device, skip: usize) {
    let (_, job) = encoders::read(ENCODER);
    let model = job.encoder().unwrap();
    let bytes = std::fs::read(golden(&format!("bert_{ENCODER}.safetensors"))).unwrap();
    for tensor in tensors(&bytes).into_iter().step_by(skip) {
        let token = job.batch.tokens[0] as usize;
        let first = if tensor.contains("word_embeddings") { token * model.sizes.embedding } else { 0 };
        let file = with_nan(&bytes, &tensor, first);
        let (weights, sizes) = encoder::from_safetensors(&file, &model.configuration, &model.sizes).unwrap();
        if !sizes.weights(&model.configuration).iter().any(|(name, _)| *name == tensor) {
            continue;
        }
        for (metric, score) in &scores(&with_encoder_weights(&job, weights), device) {
            let reads = metric::cost(*metric) != Cost::Count;
            assert_eq!(names_weight(score, &tensor), reads, "{tensor} {}: {score:?}", metric.about().id);
        }
    }
}

/// The embedding of a token that the first sequence does not hold does not change what reads the first sequence only.
#[test]
fn a_token_of_another_sequence_does_not_reach_the_first_one() {
    let (file, job) = encoders::read(ENCODER);
    let encoder::Model { configuration, sizes, .. } = job.encoder().unwrap();
    let (first, others) = job.batch.tokens.split_at(sizes.sequence);
    let other = *others.iter().find(|id| !first.contains(id)).unwrap() as usize;
    let bytes = std::fs::read(golden(&format!("bert_{ENCODER}.safetensors"))).unwrap();
    let bytes = with_nan(&bytes, "embeddings.word_embeddings.weight", other * sizes.embedding);
    let (weights, _) = encoder::from_safetensors(&bytes, configuration, sizes).unwrap();
    let job = with_encoder_weights(&job, weights);
    let of = |id: &str| {
        let metrics = vec![metric::find(Family::Encoder, id).unwrap()];
        scores(&Job { metrics, ..job.clone() }, &Device::Cpu).remove(0).1
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
    let encoder::Model { configuration, sizes, .. } = job.encoder().unwrap();
    let (weights, _) = encoder::from_safetensors(&file, configuration, sizes).unwrap();
    let scores = scores(&with_encoder_weights(&job, weights), &Device::Cpu);
    for (metric, score) in scores.iter().filter(|(metric, _)| metric::cost(*metric) != Cost::Count) {
        let value = score.as_ref().map_or_else(|none| none.value, |value| *value);
        assert!(value.is_nan(), "{}: {score:?}", metric.about().id);
    }
}

/// A linear cell whose weights are 1e20: states of the second layer, and gradients, are beyond the largest number.
#[test]
fn a_gradient_that_overflows_is_no_number() {
    let recipe = Recipe::from_json(r#"{"h_new_0": {"op": "linear", "input": ["x", "h_prev_0"]}}"#).unwrap();
    let (_, job) = cells::read(CELL);
    let sizes = cells::cell(&job).sizes;
    let mut weights = recurrent::Weights::from_seed(&recipe, &sizes, sizes.layers, 0);
    let linears = weights.layers.iter_mut().flat_map(|layer| &mut layer.linears);
    linears.flat_map(|linear| &mut linear.matrices).for_each(|matrix| matrix.fill(1e20));
    weights.embedding.fill(1.0);
    let weights = WeightSource::Given(Arc::new(weights));
    let ids = ["synaptic_saliency", "hidden_synaptic_saliency"];
    let metrics = ids.map(|id| metric::find(Family::Recurrent, id).unwrap()).to_vec();
    let model = Model::Recurrent(recurrent::Model { recipe: Arc::new(recipe), sizes, weights });
    for (metric, score) in scores(&Job { model, metrics, ..job }, &Device::Cpu) {
        let none = score.unwrap_err();
        let id = metric.about().id;
        let why = match id {
            "hidden_synaptic_saliency" => none.why == "a gradient is not finite",
            // The site of a matrix, or of the embedding.
            _ => none.why.starts_with("the term of ") && none.why.ends_with(", is not finite"),
        };
        assert!(!none.value.is_finite() && why, "{id}: {none:?}");
    }
}

#[test]
fn on_the_cpu() {
    cells_lose_no_nan(&Device::Cpu);
    encoders_lose_no_nan(&Device::Cpu, 1);
}

#[cfg(feature = "devices")]
mod devices {
    use untrained_core::devices::flex;

    use super::*;
    use crate::golden::devices::vulkan;

    #[test]
    fn on_burn_on_the_cpu() {
        cells_lose_no_nan(&flex());
        encoders_lose_no_nan(&flex(), 5);
    }

    #[test]
    fn on_vulkan() {
        if let Some(device) = vulkan() {
            cells_lose_no_nan(device);
            encoders_lose_no_nan(device, 9);
        }
    }
}
