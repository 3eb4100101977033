//! The training-free metrics of encoders, from one forward and one backward pass. Those that are sums come twice: as the
//! sum, and divided by the number of its terms.
//!
//! Where a job says which tokens are real ([`crate::job::EncoderJob`]), every metric is that of the real tokens: no token
//! attends to padding; means, largest values and agreements go over the real tokens of a sequence, then over sequences; the
//! gradient is that of the sum of the last hidden states of real tokens; operations are counted for the mean of the lengths.
//! So no value depends on how far a row is filled up.

mod attention;
mod jacobian;
mod num_parameters;
mod structure;
mod sum;

use super::{About, Undefined};
use crate::probe::transformer::{Probe, Term};
use crate::{Result, nearest};

/// A training-free metric of encoders.
pub trait Metric: Sync {
    /// What it says of itself.
    fn about(&self) -> &About;

    /// Its value for what was observed.
    ///
    /// # Errors
    /// [`Undefined`] where the formula has no finite value, with the reason.
    fn score(&self, probe: &Probe) -> Result<f64, Undefined>;

    /// What it adds up, where it does.
    fn terms<'a>(&self, _: &'a Probe) -> &'a [Term] {
        &[]
    }
}

/// Every metric of encoders, in the order of the published table; then the textbook forms of two
/// of them, and what is simply counted.
pub const METRICS: &[&dyn Metric] = &[
    &sum::SYNAPTIC_DIVERSITY,
    &sum::SYNAPTIC_DIVERSITY_NORMALIZED,
    &sum::SYNAPTIC_SALIENCY,
    &sum::SYNAPTIC_SALIENCY_NORMALIZED,
    &sum::ACTIVATION_DISTANCE,
    &sum::ACTIVATION_DISTANCE_NORMALIZED,
    &jacobian::COVARIANCE,
    &jacobian::COSINE,
    &num_parameters::NumParameters,
    &sum::HEAD_IMPORTANCE,
    &sum::HEAD_IMPORTANCE_NORMALIZED,
    &sum::HEAD_CONFIDENCE,
    &sum::HEAD_CONFIDENCE_NORMALIZED,
    &sum::HEAD_SOFTMAX_CONFIDENCE,
    &sum::HEAD_SOFTMAX_CONFIDENCE_NORMALIZED,
    &attention::CONFIDENCE,
    &attention::IMPORTANCE,
    &structure::LAYERS,
    &structure::HIDDEN_SIZE,
    &structure::HEADS,
    &structure::FLOPS,
];

/// The metrics of these identifiers, each once, in the order of the list; all where none is named.
///
/// # Errors
/// [`crate::Error::Unknown`] with the nearest identifier.
pub fn chosen(ids: &[String]) -> Result<Vec<&'static dyn Metric>> {
    nearest::choose("metric", ids, METRICS, |metric| metric.about().id)
}

/// The metric of that identifier.
///
/// # Errors
/// [`crate::Error::Unknown`] with the nearest identifier.
pub fn by_id(id: &str) -> Result<&'static dyn Metric> {
    nearest::find("metric", id, METRICS, |metric| metric.about().id).copied()
}
