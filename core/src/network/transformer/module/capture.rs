//! Observations of a pass: linear maps whose gradients are read, and activations, reduced as they come.

use std::sync::Arc;

use burn::tensor::{Gradients, Tensor};

use super::dropout::Masks;
use super::padding::Padding;
use super::parts::Linear;
use crate::network::tensor::read;
use crate::observation::{Activations, Kind, Needs, Observer, ParameterSpec, Site, add};

/// The observations of a pass, still on the device.
pub struct Capture<'a> {
    needs: &'a Needs,
    /// Where there is padding.
    padding: Option<Padding>,
    /// Of training.
    pub dropout: Option<Masks>,
    /// Linear maps whose gradients are read.
    linears: Vec<Linear>,
    /// Means over samples with their sites: [1], or `[A]` of the heads of an attention.
    means: Vec<(Kind, Vec<Arc<Site>>, Tensor<1>)>,
    /// [B, A, 1, 1] each, of ones: its gradient is Σ output · gradient of a head, by sample.
    masks: Vec<(Vec<Arc<Site>>, Tensor<4>)>,
    /// [features] each: how many tokens of sample 0 have an activation above zero.
    active: Vec<(Arc<Site>, Tensor<1>)>,
}

/// Observations read from the device and summed over sequences.
#[derive(Default)]
pub struct Sums {
    /// What the sequences showed.
    pub seen: Observer,
    /// Per linear map.
    pub gradients: Vec<Gradient>,
}

/// The gradient of a linear map.
pub struct Gradient {
    /// Name of the map in PyTorch.
    pub name: String,
    /// Its site, role and shape.
    pub spec: ParameterSpec,
    /// [out, in].
    pub values: Vec<f32>,
}

impl<'a> Capture<'a> {
    /// Nothing observed yet, of sequences with this padding.
    pub fn new(needs: &'a Needs, padding: Option<Padding>) -> Self {
        let (linears, means, masks, active) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { needs, padding, dropout: None, linears, means, masks, active }
    }

    /// The map, with its gradient computed where it is read.
    pub fn watched(&mut self, linear: Linear) -> Linear {
        if !self.needs.reads(&linear.spec) {
            return linear;
        }
        let linear = linear.watched();
        self.linears.push(linear.clone());
        linear
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
        if !self.needs.signs {
            return;
        }
        let [_, tokens, features] = values.dims();
        let tokens = self.padding.as_ref().map_or(tokens, |padding| padding.first);
        let first = values.clone().without_autodiff().slice([0..1, 0..tokens, 0..features]);
        let active = first.greater_elem(0.0).float().sum_dim(1).reshape([features]);
        self.active.push((Arc::clone(site), active));
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

    /// Reads all of it in one transfer, summed over the sequences of `output` [B, T, H]. `positions` is [T, E].
    ///
    /// # Errors
    /// The error message of the device.
    pub async fn read(self, positions: &Tensor<2>, output: &Tensor<3>) -> Result<Sums, String> {
        let [sequences, tokens, _] = output.dims();
        // No map of an encoder may be one that a metric reads, and no layer one that attends.
        let is_tracked = self.needs.jacobian(0.0) || !self.masks.is_empty() || !self.linears.is_empty();
        let gradients = is_tracked.then(|| self.zeroed(output.clone()).sum().backward());
        let first = self.padding.as_ref().map_or(tokens, |padding| padding.first);
        let mut tensors = nans(output);
        let jacobian = gradients.as_ref().filter(|_| self.needs.jacobian(0.0));
        if let Some(gradients) = jacobian {
            tensors.push(flat(positions.grad(gradients).ok_or("the positions have no gradient")?));
        }
        let has_jacobian = jacobian.is_some();
        tensors.extend(self.means.iter().map(|(_, _, mean)| mean.clone() * sequences as f32));
        tensors.extend(self.active.iter().map(|(_, active)| active.clone()));
        if let Some(gradients) = &gradients {
            for (_, mask) in &self.masks {
                tensors.push(of_heads(mask, gradients)?);
            }
            for linear in &self.linears {
                let gradient = linear.weight.grad(gradients);
                tensors.push(flat(gradient.ok_or_else(|| format!("{} has no gradient", linear.name))?));
            }
        }
        let mut values = read(tensors).await?.into_iter();
        let mut next = || values.next().unwrap_or_default();
        let mut seen = Observer::new(self.needs);
        seen.nans = [next(), next()].map(|count| count.first().map_or(0.0, |&count| count.into()));
        if has_jacobian {
            seen.jacobian = next();
        }
        for (kind, sites, _) in self.means {
            sites.iter().zip(next()).for_each(|(site, value)| seen.add(kind, site, value.into()));
        }
        for (site, _) in self.active {
            seen.activations.push(Activations { site, active: next(), tokens: first });
        }
        for (sites, _) in self.masks {
            sites.iter().zip(next()).for_each(|(site, value)| seen.add(Kind::HeadGradients, site, value.into()));
        }
        let gradient = |linear: Linear| Gradient { name: linear.name, spec: linear.spec, values: next() };
        let gradients = self.linears.into_iter().map(gradient).collect();
        Ok(Sums { seen, gradients })
    }
}

impl Sums {
    /// Adds the observations of later sequences.
    pub fn add_later(&mut self, later: Self) {
        self.seen.add_later(later.seen);
        let both = self.gradients.iter_mut().zip(&later.gradients);
        both.for_each(|(sum, more)| add(&mut sum.values, &more.values));
    }
}

fn heads_of(site: &Arc<Site>, heads: usize) -> Vec<Arc<Site>> {
    (0..heads).map(|head| site.head(head)).collect()
}

/// [1] each: how many of the last hidden states [B, T, H] of the first sequence, and of all, are NaN.
fn nans(output: &Tensor<3>) -> Vec<Tensor<1>> {
    let [_, tokens, width] = output.dims();
    let nan = output.clone().without_autodiff().is_nan().float();
    vec![nan.clone().slice([0..1, 0..tokens, 0..width]).sum(), nan.sum()]
}

/// `[A]`: the sum over samples of the absolute gradient of a mask [B, A, 1, 1].
fn of_heads(mask: &Tensor<4>, gradients: &Gradients) -> Result<Tensor<1>, String> {
    let gradient = mask.grad(gradients).ok_or("a head has no gradient")?;
    let heads = gradient.dims()[1];
    Ok(gradient.abs().sum_dim(0).reshape([heads]))
}

fn flat(matrix: Tensor<2>) -> Tensor<1> {
    matrix.flatten(0, 1)
}
