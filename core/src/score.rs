//! Runs a job: the network is built, observed once for all needs, and every metric scored on the host in f64.

use std::borrow::Cow;

use rayon::prelude::*;

use crate::Result;
use crate::device::Device;
use crate::job::{EncoderJob, Initial, Job};
use crate::metric::{Metric, Undefined};
use crate::network;
use crate::network::recurrent::{Weights, kernel};
use crate::probe::{Probe, Structure, transformer};
use crate::progress::Progress;

/// What scoring one metric counts in [`Progress`], where a step of a layer counts 1 forward and 2 backward.
const METRIC: usize = 20;

/// The scores of a job, in the order of its metrics. Waiting for a device happens here and nowhere else.
///
/// # Errors
/// [`crate::Error::Device`] when the device fails.
pub async fn run(job: &Job, device: &Device) -> Result<Vec<Result<f64, Undefined>>> {
    run_told(job, device, &Progress::default()).await
}

/// The same, telling how far it has come.
///
/// # Errors
/// [`crate::Error::Device`] when the device fails.
pub async fn run_told(job: &Job, device: &Device, progress: &Progress<'_>) -> Result<Vec<Result<f64, Undefined>>> {
    progress.expect(job.metrics.len() * METRIC);
    let mut probe = observe(job, device, progress).await?;
    probe.structure = Structure {
        parameters: job.sizes.parameters(&job.recipe),
        nodes: job.recipe.nodes().len(),
        linears: job.recipe.linears().count(),
        depth: job.recipe.depth(),
    };
    let nan = job.first_nan();
    let reached = |metric: &&dyn Metric| {
        let (first, weight) = nan.as_ref()?;
        metric.needs().iter().any(|need| need.last_layer() >= *first).then(|| Undefined::nan(weight.to_string()))
    };
    // Eigenvalue problems of several layers are solved in parallel.
    let score = |metric: &&dyn Metric| {
        let score = reached(metric).map_or_else(|| metric.score(&probe), Err);
        progress.advance(METRIC);
        score
    };
    Ok(job.metrics.par_iter().map(score).collect())
}

/// What the metrics of a job need to know of its network.
///
/// # Errors
/// [`crate::Error::Device`] when the device fails.
pub async fn observe(job: &Job, device: &Device, progress: &Progress<'_>) -> Result<Probe> {
    let needs = &job.needs();
    if needs.is_empty() {
        return Ok(Probe::default());
    }
    let weights = match &job.initial {
        Initial::Seed(seed) => {
            let layers = needs.layers(job.sizes.layers);
            Cow::Owned(Weights::from_seed(&job.recipe, &job.sizes, layers, (*seed).into()))
        }
        Initial::Weights(weights) => Cow::Borrowed(weights.as_ref()),
    };
    match device {
        Device::Processor => Ok(kernel::observe(job, &weights, needs, progress)),
        #[cfg(feature = "compute")]
        Device::Burn { device, name, .. } => {
            use crate::network::recurrent::module;
            let network = module::Network::new(&job.recipe, &weights, device);
            let observed = network.observe(&job.batch, &job.sizes, needs);
            observed.read().await.map_err(|said| crate::device::broken(name, &said))
        }
    }
}

/// The scores of an encoder, in the order of the job's metrics.
///
/// # Errors
/// As [`observe_encoder`].
pub async fn run_encoder(job: &EncoderJob, device: &Device) -> Result<Vec<Result<f64, Undefined>>> {
    run_encoder_told(job, device, &Progress::default()).await
}

/// The same, telling how far it has come.
///
/// # Errors
/// As [`observe_encoder`].
pub async fn run_encoder_told(
    job: &EncoderJob,
    device: &Device,
    progress: &Progress<'_>,
) -> Result<Vec<Result<f64, Undefined>>> {
    let probe = observe_encoder(job, device, progress).await?;
    Ok(job.metrics.iter().map(|metric| metric.score(&probe)).collect())
}

/// What the metrics of encoders need to know of one, all of it.
///
/// # Errors
/// [`crate::Error::Device`] when the device fails, [`crate::Error::Weights`] where a weight is missing.
pub async fn observe_encoder(job: &EncoderJob, device: &Device, progress: &Progress<'_>) -> Result<transformer::Probe> {
    let weights = encoder_weights(job);
    let mut probe = match device {
        Device::Processor => network::transformer::kernel::observe(job, &weights, progress)?,
        #[cfg(feature = "compute")]
        Device::Burn { device, name, .. } => {
            use network::transformer::module::Network;
            let network = Network::new(&job.configuration, &weights, &job.sizes, device);
            let lengths = job.lengths.as_ref().map(|lengths| lengths.as_slice());
            network.observe(&job.tokens, lengths, name).await?
        }
    };
    probe.note(job.nans());
    probe.structure = structure(job);
    Ok(probe)
}

/// The counts of an encoder; its operations are a mean over the sequences, which differ in length.
fn structure(job: &EncoderJob) -> network::transformer::Structure {
    let of = |sizes: &network::transformer::Sizes| network::transformer::Structure::new(&job.configuration, sizes);
    let whole = of(&job.sizes);
    let Some(lengths) = &job.lengths else { return whole };
    let flops = lengths.iter().map(|&sequence| of(&network::transformer::Sizes { sequence, ..job.sizes }).flops);
    network::transformer::Structure { flops: flops.sum::<f64>() / lengths.len() as f64, ..whole }
}

/// The last hidden states [B, T, H] of an encoder, on the processor; zeros where there is padding.
///
/// # Errors
/// [`crate::Error::Weights`] where a weight is missing.
pub fn hidden_states(job: &EncoderJob) -> Result<Vec<f32>> {
    network::transformer::kernel::hidden(job, &encoder_weights(job))
}

fn encoder_weights(job: &EncoderJob) -> Cow<'_, network::transformer::Weights> {
    match &job.initial {
        Initial::Seed(seed) => {
            Cow::Owned(network::transformer::Weights::from_seed(&job.configuration, &job.sizes, *seed))
        }
        Initial::Weights(weights) => Cow::Borrowed(weights.as_ref()),
    }
}
