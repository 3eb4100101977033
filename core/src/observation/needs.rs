//! What metrics need of a run.

use std::collections::BTreeSet;

use super::{ParameterSpec, Reduction};

/// One thing a metric reads.
#[derive(Debug, Clone, Copy)]
pub enum Need {
    /// The incoming states of a layer of a recurrent network or decoder, counted from 1: a forward pass, of a recurrent
    /// network up to there.
    Hidden(usize),
    /// The Jacobian under noise of this amplitude, 0 for none: a forward and a backward pass.
    Jacobian(f64),
    /// The signs of every activation: a forward pass.
    Signs,
    /// The gradients of the states of a recurrent network: a forward and a backward pass.
    StateGradients,
    /// One number for each parameter that counts: a forward and a backward pass.
    Parameters(&'static Reduction),
    /// The loss of an untrained language model: mean negative log-likelihood of the next words, nats. A forward pass
    /// with the decoder.
    Loss,
    /// One number for each parameter that counts, from its gradient of the loss: a forward and a backward pass.
    LossParameters(&'static Reduction),
    /// Values of this kind, which a transformer shows.
    Terms(Kind),
}

/// A kind of values with sites.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Per projection: the mean over samples and features of the largest value over the sequence. A forward pass.
    Projections,
    /// Per softmax: the mean of the largest value over the heads. A forward pass.
    Softmaxes,
    /// Per head: the mean over samples and tokens of the largest attention weight. A forward pass.
    Attention,
    /// Per head: the mean over samples of |Σ output · gradient|. A forward and a backward pass.
    HeadGradients,
    /// Per parameter: the number of the reduction of this identifier. A forward and a backward pass.
    Parameters(&'static str),
    /// The same from the gradient of the loss.
    LossParameters(&'static str),
}

impl Need {
    /// The last layer of a recurrent network that is run for it, counted from 1; all of them have no number.
    pub fn last_layer(self) -> usize {
        match self {
            Self::Hidden(layer) => layer,
            _ => usize::MAX,
        }
    }

    /// The kind of the values it gives, where they have sites.
    pub fn kind(self) -> Option<Kind> {
        match self {
            Self::Parameters(reduction) => Some(Kind::Parameters(reduction.id)),
            Self::LossParameters(reduction) => Some(Kind::LossParameters(reduction.id)),
            Self::Terms(kind) => Some(kind),
            Self::Hidden(_) | Self::Jacobian(_) | Self::Signs | Self::StateGradients | Self::Loss => None,
        }
    }
}

/// What all metrics of a job need together: each thing is observed once.
#[derive(Debug, Clone, Default)]
pub struct Needs {
    hidden: BTreeSet<usize>,
    amplitudes: Vec<f64>,
    kinds: BTreeSet<Kind>,
    reductions: Vec<&'static Reduction>,
    loss_reductions: Vec<&'static Reduction>,
    /// Whether the loss itself is needed.
    loss: bool,
    /// Whether the signs of the activations are needed.
    pub signs: bool,
    /// Whether the gradients of the states are needed.
    pub state_gradients: bool,
}

impl FromIterator<Need> for Needs {
    fn from_iter<I: IntoIterator<Item = Need>>(needs: I) -> Self {
        let mut all = Self::default();
        needs.into_iter().for_each(|need| all.add(need));
        all.amplitudes.sort_by(f64::total_cmp);
        all
    }
}

impl Needs {
    fn add(&mut self, need: Need) {
        let new = need.kind().is_some_and(|kind| self.kinds.insert(kind));
        match need {
            Need::Hidden(layer) => _ = self.hidden.insert(layer),
            Need::Jacobian(amplitude) if self.jacobian(amplitude) => {}
            Need::Jacobian(amplitude) => self.amplitudes.push(amplitude),
            Need::Signs => self.signs = true,
            Need::StateGradients => self.state_gradients = true,
            Need::Parameters(reduction) if new => self.reductions.push(reduction),
            Need::Loss => self.loss = true,
            Need::LossParameters(reduction) if new => self.loss_reductions.push(reduction),
            Need::Parameters(_) | Need::LossParameters(_) | Need::Terms(_) => {}
        }
    }

    /// How many of the `layers` of a recurrent network have to be run.
    pub fn layers(&self, layers: usize) -> usize {
        if self.signs || self.gradient() || self.loss() || !self.amplitudes.is_empty() {
            return layers;
        }
        self.hidden.last().copied().unwrap_or(0)
    }

    /// Highest layer that is needed, counted from 1; 0 where none is.
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

    /// Whether values of this kind are needed.
    pub fn wants(&self, kind: Kind) -> bool {
        self.kinds.contains(&kind)
    }

    /// What is computed from parameters.
    pub fn reductions(&self) -> &[&'static Reduction] {
        &self.reductions
    }

    /// Whether the loss is needed, or anything that depends on it.
    pub fn loss(&self) -> bool {
        self.loss || self.loss_gradients()
    }

    /// Whether gradients of the loss are needed.
    pub fn loss_gradients(&self) -> bool {
        !self.loss_reductions.is_empty()
    }

    /// Whether gradients of matrices are needed, of whatever.
    pub fn reads_matrices(&self) -> bool {
        self.weight_gradients() || self.loss_gradients()
    }

    /// Whether the loss of a decoder is computed: for itself, or to go backward from it.
    pub fn loss_is_read(&self) -> bool {
        self.loss() || self.gradient()
    }

    /// Whether the network has to go backward at all; of a decoder that is always from the loss.
    pub fn goes_backward(&self) -> bool {
        self.gradient() || self.loss_gradients()
    }

    /// What is computed from parameters and their gradients of the loss.
    pub fn loss_reductions(&self) -> &[&'static Reduction] {
        &self.loss_reductions
    }

    /// Whether the gradient of a parameter is read.
    pub fn reads(&self, parameter: &ParameterSpec) -> bool {
        self.reductions.iter().any(|reduction| (reduction.selects)(parameter))
    }

    /// Whether the gradient of the loss in a parameter is read.
    pub fn reads_of_loss(&self, parameter: &ParameterSpec) -> bool {
        self.loss_reductions.iter().any(|reduction| (reduction.selects)(parameter))
    }

    /// Whether the gradients of any parameter are needed.
    pub fn weight_gradients(&self) -> bool {
        !self.reductions.is_empty()
    }

    /// Whether the pass without noise has to go backward too.
    pub fn gradient(&self) -> bool {
        self.weight_gradients() || self.state_gradients || self.wants(Kind::HeadGradients) || self.jacobian(0.0)
    }

    /// The passes to make, by amplitude of the noise, besides that of the loss; none where nothing but counts is needed.
    pub fn passes(&self) -> Vec<f64> {
        let shown = self.kinds.iter().any(|kind| !matches!(kind, Kind::LossParameters(_)));
        let clean = self.signs || self.gradient() || !self.hidden.is_empty() || shown;
        let noised = self.amplitudes.iter().copied().filter(|amplitude| *amplitude != 0.0);
        clean.then_some(0.0).into_iter().chain(noised).collect()
    }

    /// Whether nothing has to be run at all.
    pub fn is_empty(&self) -> bool {
        self.passes().is_empty() && !self.loss()
    }
}
