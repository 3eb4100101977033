//! What metrics need of a run.

use std::collections::BTreeSet;

use super::{NodeGradientReduction, NodeReduction, ParameterSpec, Reduction};

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
    /// One number for each parameter that counts, from this gradient of it.
    Parameters(GradientOf, &'static Reduction),
    /// The loss of an untrained language model: mean negative log-likelihood of the next words, nats; of an encoder, of
    /// masked words. A forward pass with the head.
    Loss,
    /// One number for each node that counts, from its values: a forward pass.
    Nodes(&'static NodeReduction),
    /// One number for each linear node that counts, from its values and their gradient of the loss: a forward and a
    /// backward pass.
    NodeGradients(&'static NodeGradientReduction),
    /// Which activations are on: a forward pass.
    Codes,
    /// The gradient of the sum of all logits with respect to the embedded words: a forward and a backward pass.
    OutputJacobian,
    /// How the outputs of neighbouring blocks depend on each other: a forward pass, and a backward pass through each
    /// block by itself.
    Trainability,
    /// How far the last hidden states move with an embedded input of noise: two forward passes.
    Perturbation,
    /// Values of this kind, which a transformer shows.
    Terms(Kind),
}

/// Which gradient of the parameters is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum GradientOf {
    /// Of nothing: the weights alone, without any pass.
    Nothing,
    /// Of the sum of the outputs; of a decoder that of the loss. A forward and a backward pass.
    Output,
    /// Of the loss: a forward and a backward pass.
    Loss,
    /// Of the loss for two batches, or for the two halves of one: two forward and backward passes.
    TwoBatches,
    /// The product of the Hessian of the loss with the gradient, by a difference of gradients: three forward and
    /// backward passes.
    Hessian,
    /// Of the sum of all logits where every weight is replaced by its absolute value and every entry of the embedded
    /// input by 1: a forward and a backward pass of one sequence.
    Absolute,
    /// The same of a decoder whose tokens attend to those after them, as was published.
    AbsoluteOfFuture,
}

impl GradientOf {
    /// Whether it takes a pass besides those of the network as it is and of its loss.
    pub fn is_further(self) -> bool {
        matches!(self, Self::TwoBatches | Self::Hessian | Self::Absolute | Self::AbsoluteOfFuture)
    }

    fn way(self) -> Way {
        match self {
            Self::Output => Way::AsItIs,
            Self::Loss => Way::Loss,
            _ => Way::Further,
        }
    }
}

impl Kind {
    fn way(self) -> Way {
        match self {
            Self::Parameters(gradient, _) => gradient.way(),
            Self::Nodes(_) | Self::NodeGradients(_) | Self::Trainability => Way::Further,
            Self::Projections | Self::Softmaxes | Self::Attention | Self::HeadGradients => Way::AsItIs,
        }
    }
}

/// A way to run a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// As it is, with a backward pass from the sum of its outputs, and under noise.
    AsItIs,
    /// With its head, and a backward pass from its loss.
    Loss,
    /// What else the zero-cost suite reads: nodes, and further passes.
    Further,
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
    /// Per parameter: the number of the reduction of this identifier, from that gradient.
    Parameters(GradientOf, &'static str),
    /// Per node: the number of the reduction of this identifier. A forward pass.
    Nodes(&'static str),
    /// Per linear node: the number of the reduction of this identifier. A forward and a backward pass.
    NodeGradients(&'static str),
    /// Per block but the first: how it passes gradients on. A forward pass and one backward pass of every block.
    Trainability,
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
            Self::Parameters(gradient, reduction) => Some(Kind::Parameters(gradient, reduction.id)),
            Self::Nodes(reduction) => Some(Kind::Nodes(reduction.id)),
            Self::NodeGradients(reduction) => Some(Kind::NodeGradients(reduction.id)),
            Self::Trainability => Some(Kind::Trainability),
            Self::Terms(kind) => Some(kind),
            Self::Hidden(_) | Self::Jacobian(_) | Self::Signs | Self::StateGradients | Self::Loss => None,
            Self::Codes | Self::OutputJacobian | Self::Perturbation => None,
        }
    }
}

/// What all metrics of a job need together: each thing is observed once.
#[derive(Debug, Clone, Default)]
pub struct Needs {
    hidden: BTreeSet<usize>,
    amplitudes: Vec<f64>,
    kinds: BTreeSet<Kind>,
    reductions: Vec<(GradientOf, &'static Reduction)>,
    node_reductions: Vec<&'static NodeReduction>,
    node_gradient_reductions: Vec<&'static NodeGradientReduction>,
    /// Whether the loss itself is needed.
    loss: bool,
    /// Whether it is needed which activations are on.
    pub codes: bool,
    /// Whether the gradient of the sum of all logits with respect to the embedded words is needed.
    pub output_jacobian: bool,
    /// Whether it is needed how far the last hidden states move.
    pub perturbation: bool,
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
            Need::Parameters(gradient, reduction) if new => self.reductions.push((gradient, reduction)),
            Need::Nodes(reduction) if new => self.node_reductions.push(reduction),
            Need::NodeGradients(reduction) if new => self.node_gradient_reductions.push(reduction),
            Need::Loss => self.loss = true,
            Need::Codes => self.codes = true,
            Need::OutputJacobian => self.output_jacobian = true,
            Need::Perturbation => self.perturbation = true,
            Need::Parameters(..) | Need::Nodes(_) | Need::NodeGradients(_) => {}
            Need::Trainability | Need::Terms(_) => {}
        }
    }

    /// How many of the `layers` of a recurrent network have to be run.
    pub fn layers(&self, layers: usize) -> usize {
        if self.signs || self.gradient() || self.reads_language_model() || !self.amplitudes.is_empty() {
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

    /// What is computed from parameters with this gradient.
    pub fn reductions(&self, gradient: GradientOf) -> impl Iterator<Item = &'static Reduction> {
        self.reductions.iter().filter(move |(known, _)| *known == gradient).map(|(_, reduction)| *reduction)
    }

    /// Whether this gradient of parameters is needed.
    pub fn reads_gradient(&self, gradient: GradientOf) -> bool {
        self.reductions(gradient).next().is_some()
    }

    /// What is computed from the values of nodes.
    pub fn node_reductions(&self) -> &[&'static NodeReduction] {
        &self.node_reductions
    }

    /// What is computed from the values of linear nodes and their gradients.
    pub fn node_gradient_reductions(&self) -> &[&'static NodeGradientReduction] {
        &self.node_gradient_reductions
    }

    /// Whether anything is computed from the values of nodes on the way forward.
    pub fn reads_nodes(&self) -> bool {
        !self.node_reductions.is_empty() || self.codes
    }

    /// Whether the loss is needed, or anything that depends on it and not on further passes.
    pub fn loss(&self) -> bool {
        self.loss || self.loss_gradients()
    }

    /// Whether gradients of the loss are needed, without further passes.
    pub fn loss_gradients(&self) -> bool {
        self.reads_gradient(GradientOf::Loss) || !self.node_gradient_reductions.is_empty()
    }

    /// Whether the network is read as a language model, by the pass of its loss or by further ones.
    pub fn reads_language_model(&self) -> bool {
        self.loss() || self.reads_nodes() || self.reads_gradient(GradientOf::Nothing) || self.takes_further_passes()
    }

    /// Whether passes are made besides that of the network as it is and that of its loss.
    pub fn takes_further_passes(&self) -> bool {
        let further = self.reductions.iter().any(|(gradient, _)| gradient.is_further());
        further || self.output_jacobian || self.perturbation || self.wants(Kind::Trainability)
    }

    /// How many forward and backward passes of a batch the further ones are.
    pub fn further_passes(&self) -> usize {
        let of_gradient = |(gradient, passes)| if self.reads_gradient(gradient) { passes } else { 0 };
        let gradients = [
            (GradientOf::TwoBatches, 2),
            (GradientOf::Hessian, 3),
            (GradientOf::Absolute, 1),
            (GradientOf::AbsoluteOfFuture, 1),
        ];
        let others = [self.output_jacobian, self.wants(Kind::Trainability), self.perturbation];
        gradients.into_iter().map(of_gradient).sum::<usize>() + others.into_iter().filter(|read| *read).count()
    }

    /// Whether further passes read the gradients of the loss of the batch.
    pub fn keeps_loss_gradients(&self) -> bool {
        self.reads_gradient(GradientOf::TwoBatches) || self.reads_gradient(GradientOf::Hessian)
    }

    /// Whether the weights alone are read, without any pass.
    pub fn reads_weights_alone(&self) -> bool {
        let runs = self.reads_clean() || self.reads_nodes() || self.loss() || self.takes_further_passes();
        self.reads_gradient(GradientOf::Nothing) && !runs && self.amplitudes.is_empty()
    }

    /// Whether gradients of matrices are needed, of whatever.
    pub fn reads_matrices(&self) -> bool {
        self.reductions.iter().any(|(gradient, _)| *gradient != GradientOf::Nothing)
    }

    /// Whether the loss of a decoder is computed: for itself, or to go backward from it.
    pub fn loss_is_read(&self) -> bool {
        self.loss() || self.gradient()
    }

    /// What is read by these of the ways to run a network.
    #[must_use]
    pub fn of(&self, ways: &[Way]) -> Self {
        let read = |way: Way| ways.contains(&way);
        let (own, further) = (read(Way::AsItIs), read(Way::Further));
        Self {
            hidden: if own { self.hidden.clone() } else { BTreeSet::new() },
            amplitudes: if own { self.amplitudes.clone() } else { Vec::new() },
            kinds: self.kinds.iter().copied().filter(|kind| read(kind.way())).collect(),
            reductions: self.reductions.iter().copied().filter(|(gradient, _)| read(gradient.way())).collect(),
            node_reductions: if further { self.node_reductions.clone() } else { Vec::new() },
            node_gradient_reductions: if further { self.node_gradient_reductions.clone() } else { Vec::new() },
            loss: read(Way::Loss) && self.loss,
            codes: further && self.codes,
            output_jacobian: further && self.output_jacobian,
            perturbation: further && self.perturbation,
            signs: own && self.signs,
            state_gradients: own && self.state_gradients,
        }
    }

    /// Whether a transformer is run as it is, with or without its loss, besides the further passes.
    pub fn runs_transformer(&self) -> bool {
        self.reads_clean() || self.loss() || self.reads_nodes()
    }

    /// Whether the network has to go backward at all; of a decoder that is always from the loss.
    pub fn goes_backward(&self) -> bool {
        self.gradient() || self.loss_gradients()
    }

    /// Whether the gradient of a parameter is read.
    pub fn reads(&self, parameter: &ParameterSpec) -> bool {
        self.reductions(GradientOf::Output).any(|reduction| (reduction.selects)(parameter))
    }

    /// Whether the gradient of the loss in a parameter is read.
    pub fn reads_of_loss(&self, parameter: &ParameterSpec) -> bool {
        self.reductions(GradientOf::Loss).any(|reduction| (reduction.selects)(parameter))
    }

    /// Whether the gradients of any parameter are needed, of the sum of the outputs.
    pub fn weight_gradients(&self) -> bool {
        self.reads_gradient(GradientOf::Output)
    }

    /// Whether the pass without noise has to go backward too.
    pub fn gradient(&self) -> bool {
        self.weight_gradients() || self.state_gradients || self.wants(Kind::HeadGradients) || self.jacobian(0.0)
    }

    /// Whether a forward pass shows terms that need no gradient.
    fn shows(&self) -> bool {
        [Kind::Projections, Kind::Softmaxes, Kind::Attention].into_iter().any(|kind| self.wants(kind))
    }

    /// Whether the pass of the network as it is, without noise, is made.
    pub fn reads_clean(&self) -> bool {
        self.signs || self.gradient() || !self.hidden.is_empty() || self.shows()
    }

    /// The passes to make, by amplitude of the noise, besides those of the language model; none where nothing but
    /// counts is needed.
    pub fn passes(&self) -> Vec<f64> {
        let noised = self.amplitudes.iter().copied().filter(|amplitude| *amplitude != 0.0);
        self.reads_clean().then_some(0.0).into_iter().chain(noised).collect()
    }

    /// Whether nothing has to be run at all.
    pub fn is_empty(&self) -> bool {
        self.passes().is_empty() && !self.reads_language_model()
    }
}
