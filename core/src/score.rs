//! Scores a job: the network is observed once for all needs, and every metric is computed on the host in f64.

use rayon::prelude::*;

use crate::Result;
use crate::device::Device;
use crate::job::Job;
use crate::metric::Metric;
use crate::network::model::Run;
use crate::observation::{Observation, Term};
use crate::progress::Progress;
use crate::undefined::Undefined;

/// What scoring one metric counts in [`Progress`], where a step of a layer counts 1 forward and 2 backward.
const METRIC: usize = 20;

/// The scores of a job, in the order of its metrics.
#[derive(Debug, Clone)]
pub struct Scores {
    /// Values.
    pub values: Vec<Result<f64, Undefined>>,
    /// What each adds up, where it does.
    pub terms: Vec<Vec<Term>>,
    /// In how many parts the sequences were taken: more than one where the device has not enough memory for all at once.
    pub parts: usize,
}

/// Scores a job on a device.
///
/// # Errors
/// As [`score_with_progress`].
pub async fn score(job: &Job, device: &Device) -> Result<Scores> {
    score_with_progress(job, device, &Progress::default()).await
}

/// As [`score`], reporting progress.
///
/// # Errors
/// [`crate::Error::Broken`] or [`crate::Error::Memory`] when the device fails, [`crate::Error::Weights`] where a weight is
/// missing.
pub async fn score_with_progress(job: &Job, device: &Device, progress: &Progress<'_>) -> Result<Scores> {
    progress.expect(job.metrics.len() * METRIC);
    let seen = observe(job, device, progress).await?;
    let value = |metric: &&dyn Metric| {
        let score = value(*metric, &seen);
        progress.advance(METRIC);
        score
    };
    // Eigenvalue problems of several layers are solved in parallel.
    let values = job.metrics.par_iter().map(value).collect();
    let terms = job.metrics.iter().map(|metric| metric.terms(&seen)).collect();
    Ok(Scores { values, terms, parts: seen.parts })
}

/// What the metrics of a job need to know of its network; nothing is run where they need nothing.
///
/// # Errors
/// As [`score_with_progress`].
pub async fn observe(job: &Job, device: &Device, progress: &Progress<'_>) -> Result<Observation> {
    let needs = job.needs();
    let mut seen = if needs.is_empty() {
        Observation::default()
    } else {
        let seen = job.model.observe(&job.batch, &needs, Run { device, progress }).await?;
        seen.with_nans(job.model.nans(&job.batch))
    };
    seen.counts = job.model.counts(&job.batch);
    Ok(seen)
}

/// The value of a metric for what was observed, unless NaN reaches what it reads.
///
/// # Errors
/// [`Undefined`] with the reason why there is no finite value.
pub fn value(metric: &dyn Metric, seen: &Observation) -> Result<f64, Undefined> {
    match metric.needs().into_iter().find_map(|need| seen.spoiled(need)) {
        Some(why) => Err(Undefined::nan(why)),
        None => metric.score(seen),
    }
}
