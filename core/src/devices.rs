//! Opens devices that Burn runs on, and checks that they compute what the CPU does.

use crate::device::Device;
use crate::metric::Metric;
use crate::score::score;
use crate::task::Task;
use crate::undefined::Undefined;
use crate::{Error, Result};

/// Burn's backend on the CPU: slower than the kernels, and what other devices can be compared with.
pub fn flex() -> Device {
    Device::Burn { device: burn::tensor::Device::flex(), name: "flex".to_owned(), software: true }
}

/// Whether wgpu finds a GPU that is not software through Vulkan, Metal or DirectX 12. Much quicker than
/// opening it. OpenGL is left out: where nothing else finds a GPU it takes long to report that.
#[cfg(feature = "wgpu")]
pub async fn has_card() -> bool {
    use burn::tensor::wgpu::wgpu::{Adapter, Backends, DeviceType, Instance, InstanceDescriptor};

    let backends = Backends::VULKAN | Backends::METAL | Backends::DX12;
    let instance = Instance::new(InstanceDescriptor { backends, ..InstanceDescriptor::new_without_display_handle() });
    let is_card = |adapter: &Adapter| adapter.get_info().device_type != DeviceType::Cpu;
    instance.enumerate_adapters(backends).await.iter().any(is_card)
}

/// Opens the GPU that wgpu prefers and checks it. To be called once: a second opening is an error.
///
/// # Errors
/// [`Error::Device`] when there is none, or it computes wrongly.
#[cfg(feature = "wgpu")]
pub async fn wgpu() -> Result<Device> {
    use burn::tensor::wgpu::wgpu::DeviceType;

    let opened = burn::tensor::Device::wgpu_options().init_with_setup_async().await;
    let (device, setup) = opened.map_err(|error| failed("wgpu", error.to_string()))?;
    let info = setup.adapter.get_info();
    let name = format!("wgpu: {} ({})", info.name, info.backend);
    let device = Device::Burn { device, name, software: info.device_type == DeviceType::Cpu };
    check(&device).await?;
    Ok(device)
}

/// Opens the first NVIDIA GPU through CUDA, whose libraries are looked for now, and checks it.
///
/// # Errors
/// [`Error::Device`] when there is none, or it computes wrongly.
#[cfg(feature = "cuda")]
pub async fn cuda() -> Result<Device> {
    use burn::tensor::{Device as Handle, DeviceType};

    let found = Handle::enumerate(DeviceType::Cuda).into_vec().into_iter().next();
    let device = found.ok_or_else(|| failed("cuda", "there is no NVIDIA GPU, or no driver for it".to_owned()))?;
    let card = device.identity().map(|identity| identity.name).unwrap_or_default();
    let device = Device::Burn { device, name: format!("cuda: {card}"), software: false };
    check(&device).await?;
    Ok(device)
}

/// A network of each family, which together run every operation of the recurrent space, attention with and without a
/// mask, softmax, norms, GELU and the loss of words, and the metrics that are compared. Scores computed from
/// eigenvalues, or from gradients of fresh encoders, are not among them: at sizes as small as these they depend on
/// rounding.
const CHECKED: [(&str, &[&str]); 3] = [
    (CELL, &["synaptic_saliency", "hidden_synaptic_saliency", "activation_distance"]),
    (ENCODER, &["head_confidence", "head_softmax_confidence", "attention_confidence"]),
    (DECODER, &["loss", "attention_confidence", "synaptic_saliency"]),
];

const CELL: &str = r#"{"space": "recurrent",
    "sizes": {"vocabulary": 20, "embedding": 12, "hidden": 16, "layers": 3, "batch": 8, "steps": 8},
    "recipe": {
    "a": {"op": "linear", "input": ["x", "h_prev_0"]},
    "b": {"op": "activation_sigm", "input": ["a"]},
    "c": {"op": "linear", "input": ["h_prev_1", "x", "b"]},
    "d": {"op": "activation_leaky_relu", "input": ["c"]},
    "e": {"op": "elementwise_prod", "input": ["d", "d"]},
    "f": {"op": "blend", "input": ["b", "h_prev_0", "e"]},
    "h_new_0": {"op": "activation_tanh", "input": ["f"]},
    "h_new_1": {"op": "elementwise_sum", "input": ["h_new_0", "d"]}
    }}"#;

const ENCODER: &str = r#"{"space": "transformer",
    "sizes": {"vocabulary": 20, "embedding": 16, "positions": 8, "batch": 4, "sequence": 8},
    "configuration": {"hidden_size": 16, "nas_config": {"encoder_layers": [
        {"operation_type": "SA", "operation_parameter": "SDP", "num_operation_heads": 2,
         "feed_forward_dimension": 32, "num_feed_forward": 1}
    ]}}}"#;

const DECODER: &str = r#"{"space": "decoder",
    "sizes": {"batch": 4, "sequence": 8},
    "decoder": {"original": "llama", "vocabulary": 20, "positions": 8, "width": 16,
        "layers": [{"heads": 4, "key_value_heads": 2, "head_size": 4, "feed_forward": 24}],
        "position": {"rotary": {"fraction": 1.0, "theta": 10000.0}}, "norm": "root_mean_square_before",
        "epsilon": 1e-6, "residual": "sequential", "scale": "head_size", "activation": "silu", "gated": true,
        "biases": {"query_key_value": false, "attention_output": false, "feed_forward": false},
        "words": {"whole": {"tied": false, "bias": false}}, "scaled_words": false, "deviation": 0.1}}"#;

/// Largest accepted relative difference from the CPU's score.
const TOLERANCE: f64 = 1e-2;

/// Scores tiny networks on the device and on the CPU: a GPU whose driver fails gives garbage without a message.
///
/// # Errors
/// [`Error::Device`] naming the metric that differs.
pub async fn check(device: &Device) -> Result<()> {
    for (task, metrics) in CHECKED {
        let task: Task = serde_json::from_str(task).map_err(|error| failed(device.name(), error.to_string()))?;
        let metrics = metrics.iter().map(|id| (*id).to_owned()).collect();
        let job = Task { metrics, ..task }.job(usize::MAX)?;
        let (expected, found) = (score(&job, &Device::Cpu).await?.values, score(&job, device).await?.values);
        for ((metric, expected), found) in job.metrics.iter().zip(expected).zip(found) {
            compare(*metric, (expected, found), device)?;
        }
    }
    Ok(())
}

fn compare(metric: &dyn Metric, (expected, found): (Value, Value), device: &Device) -> Result<()> {
    let number = |value: Value| value.unwrap_or_else(|undefined| undefined.value);
    let (expected, found) = (number(expected), number(found));
    let near = (expected - found).abs() <= TOLERANCE * expected.abs();
    if near || expected.to_bits() == found.to_bits() {
        return Ok(());
    }
    Err(failed(device.name(), format!("computes wrongly: {} is {found}, not {expected}", metric.about().id)))
}

type Value = Result<f64, Undefined>;

fn failed(name: &str, problem: String) -> Error {
    Error::Device { name: name.to_owned(), problem }
}
