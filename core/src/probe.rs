//! What one run observed of an untrained network, reduced to what the metrics read; and how they say what they need.

mod needs;
mod rows;
pub mod transformer;

pub use needs::{Need, Needs};
pub use rows::Rows;

use faer::Mat;

use crate::metric::Undefined;

/// What one run observed. A field is there when a metric needed it.
#[derive(Debug, Clone, Default)]
pub struct Probe {
    /// Per layer: the incoming states `h_prev_0` of all steps; rows are hidden units, columns (step, sample).
    pub hidden: Vec<Option<Rows>>,
    /// Per noise amplitude: the gradient of the sum of the outputs with respect to the embedded input; rows are samples,
    /// columns (step, feature).
    pub jacobians: Vec<(f64, Rows)>,
    /// [B, B]: over all steps, layers, activation nodes and hidden units, how often two samples agree in the sign.
    pub agreement: Option<Mat<f64>>,
    /// Σ |w · dw| over the weights that count.
    pub saliency: Option<f64>,
    /// Σ |h · dh| over the incoming states of all layers.
    pub hidden_saliency: Option<f64>,
    /// What can be told without running the network.
    pub structure: Structure,
}

/// Counts of an architecture.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Structure {
    /// Trained parameters of the whole network.
    pub parameters: usize,
    /// Nodes of the cell.
    pub nodes: usize,
    /// Linear nodes of the cell.
    pub linears: usize,
    /// Nodes on the longest path through one step.
    pub depth: usize,
}

impl Probe {
    /// A probe with one Jacobian alone.
    pub fn from_jacobian(amplitude: f64, rows: Rows) -> Self {
        Self { jacobians: vec![(amplitude, rows)], ..Self::default() }
    }

    /// Takes over what `other` observed.
    pub fn merge(&mut self, other: Self) {
        let Self { hidden, jacobians, agreement, saliency, hidden_saliency, structure: _ } = other;
        if self.hidden.is_empty() {
            self.hidden = hidden;
        }
        self.jacobians.extend(jacobians);
        self.agreement = self.agreement.take().or(agreement);
        self.saliency = self.saliency.or(saliency);
        self.hidden_saliency = self.hidden_saliency.or(hidden_saliency);
    }

    /// The incoming states of a layer, counted from 1.
    ///
    /// # Errors
    /// [`Undefined`] where the network has no such layer.
    pub fn hidden(&self, layer: usize) -> Result<&Rows, Undefined> {
        self.hidden.get(layer - 1).and_then(Option::as_ref).ok_or_else(|| Undefined::unobserved("hidden states"))
    }

    /// The Jacobian under noise of this amplitude; 0 is without noise.
    ///
    /// # Errors
    /// [`Undefined`] where it was not asked for.
    pub fn jacobian(&self, amplitude: f64) -> Result<&Rows, Undefined> {
        self.jacobians
            .iter()
            .find(|(known, _)| known.to_bits() == amplitude.to_bits())
            .map(|(_, rows)| rows)
            .ok_or_else(|| Undefined::unobserved("Jacobian"))
    }
}
