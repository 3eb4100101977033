//! The training-free metrics: each looks at an untrained network once and gives one number. One list, from which the
//! command line, the pages, the documentation and the tests are derived.

mod activation_distance;
mod cosine;
mod hidden_covariance;
mod hidden_synaptic_saliency;
mod jacobian_cosine;
mod jacobian_covariance;
mod large_noise_jacobian;
mod large_noise_jacobian_cosine;
mod more_noised_jacobian;
mod more_noised_jacobian_cosine;
pub(crate) mod spectrum;
mod structure;
mod synaptic_saliency;
pub mod transformer;

pub(crate) use spectrum::eigenvalues;

use serde::Serialize;

use crate::probe::{Need, Probe};
use crate::{Result, nearest};

/// The noise of the noised metrics: amplitudes multiply the variance of the embedded input over the batch.
pub const LARGE_NOISE: f64 = 10.0;

/// The amplitudes that the "more noised" metrics multiply, beside the Jacobian without noise.
pub const MORE_NOISE: [f64; 3] = [0.1, LARGE_NOISE, 100.0];

/// What a metric says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct About {
    /// Identifier in the command line, in addresses, in JSON and in golden files.
    pub id: &'static str,
    /// Name for people.
    pub title: &'static str,
    /// One sentence: what it measures.
    pub summary: &'static str,
    /// The formula, in plain text.
    pub formula: &'static str,
    /// What it is counted in.
    pub unit: &'static str,
    /// Which way the better networks lie; readers take a benchmark's answer, `benchmark::About::direction`.
    #[serde(skip)]
    pub better: Better,
    /// What has to be computed.
    pub cost: Cost,
    /// Paper and section.
    pub source: &'static str,
}

impl About {
    /// Of something counted without running anything.
    const fn count(id: &'static str, title: &'static str, summary: &'static str, better: Better) -> Self {
        let (formula, unit, source) = ("a count", "count", "trivial baseline");
        Self { id, title, summary, formula, unit, better, cost: Cost::Count, source }
    }
}

/// Which way the better networks lie on the published benchmark, where the correlation with the loss is at least 0.05.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Better {
    /// A better network has a higher value.
    Higher,
    /// A better network has a lower value.
    Lower,
    /// The value says nothing of quality there.
    Unknown,
}

/// What has to be computed, from cheap to dear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cost {
    /// Nothing: the architecture is counted.
    Count,
    /// A forward pass.
    Forward,
    /// A forward and a backward pass.
    Backward,
    /// Several forward and backward passes.
    Passes,
}

/// A training-free metric.
pub trait Metric: Sync {
    /// What it says of itself.
    fn about(&self) -> &About;

    /// What it reads.
    fn needs(&self) -> Vec<Need>;

    /// Its value for what was observed.
    ///
    /// # Errors
    /// [`Undefined`] where the formula has no finite value, with the reason.
    fn score(&self, probe: &Probe) -> Result<f64, Undefined>;
}

/// A value that is not finite, and why. It is kept and told, never turned into a number.
#[derive(Debug, Clone, PartialEq)]
pub struct Undefined {
    /// An infinity or NaN.
    pub value: f64,
    /// The reason, as a sentence without its full stop.
    pub why: String,
}

impl Undefined {
    /// No value at all.
    pub fn nan(why: impl Into<String>) -> Self {
        Self { value: f64::NAN, why: why.into() }
    }

    /// What the metric reads was not observed.
    pub fn unobserved(what: &str) -> Self {
        Self::nan(format!("the {what} it reads were not observed"))
    }
}

/// Every metric of recurrent networks, the best known first; then what is simply counted.
pub const METRICS: &[&dyn Metric] = &[
    &hidden_covariance::LAYER_1,
    &hidden_covariance::LAYER_2,
    &hidden_covariance::LAYER_3,
    &jacobian_cosine::JacobianCosine,
    &large_noise_jacobian_cosine::LargeNoiseJacobianCosine,
    &more_noised_jacobian_cosine::MoreNoisedJacobianCosine,
    &jacobian_covariance::JacobianCovariance,
    &large_noise_jacobian::LargeNoiseJacobian,
    &more_noised_jacobian::MoreNoisedJacobian,
    &activation_distance::ActivationDistance,
    &synaptic_saliency::SynapticSaliency,
    &hidden_synaptic_saliency::HiddenSynapticSaliency,
    &structure::PARAMETERS,
    &structure::NODES,
    &structure::LINEARS,
    &structure::DEPTH,
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
