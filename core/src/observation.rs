//! What one run observed of an untrained network, reduced to what the metrics read; and how they say what they need.

mod codes;
mod counts;
mod gram;
mod moments;
mod needs;
mod node;
mod observer;
mod parameter;
mod reductions;
mod term;

pub use codes::{Codes, signs};
pub use counts::Counts;
pub use gram::Gram;
pub use moments::Moments;
pub use needs::{GradientOf, Kind, Need, Needs, Way};
pub use node::{
    Node, NodeGradient, NodeGradientReduction, NodeGradientSums, NodeKind, NodeReduction, NodeSpec, NodeValues,
};
pub use observer::{Observer, add};
pub use parameter::{Parameter, ParameterSpec, Reduction, Role};
pub use reductions::{mean_over_heads, mean_over_tokens};
pub use term::{Site, Term};

use std::collections::BTreeMap;
use std::sync::Arc;

use faer::Mat;
use rayon::prelude::*;

use crate::undefined::Undefined;

/// What one run observed. A field is there when a metric needed it.
#[derive(Debug, Clone, Default)]
pub struct Observation {
    /// Per layer: the incoming states, `h_prev_0` of all steps of a recurrent network; rows are hidden units, columns
    /// (step, sample).
    pub hidden: Vec<Option<Moments>>,
    /// Per noise amplitude: the gradient of the sum of the outputs with respect to the embedded input. Of a recurrent
    /// network rows are samples, columns (step, feature); of an encoder rows are features, columns positions.
    pub jacobians: Vec<(f64, Moments)>,
    /// `[B, B]`: over all steps, layers, activation nodes and hidden units of a recurrent network, how often two
    /// samples agree in the sign.
    pub agreement: Option<Mat<f64>>,
    /// Per activation of the feed-forward layers of an encoder, of the first sequence.
    pub activations: Vec<Activations>,
    /// Σ |h · dh| over the incoming states of all layers of a recurrent network.
    pub hidden_saliency: Option<f64>,
    /// Mean negative log-likelihood of the next words, nats; NaN where no word has a next one.
    pub loss: Option<f64>,
    /// Which activations are on.
    pub codes: Option<Codes>,
    /// Per sequence the gradient of the sum of all logits with respect to the embedded words: rows are sequences, columns
    /// (token, feature).
    pub output_jacobian: Option<Moments>,
    /// Mean over sequences of the sum of |change| of the last hidden states under a small change of an input of noise.
    pub perturbation: Option<f64>,
    /// What can be counted without running the network.
    pub counts: Counts,
    /// Where the network read or computed NaN.
    pub nans: Nans,
    /// In how many parts the sequences were taken: more than one where the device has not enough memory for all at
    /// once.
    pub parts: usize,
    /// The gradients of the loss in all matrices of linear maps, in their order, where a further pass reads them.
    pub(crate) loss_gradients: Option<Vec<Vec<f32>>>,
    /// Values with their sites.
    pub(crate) terms: BTreeMap<Kind, Vec<Term>>,
    /// Why there are no values of a kind that was requested.
    pub(crate) absent: BTreeMap<Kind, &'static str>,
}

/// How many tokens have an activation above zero.
#[derive(Debug, Clone, PartialEq)]
pub struct Activations {
    /// Which activation.
    pub site: Arc<Site>,
    /// Per feature: tokens above zero.
    pub active: Vec<f32>,
    /// Tokens of the sequence.
    pub tokens: usize,
}

/// Why there are no numbers: a weight or a hidden state that is NaN. Comparisons and reductions lose NaN, so what was
/// read is searched for it, and no metric that it reaches has a value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Nans {
    /// From this layer on, counted from 1, of all samples.
    pub from_layer: Option<(usize, String)>,
    /// In the first sequence.
    pub first_sequence: Option<String>,
    /// In any sequence.
    pub any_sequence: Option<String>,
}

impl Observation {
    /// An observation of one Jacobian alone.
    pub fn from_jacobian(amplitude: f64, rows: Moments) -> Self {
        Self { jacobians: vec![(amplitude, rows)], ..Self::default() }
    }

    /// Takes over what `other` observed; of two passes the first has what both have.
    pub fn merge(&mut self, other: Self) {
        let Self { hidden, jacobians, agreement, activations, hidden_saliency, loss, .. } = other;
        let Self { codes, output_jacobian, perturbation, loss_gradients, counts, nans, parts, terms, absent, .. } =
            other;
        if self.hidden.is_empty() {
            self.hidden = hidden;
        }
        if self.activations.is_empty() {
            self.activations = activations;
        }
        self.jacobians.extend(jacobians);
        self.agreement = self.agreement.take().or(agreement);
        self.hidden_saliency = self.hidden_saliency.or(hidden_saliency);
        self.loss = self.loss.or(loss);
        self.codes = self.codes.take().or(codes);
        self.output_jacobian = self.output_jacobian.take().or(output_jacobian);
        self.perturbation = self.perturbation.or(perturbation);
        self.loss_gradients = self.loss_gradients.take().or(loss_gradients);
        self.absent.extend(absent);
        self.counts.merge(counts);
        self.note(nans);
        self.parts = self.parts.max(parts);
        for (kind, more) in terms {
            self.terms.entry(kind).or_default().extend(more);
        }
    }

    /// Adds the values of a kind.
    pub fn add(&mut self, kind: Kind, terms: impl IntoIterator<Item = Term>) {
        self.terms.entry(kind).or_default().extend(terms);
    }

    /// The incoming states of a layer, counted from 1.
    ///
    /// # Errors
    /// [`Undefined`] where the network has no such layer, or its states were not requested.
    pub fn hidden(&self, layer: usize) -> Result<&Moments, Undefined> {
        let states =
            self.hidden.get(layer - 1).ok_or_else(|| Undefined::nan(format!("the network has no layer {layer}")))?;
        states.as_ref().ok_or_else(|| Undefined::unobserved("hidden states"))
    }

    /// The Jacobian under noise of this amplitude; 0 is without noise.
    ///
    /// # Errors
    /// [`Undefined`] where it was not requested.
    pub fn jacobian(&self, amplitude: f64) -> Result<&Moments, Undefined> {
        self.jacobians
            .iter()
            .find(|(known, _)| known.to_bits() == amplitude.to_bits())
            .map(|(_, rows)| rows)
            .ok_or_else(|| Undefined::unobserved("Jacobian"))
    }

    /// The values with their sites of a need.
    ///
    /// # Errors
    /// [`Undefined`] where they were not requested.
    pub fn terms(&self, need: Need) -> Result<Vec<Term>, Undefined> {
        let kind = need.kind();
        let absent = || match kind.and_then(|kind| self.absent.get(&kind)) {
            Some(why) => Undefined::nan(*why),
            None => Undefined::unobserved("values"),
        };
        let mut terms = kind.and_then(|kind| self.terms.get(&kind)).ok_or_else(absent)?.clone();
        if self.spoiled(need).is_some() {
            terms.iter_mut().for_each(|term| term.value = f64::NAN);
        }
        Ok(terms)
    }

    /// Adds what is computed from parameters with this gradient, in their order.
    pub fn reduce(&mut self, needs: &Needs, gradient: GradientOf, parameters: &[Parameter]) {
        for reduction in needs.reductions(gradient) {
            self.add(Kind::Parameters(gradient, reduction.id), reduction.terms(parameters));
        }
    }

    /// Adds what is computed from the values of nodes, in their order; `lengths` are the tokens of each sequence.
    pub fn reduce_nodes(&mut self, needs: &Needs, nodes: &[NodeValues], lengths: &[usize]) {
        let first = lengths.first().copied().unwrap_or(0);
        let terms = |node: &NodeValues| node.terms(needs.node_reductions(), first);
        let terms: Vec<Vec<Option<Term>>> = nodes.par_iter().map(terms).collect();
        for (index, reduction) in needs.node_reductions().iter().enumerate() {
            self.add(Kind::Nodes(reduction.id), terms.iter().filter_map(|node| node[index].clone()));
        }
    }

    /// Adds what is computed from the values of linear nodes and their gradients, in their order.
    pub fn reduce_node_gradients(&mut self, needs: &Needs, nodes: &[NodeGradient]) {
        for reduction in needs.node_gradient_reductions() {
            let terms = nodes.iter().map(|node| Term { site: node.site.clone(), value: (reduction.term)(node) });
            self.add(Kind::NodeGradients(reduction.id), terms);
        }
    }

    /// Notes NaN found elsewhere, which is the cause of what was found here.
    pub fn note(&mut self, found: Nans) {
        let Nans { from_layer, first_sequence, any_sequence } = std::mem::take(&mut self.nans);
        self.nans = Nans {
            from_layer: found.from_layer.or(from_layer),
            first_sequence: found.first_sequence.or(first_sequence),
            any_sequence: found.any_sequence.or(any_sequence),
        };
    }

    /// Why there is no number for what a metric needs, where NaN reaches it.
    pub fn spoiled(&self, need: Need) -> Option<&str> {
        let Nans { from_layer, first_sequence, any_sequence } = &self.nans;
        let layer = from_layer.as_ref().filter(|(first, _)| need.last_layer() >= *first).map(|(_, why)| why);
        let sequence = if matches!(need, Need::Signs) { first_sequence } else { any_sequence };
        layer.or(sequence.as_ref()).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A network of two layers, of which the second was observed.
    #[test]
    fn a_layer_that_is_not_there_is_named() {
        let rows = Moments::from_columns(&[1.0, 2.0, 3.0, 5.0], 2);
        let seen = Observation { hidden: vec![None, Some(rows)], ..Observation::default() };
        assert!(seen.hidden(2).is_ok() && seen.hidden(1).unwrap_err().why.contains("were not observed"));
        assert_eq!(seen.hidden(3).unwrap_err().why, "the network has no layer 3");
    }
}
