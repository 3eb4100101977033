//! What sequences show a transformer's metrics, summed over them. Every way of running one ends with it; sums are made
//! in the order of the sequences, so that they do not depend on threads.

use std::collections::BTreeMap;
use std::ops::{AddAssign, Range};
use std::sync::Arc;

use super::reductions::{active, mean_over_heads, mean_over_tokens, reach};
use super::{
    Activations, Codes, Kind, Moments, Nans, Needs, NodeKind, NodeReduction, NodeSpec, NodeValues, Observation, Site,
    Term,
};

/// Sums over sequences.
#[derive(Debug, Clone, Default)]
pub struct Observer {
    /// Per kind: sites and sums, in the order of the network.
    pub values: BTreeMap<Kind, Vec<(Arc<Site>, f64)>>,
    /// Per activation, of the first sequence alone.
    pub activations: Vec<Activations>,
    /// Per layer of a decoder whose incoming states are read, counted from 1: those of all sequences, [B · T, H].
    pub hidden: BTreeMap<usize, Vec<f32>>,
    /// `[T, E]`: the gradient of the position embeddings, as far as any sequence reaches.
    pub jacobian: Vec<f32>,
    /// The sum of the losses of all tokens, where it is read.
    pub loss: Option<f64>,
    /// The nodes that are read, with the values of all sequences.
    pub nodes: Vec<NodeValues>,
    /// Which activations are on, where it is read.
    pub codes: Option<Codes>,
    /// What is read of nodes.
    node_reductions: Vec<&'static NodeReduction>,
    /// How many last hidden states of the first sequence, and of all, are NaN: what is NaN on the way there ends up
    /// there.
    pub nans: [f64; 2],
    /// Whether an activation is read.
    signs: bool,
}

impl Observer {
    /// Nothing observed yet, of what is needed.
    pub fn new(needs: &Needs) -> Self {
        let kinds = [Kind::Projections, Kind::Softmaxes, Kind::Attention, Kind::HeadGradients];
        let wanted = kinds.into_iter().filter(|kind| needs.wants(*kind)).map(|kind| (kind, Vec::new()));
        Self { values: wanted.collect(), signs: needs.signs, ..Self::default() }
    }

    /// The incoming states of layers, too, where they are read.
    #[must_use]
    pub fn with_hidden(self, needs: &Needs) -> Self {
        let read = (1..=needs.highest_layer()).filter(|&layer| needs.hidden(layer));
        Self { hidden: read.map(|layer| (layer, Vec::new())).collect(), ..self }
    }

    /// The nodes of a sequence of so many tokens, too, where they are read.
    #[must_use]
    pub fn with_nodes(self, needs: &Needs, tokens: usize) -> Self {
        let node_reductions = needs.node_reductions().to_vec();
        Self { node_reductions, codes: needs.codes.then(|| Codes::new(tokens)), ..self }
    }

    /// Whether nodes of this kind are read.
    pub fn reads_node(&self, kind: NodeKind) -> bool {
        self.node_reductions.iter().any(|reduction| (reduction.selects)(kind))
    }

    /// A node that gives `values`, [T, F], where it is read.
    pub fn node(&mut self, site: &Arc<Site>, kind: NodeKind, values: &[f32], features: usize) {
        if self.reads_node(kind) {
            let spec = NodeSpec { site: Arc::clone(site), kind };
            self.nodes.push(NodeValues { spec, features, values: values.to_vec() });
        }
    }

    /// What an activation reads, [T, F].
    pub fn activated(&mut self, values: &[f32]) {
        if let Some(codes) = &mut self.codes {
            codes.add(values);
        }
    }

    /// The incoming states [T, H] of a layer, counted from 1.
    pub fn layer(&mut self, layer: usize, states: &[f32]) {
        if let Some(all) = self.hidden.get_mut(&layer) {
            all.extend(states);
        }
    }

    /// Whether values of this kind are read.
    pub fn wants(&self, kind: Kind) -> bool {
        self.values.contains_key(&kind)
    }

    /// Adds a value, where its kind is read.
    pub fn add(&mut self, kind: Kind, site: &Arc<Site>, value: f64) {
        if let Some(values) = self.values.get_mut(&kind) {
            values.push((Arc::clone(site), value));
        }
    }

    /// Projections [T, features] next to each other, of `width` together, each with its site and its features.
    pub fn projections(&mut self, values: &[f32], width: usize, parts: &[(&Arc<Site>, &Range<usize>)]) {
        if self.wants(Kind::Projections) {
            let reached = reach(values, width, parts.iter().map(|(_, range)| *range));
            parts.iter().zip(reached).for_each(|((site, _), value)| self.add(Kind::Projections, site, value));
        }
    }

    /// A softmax of each head, one after another.
    pub fn softmax(&mut self, site: &Arc<Site>, weights: &[f32], heads: usize) {
        if self.wants(Kind::Softmaxes) {
            self.add(Kind::Softmaxes, site, mean_over_heads(weights, heads));
        }
    }

    /// The attention weights of each head, [T, T] one after another, with the sites of the heads.
    pub fn attention(&mut self, site: &Arc<Site>, heads: &[Arc<Site>], weights: &[f32]) {
        self.softmax(site, weights, heads.len());
        if self.wants(Kind::Attention) {
            let matrices = weights.chunks(weights.len() / heads.len());
            heads.iter().zip(matrices).for_each(|(head, matrix)| {
                self.add(Kind::Attention, head, mean_over_tokens(matrix));
            });
        }
    }

    /// An activation [T, features].
    pub fn activation(&mut self, site: &Arc<Site>, values: &[f32], width: usize) {
        if self.signs {
            let (site, active, tokens) = (Arc::clone(site), active(values, width), values.len() / width);
            self.activations.push(Activations { site, active, tokens });
        }
    }

    /// Adds what later sequences showed, for the same needs.
    pub fn add_later(&mut self, later: Self) {
        let sums = self.values.values_mut().flatten();
        sums.zip(later.values.into_values().flatten()).for_each(|((_, sum), (_, value))| *sum += value);
        for (layer, states) in later.hidden {
            self.hidden.entry(layer).or_default().extend(states);
        }
        for (node, later) in self.nodes.iter_mut().zip(later.nodes) {
            node.values.extend(later.values);
        }
        if let (Some(codes), Some(later)) = (&mut self.codes, later.codes) {
            codes.append(later);
        }
        add(&mut self.jacobian, &later.jacobian);
        self.loss = self.loss.zip(later.loss).map(|(sum, loss)| sum + loss);
        self.nans[1] += later.nans[1];
    }

    /// What the metrics read, of so many sequences; `jacobian` makes rows of the gradient of the position embeddings.
    pub fn finish(self, sequences: usize, jacobian: impl FnOnce(&[f32]) -> Moments) -> Observation {
        let mut seen =
            Observation { activations: self.activations, loss: self.loss, parts: 1, ..Observation::default() };
        seen.codes = self.codes;
        for (kind, sums) in self.values {
            seen.add(kind, sums.into_iter().map(|(site, sum)| Term { site, value: sum / sequences as f64 }));
        }
        if !self.jacobian.is_empty() {
            seen.jacobians.push((0.0, jacobian(&self.jacobian)));
        }
        let [first_sequence, any_sequence] =
            self.nans.map(|count| (count > 0.0).then(|| "a last hidden state is NaN".to_owned()));
        seen.note(Nans { first_sequence, any_sequence, from_layer: None });
        seen
    }
}

/// sums += values; the longer of the two says how many there are.
pub fn add<T: Copy + Default + AddAssign>(sums: &mut Vec<T>, values: &[T]) {
    sums.resize(sums.len().max(values.len()), T::default());
    sums.iter_mut().zip(values).for_each(|(sum, &value)| *sum += value);
}
