//! The trivial baselines: what can be counted without running anything. A metric that does not beat them says nothing that
//! the architecture does not say by itself.

use super::{About, Better, Metric, Undefined};
use crate::probe::{Need, Probe, Structure};

/// One count.
pub struct Count {
    about: About,
    of: fn(&Structure) -> usize,
}

const fn count(id: &'static str, title: &'static str, summary: &'static str, of: fn(&Structure) -> usize) -> Count {
    Count { about: About::count(id, title, summary, Better::Unknown), of }
}

/// Trained parameters.
pub const PARAMETERS: Count =
    count("parameters", "Parameters", "Trained parameters of the whole network.", |counts| counts.parameters);
/// Nodes.
pub const NODES: Count = count("nodes", "Nodes", "Nodes of the cell.", |counts| counts.nodes);
/// Linear nodes.
pub const LINEARS: Count = count("linears", "Linear nodes", "Linear nodes of the cell.", |counts| counts.linears);
/// Depth.
pub const DEPTH: Count =
    count("depth", "Depth", "Nodes on the longest path through one step of the cell.", |counts| counts.depth);

impl Metric for Count {
    fn about(&self) -> &About {
        &self.about
    }

    fn needs(&self) -> Vec<Need> {
        Vec::new()
    }

    fn score(&self, probe: &Probe) -> Result<f64, Undefined> {
        Ok((self.of)(&probe.structure) as f64)
    }
}
