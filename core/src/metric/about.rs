//! What every metric answers for itself.

use serde::Serialize;

use crate::Result;
use crate::family::Family;
use crate::observation::{Need, Observation, Term};
use crate::undefined::Undefined;

/// The paper that published most of them.
pub const PAPER: &str = "Serianni & Kalita, ACL 2023";

/// The paper that published metrics of decoders.
pub const LPZERO: &str = "Dong et al., EMNLP 2024";

/// Families that are read as language models.
pub const LANGUAGE_MODELS: &[Family] = &Family::ALL;

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
    /// Where it was published.
    pub source: &'static str,
}

/// A training-free metric.
pub trait Metric: Sync {
    /// What it says of itself.
    fn about(&self) -> &About;

    /// Families it is defined for.
    fn families(&self) -> &'static [Family];

    /// What it reads. Nothing is run where all of a job need nothing.
    fn needs(&self) -> Vec<Need>;

    /// Its value for what was observed.
    ///
    /// # Errors
    /// [`Undefined`] where the formula has no finite value, with the reason.
    fn score(&self, seen: &Observation) -> Result<f64, Undefined>;

    /// What it adds up, where it does.
    fn terms(&self, _: &Observation) -> Vec<Term> {
        Vec::new()
    }
}
