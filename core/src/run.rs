//! Runs a job: the network is built, observed once for all needs, and every metric scored on the host in f64.

use std::borrow::Cow;

use rayon::prelude::*;

use crate::Result;
use crate::device::Device;
use crate::job::{EncoderJob, Initial, Job};
use crate::metric::{Metric, Undefined};
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
    // Eigenvalue problems of several layers are solved side by side.
    let score = |metric: &&dyn Metric| {
        let score = metric.score(&probe);
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
            Cow::Owned(Weights::from_seed(&job.recipe, &job.sizes, layers, *seed))
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
            observed.read().await.map_err(|problem| crate::Error::Device { name: name.clone(), problem })
        }
    }
}

/// The scores of an encoder, in the order of the job's metrics. On the processor it runs through Burn, too.
///
/// # Errors
/// As [`observe_encoder`].
pub async fn run_encoder(job: &EncoderJob, device: &Device) -> Result<Vec<Result<f64, Undefined>>> {
    let probe = observe_encoder(job, device).await?;
    Ok(job.metrics.iter().map(|metric| metric.score(&probe)).collect())
}

/// What the metrics of encoders need to know of one, all of it.
///
/// # Errors
/// [`crate::Error::Device`] when the device fails, [`crate::Error::Weights`] where a weight is missing.
#[cfg(feature = "compute")]
pub async fn observe_encoder(job: &EncoderJob, device: &Device) -> Result<transformer::Probe> {
    use crate::network::transformer::{Structure, Weights, module};

    let weights = match &job.initial {
        Initial::Seed(seed) => Cow::Owned(Weights::from_seed(&job.configuration, &job.sizes, *seed as u32)),
        Initial::Weights(weights) => Cow::Borrowed(weights.as_ref()),
    };
    let failed = |problem| crate::Error::Device { name: device.name().to_owned(), problem };
    let network = module::Network::new(&job.configuration, &weights, &job.sizes, &device.burn());
    let mut probe = network.observe(&job.tokens)?.read().await.map_err(failed)?;
    probe.structure = Structure::new(&job.configuration, &job.sizes);
    Ok(probe)
}

/// Encoders run through Burn, which this build lacks.
///
/// # Errors
/// [`crate::Error::Device`].
#[cfg(not(feature = "compute"))]
pub async fn observe_encoder(_: &EncoderJob, device: &Device) -> Result<transformer::Probe> {
    let problem = "encoders need a build with the feature 'wgpu'".to_owned();
    Err(crate::Error::Device { name: device.name().to_owned(), problem })
}
