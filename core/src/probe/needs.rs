//! What metrics ask a run to observe.

use std::collections::BTreeSet;

/// One thing a metric reads.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Need {
    /// The incoming states of a layer, counted from 1: a forward pass up to there.
    Hidden(usize),
    /// The Jacobian under noise of this amplitude, 0 for none: a forward and a backward pass.
    Jacobian(f64),
    /// The signs of every activation: a forward pass.
    Agreement,
    /// The gradients of the weights: a forward and a backward pass.
    WeightGradients,
    /// The gradients of the states: a forward and a backward pass.
    StateGradients,
}

impl Need {
    /// The last layer that is run for it, counted from 1; all of them have no number.
    pub fn last_layer(self) -> usize {
        match self {
            Self::Hidden(layer) => layer,
            Self::Jacobian(_) | Self::Agreement | Self::WeightGradients | Self::StateGradients => usize::MAX,
        }
    }
}

/// What all metrics of a job need together: each thing is observed once.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Needs {
    hidden: BTreeSet<usize>,
    amplitudes: Vec<f64>,
    /// Whether the signs of the activations are needed.
    pub agreement: bool,
    /// Whether the gradients of the weights are needed.
    pub weight_gradients: bool,
    /// Whether the gradients of the states are needed.
    pub state_gradients: bool,
}

impl FromIterator<Need> for Needs {
    fn from_iter<I: IntoIterator<Item = Need>>(needs: I) -> Self {
        let mut all = Self::default();
        for need in needs {
            match need {
                Need::Hidden(layer) => _ = all.hidden.insert(layer),
                Need::Jacobian(amplitude) if all.jacobian(amplitude) => {}
                Need::Jacobian(amplitude) => all.amplitudes.push(amplitude),
                Need::Agreement => all.agreement = true,
                Need::WeightGradients => all.weight_gradients = true,
                Need::StateGradients => all.state_gradients = true,
            }
        }
        all.amplitudes.sort_by(f64::total_cmp);
        all
    }
}

impl Needs {
    /// How many of the network's `layers` have to be run.
    pub fn layers(&self, layers: usize) -> usize {
        if self.agreement || self.gradient() || !self.amplitudes.is_empty() {
            return layers;
        }
        self.hidden.last().copied().unwrap_or(0)
    }

    /// Highest layer asked for, counted from 1; 0 where none is.
    pub fn highest_layer(&self) -> usize {
        self.hidden.last().copied().unwrap_or(0)
    }

    /// Whether the states of a layer, counted from 1, are needed.
    pub fn hidden(&self, layer: usize) -> bool {
        self.hidden.contains(&layer)
    }

    /// Whether the Jacobian under noise of this amplitude is needed.
    pub fn jacobian(&self, amplitude: f64) -> bool {
        self.amplitudes.iter().any(|known| known.to_bits() == amplitude.to_bits())
    }

    /// Whether the pass without noise has to go backward too.
    pub fn gradient(&self) -> bool {
        self.weight_gradients || self.state_gradients || self.jacobian(0.0)
    }

    /// The passes to make, by amplitude of the noise; none where nothing but counts is needed.
    pub fn passes(&self) -> Vec<f64> {
        let clean = self.agreement || self.gradient() || !self.hidden.is_empty();
        let noised = self.amplitudes.iter().copied().filter(|amplitude| *amplitude != 0.0);
        clean.then_some(0.0).into_iter().chain(noised).collect()
    }

    /// Whether anything has to be run at all.
    pub fn is_empty(&self) -> bool {
        self.passes().is_empty()
    }
}
