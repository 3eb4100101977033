//! Scores a job: the network is observed once for all needs, and every metric is computed on the host in f64.

use rayon::prelude::*;

use crate::Result;
use crate::device::Device;
use crate::job::Job;
use crate::metric::Metric;
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
    /// In how many parts the sequences were taken: more than one where the device has not enough memory for all at
    /// once.
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
/// [`crate::Error::Broken`] or [`crate::Error::Memory`] when the device fails, [`crate::Error::Weights`] where a weight
/// is missing.
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
        let mut seen = job.model.observe(&job.batch, &needs, device, progress).await?;
        seen.note(job.model.nans(&job.batch));
        seen
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

#[cfg(test)]
mod decoders;

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::Error;
    use crate::family::Family;
    use crate::metric;
    use crate::network::transformer::Weights;
    use crate::network::{Batch, Model, WeightSource, encoder};
    use crate::origin::Origin;
    use crate::space::encoder::Sampler;

    /// An encoder without any weight can be counted, and no more.
    #[test]
    fn a_count_runs_nothing() {
        let sizes = encoder::Sizes { batch: 1, sequence: 4, ..encoder::Sizes::PUBLISHED };
        let weights = WeightSource::Given(Arc::new(Weights::from_seed(Vec::new(), 0)));
        let configuration = Arc::new(Sampler::new(0).next().unwrap());
        let job = |id: &str| Job {
            name: "0".to_owned(),
            model: Model::Encoder(encoder::Model {
                configuration: configuration.clone(),
                sizes,
                weights: weights.clone(),
            }),
            batch: Arc::new(Batch::of_sequences(vec![0; 4], None)),
            metrics: vec![metric::find(Family::Encoder, id).unwrap()],
            origin: Origin::default(),
        };
        let score = |id: &str| pollster::block_on(score(&job(id), &Device::Cpu)).map(|scores| scores.values);
        for id in ["flops", "heads", "num_parameters"] {
            assert!(score(id).unwrap()[0].as_ref().is_ok_and(|count| *count >= 1.0), "{id}");
        }
        assert!(matches!(score("attention_confidence"), Err(Error::Weights { .. })));
    }
}
