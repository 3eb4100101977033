//! Runs a job: the network is built, observed once for all needs, and every metric scored on the host in f64.

use std::borrow::Cow;

use rayon::prelude::*;

use crate::Result;
use crate::device::Device;
use crate::job::{Initial, Job};
use crate::metric::Undefined;
use crate::network::recurrent::{Weights, kernel};
use crate::probe::{Needs, Probe, Structure};

/// The scores of a job, in the order of its metrics. Waiting for a device happens here and nowhere else.
///
/// # Errors
/// [`crate::Error::Device`] when the device fails.
pub async fn run(job: &Job, device: &Device) -> Result<Vec<Result<f64, Undefined>>> {
    let needs = job.needs();
    let mut probe = if needs.is_empty() { Probe::default() } else { observe(job, &needs, device).await? };
    probe.structure = Structure {
        parameters: job.sizes.parameters(&job.recipe),
        nodes: job.recipe.nodes().len(),
        linears: job.recipe.linears().count(),
        depth: job.recipe.depth(),
    };
    // Eigenvalue problems of several layers are solved side by side.
    Ok(job.metrics.par_iter().map(|metric| metric.score(&probe)).collect())
}

async fn observe(job: &Job, needs: &Needs, device: &Device) -> Result<Probe> {
    let weights = match &job.initial {
        Initial::Seed(seed) => {
            let layers = needs.layers(job.sizes.layers);
            Cow::Owned(Weights::from_seed(&job.recipe, &job.sizes, layers, *seed))
        }
        Initial::Weights(weights) => Cow::Borrowed(weights.as_ref()),
    };
    match device {
        Device::Processor => Ok(kernel::observe(&job.recipe, &weights, &job.batch, &job.sizes, needs)),
        #[cfg(feature = "compute")]
        Device::Burn { device, name, .. } => {
            use crate::network::recurrent::module;
            let network = module::Network::new(&job.recipe, &weights, device);
            let observed = network.observe(&job.batch, &job.sizes, needs);
            observed.read().await.map_err(|problem| crate::Error::Device { name: name.clone(), problem })
        }
    }
}
