//! The records of a job, with the time that scoring took.

use std::time::Instant;

use untrained_core::Result;
use untrained_core::device::Device;
use untrained_core::job::Job;
use untrained_core::observation::Term;
use untrained_core::progress::Progress;
use untrained_core::record::Record;
use untrained_core::score::score_with_progress;

/// The records of a job, and what each value is computed from.
pub struct Scored {
    /// In the order of the metrics.
    pub records: Vec<Record>,
    terms: Vec<Vec<Term>>,
}

/// Scores a job on a device.
///
/// # Errors
/// That the device failed, or a weight is missing.
pub fn timed(job: &Job, device: &Device, progress: &Progress<'_>) -> Result<Scored> {
    let start = Instant::now();
    let scores = pollster::block_on(score_with_progress(job, device, progress))?;
    if scores.parts > 1 {
        note!("{} has not memory enough for the batch at once; it was taken in {} parts", device.name(), scores.parts);
    }
    let seconds = start.elapsed().as_secs_f64();
    let records = Record::from_scores(&job.subject(), scores.values, device.name(), seconds);
    Ok(Scored { records, terms: scores.terms })
}

impl Scored {
    /// The records with what each value is computed from.
    pub fn with_terms(self) -> Vec<Record> {
        let Self { records, terms } = self;
        records.into_iter().zip(terms).map(|(record, terms)| Record { terms, ..record }).collect()
    }
}
