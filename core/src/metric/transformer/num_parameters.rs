//! The number of trained parameters: a trivial baseline that was published among the metrics.

use super::{About, Metric, Probe, Undefined};
use crate::metric::Better;

/// A count.
pub struct NumParameters;

const ABOUT: About =
    About::count("num_parameters", "Number of parameters", "Trained parameters of the whole encoder.", Better::Higher);

impl Metric for NumParameters {
    fn about(&self) -> &About {
        &ABOUT
    }

    fn score(&self, probe: &Probe) -> Result<f64, Undefined> {
        Ok(probe.parameters as f64)
    }
}
