//! Observations of a pass: linear maps whose gradients are read, and activations, reduced as they come.

use std::sync::Arc;

use burn::tensor::Tensor;

use super::dropout::Masks;
use super::padding::Padding;
use super::parts::Linear;
use crate::observation::{Kind, Needs, Site};

/// The observations of a pass, still on the device.
pub struct Capture<'a> {
    /// What is read.
    pub(super) needs: &'a Needs,
    /// Where there is padding.
    pub(super) padding: Option<Padding>,
    /// Of training.
    pub dropout: Option<Masks>,
    /// Linear maps whose gradients are read.
    pub(super) linears: Vec<Linear>,
    /// Means over samples with their sites: [1], or `[A]` of the heads of an attention.
    pub(super) means: Vec<(Kind, Vec<Arc<Site>>, Tensor<1>)>,
    /// [B, A, 1, 1] each, of ones: its gradient is Σ output · gradient of a head, by sample.
    pub(super) masks: Vec<(Vec<Arc<Site>>, Tensor<4>)>,
    /// [features] each: how many tokens of sample 0 have an activation above zero.
    pub(super) active: Vec<(Arc<Site>, Tensor<1>)>,
    /// Incoming states [B, T, H] of layers, counted from 1.
    pub(super) hidden: Vec<(usize, Tensor<3>)>,
}

impl<'a> Capture<'a> {
    /// Nothing observed yet, of sequences with this padding.
    pub fn new(needs: &'a Needs, padding: Option<Padding>) -> Self {
        let (linears, means, masks, active, hidden) = Default::default();
        Self { needs, padding, dropout: None, linears, means, masks, active, hidden }
    }

    /// The map, with its gradient computed where it is read.
    pub fn watched(&mut self, linear: Linear) -> Linear {
        if !self.needs.reads(&linear.spec) && !self.needs.reads_of_loss(&linear.spec) {
            return linear;
        }
        let linear = linear.watched();
        self.linears.push(linear.clone());
        linear
    }

    /// The incoming states [B, T, H] of a layer, counted from 1.
    pub fn layer(&mut self, layer: usize, states: &Tensor<3>) {
        if self.needs.hidden(layer) {
            self.hidden.push((layer, states.clone().without_autodiff()));
        }
    }

    /// The outputs of maps that read the same input, [B, T, out] each, and their signs, as maps of decoders show them.
    pub fn maps(&mut self, maps: &[Linear], outputs: &[Tensor<3>]) {
        maps.iter().zip(outputs).for_each(|(map, output)| self.projection(&map.spec.site, output));
        self.activations(&maps[0].spec.site, outputs);
    }

    /// A projection [B, T, features].
    pub fn projection(&mut self, site: &Arc<Site>, projection: &Tensor<3>) {
        if !self.needs.wants(Kind::Projections) {
            return;
        }
        let projection = projection.clone().without_autodiff();
        let real = match &self.padding {
            Some(padding) => padding.below(projection),
            None => projection,
        };
        self.means.push((Kind::Projections, vec![Arc::clone(site)], real.max_dim(1).mean()));
    }

    /// A softmax [B, A, T, _].
    pub fn softmax(&mut self, site: &Arc<Site>, weights: &Tensor<4>) {
        if !self.needs.wants(Kind::Softmaxes) {
            return;
        }
        let largest = weights.clone().without_autodiff().max_dim(1);
        let mean = match &self.padding {
            Some(padding) => padding.mean(padding.mean_over_keys(largest)).mean(),
            None => largest.mean(),
        };
        self.means.push((Kind::Softmaxes, vec![Arc::clone(site)], mean));
    }

    /// Whether softmaxes are read.
    pub fn wants_softmaxes(&self) -> bool {
        self.needs.wants(Kind::Softmaxes)
    }

    /// Attention weights [B, A, T, T].
    pub fn attention(&mut self, site: &Arc<Site>, weights: &Tensor<4>) {
        self.softmax(site, weights);
        if !self.needs.wants(Kind::Attention) {
            return;
        }
        let weights = weights.clone().without_autodiff();
        let heads = weights.dims()[1];
        let largest = weights.max_dim(3);
        let means = match &self.padding {
            Some(padding) => padding.mean(largest),
            None => largest.mean_dim(2),
        };
        self.means.push((Kind::Attention, heads_of(site, heads), means.mean_dim(0).reshape([heads])));
    }

    /// The outputs of heads [B, A, T, features], unchanged, with a mask of ones whose gradient is read later.
    pub fn masked(&mut self, site: &Arc<Site>, outputs: Tensor<4>) -> Tensor<4> {
        if !self.needs.wants(Kind::HeadGradients) {
            return outputs;
        }
        let [batch, heads, ..] = outputs.dims();
        let mask = Tensor::ones([batch, heads, 1, 1], &outputs.device()).require_grad();
        self.masks.push((heads_of(site, heads), mask.clone()));
        outputs * mask
    }

    /// An activation [B, T, features].
    pub fn activation(&mut self, site: &Arc<Site>, values: &Tensor<3>) {
        self.activations(site, std::slice::from_ref(values));
    }

    /// An activation in parts, [B, T, features] each.
    fn activations(&mut self, site: &Arc<Site>, parts: &[Tensor<3>]) {
        if !self.needs.signs {
            return;
        }
        let active = parts.iter().map(|values| {
            let [_, tokens, features] = values.dims();
            let first = values.clone().without_autodiff().slice([0..1, 0..self.first(tokens), 0..features]);
            first.greater_elem(0.0).float().sum_dim(1).reshape([features])
        });
        self.active.push((Arc::clone(site), Tensor::cat(active.collect(), 0)));
    }

    /// Real tokens of the first sequence, of so many.
    pub(super) fn first(&self, tokens: usize) -> usize {
        self.padding.as_ref().map_or(tokens, |padding| padding.first)
    }

    /// Values [B, T, features], the output of the part of this name, with dropout.
    pub fn dropped(&self, name: &str, values: Tensor<3>) -> Tensor<3> {
        match &self.dropout {
            Some(masks) => masks.tokens(masks.place(name), values),
            None => values,
        }
    }

    /// Attention weights [B, A, T, T] of the attention of this name, with dropout.
    pub fn dropped_attention(&self, name: &str, weights: Tensor<4>) -> Tensor<4> {
        match &self.dropout {
            Some(masks) => masks.attention(masks.place(name), weights),
            None => weights,
        }
    }

    /// Values [B, T, features], zero at padding.
    pub fn zeroed(&self, values: Tensor<3>) -> Tensor<3> {
        match &self.padding {
            Some(padding) => padding.zeroed(values),
            None => values,
        }
    }

    /// Attention scores [B, A, T, T] with which no weight goes to padding.
    pub fn unattended(&self, scores: Tensor<4>) -> Tensor<4> {
        match &self.padding {
            Some(padding) => padding.unattended(scores),
            None => scores,
        }
    }

    /// Whether anything that is read depends on a gradient: no map of a network may be one that a metric reads, and no
    /// layer one that attends.
    pub fn goes_backward(&self) -> bool {
        self.needs.jacobian(0.0) || !self.masks.is_empty() || !self.linears.is_empty()
    }
}

fn heads_of(site: &Arc<Site>, heads: usize) -> Vec<Arc<Site>> {
    (0..heads).map(|head| site.head(head)).collect()
}
