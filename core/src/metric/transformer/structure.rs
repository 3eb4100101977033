//! The trivial baselines of encoders: what can be counted without running anything. On NAS-Bench-BERT they tell more than
//! every metric.

use super::{About, Metric, Probe, Undefined};
use crate::metric::Better;
use crate::network::transformer::Structure;

/// One count.
pub struct Count {
    about: About,
    of: fn(&Structure) -> f64,
}

const fn count(id: &'static str, title: &'static str, summary: &'static str, of: fn(&Structure) -> f64) -> Count {
    Count { about: About::count(id, title, summary, Better::Higher), of }
}

/// Layers.
pub const LAYERS: Count = count("layers", "Layers", "Layers of the encoder.", |counts| counts.layers as f64);
/// Width.
pub const HIDDEN_SIZE: Count =
    count("hidden_size", "Hidden size", "Width of every layer.", |counts| counts.hidden as f64);
/// Heads.
pub const HEADS: Count = count("heads", "Heads", "Heads of all layers together.", |counts| counts.heads as f64);
/// Floating-point operations.
pub const FLOPS: Count = count(
    "flops",
    "Floating-point operations",
    "Operations of the matrix products in one forward pass over one sequence; a multiplication and an addition are two.",
    |counts| counts.flops,
);

impl Metric for Count {
    fn about(&self) -> &About {
        &self.about
    }

    fn score(&self, probe: &Probe) -> Result<f64, Undefined> {
        Ok((self.of)(&probe.structure))
    }
}
