//! The number of trained parameters: a trivial baseline that was published among the metrics.

use super::{About, Metric, Probe, Undefined};
use crate::metric::{Better, Cost};

/// A count.
pub struct NumParameters;

const ABOUT: About = About {
    id: "num_parameters",
    title: "Number of parameters",
    summary: "Trained parameters of the whole encoder.",
    formula: "a count",
    unit: "count",
    better: Better::Higher,
    cost: Cost::Count,
    source: "trivial baseline",
};

impl Metric for NumParameters {
    fn about(&self) -> &About {
        &ABOUT
    }

    fn score(&self, probe: &Probe) -> Result<f64, Undefined> {
        Ok(probe.parameters as f64)
    }
}
