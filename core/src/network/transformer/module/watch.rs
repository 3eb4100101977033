//! Observations of a pass: linear maps whose gradients are read, and activations, reduced as they come.

use burn::tensor::{Gradients, Tensor, Transaction};

use super::super::Weights;
use super::super::reduce::{Product, Role};
use super::super::seen::{Seen, add};
use super::Network;
use super::padding::Padding;
use super::parts::Linear;
use crate::probe::transformer::Probe;

/// The observations of a pass, still on the device.
#[derive(Default)]
pub struct Watch {
    /// Where there is padding.
    padding: Option<Padding>,
    /// Linear maps whose gradients are read.
    pub linears: Vec<(Role, Linear)>,
    /// [1] each: the mean over samples and features of the largest value over the sequence.
    projections: Vec<Tensor<1>>,
    /// [1] each: the mean of the largest value over the heads.
    softmaxes: Vec<Tensor<1>>,
    /// [A] each: the mean over samples and tokens of the largest attention weight.
    attention: Vec<Tensor<1>>,
    /// [B, A, 1, 1] each, of ones: its gradient is Σ output · gradient of a head, by sample.
    masks: Vec<Tensor<4>>,
    /// [features] each: how many tokens of sample 0 have an activation above zero.
    active: Vec<Tensor<1>>,
}

/// Observations read from the device and summed over sequences.
#[derive(Default)]
pub struct Sums {
    seen: Seen,
    /// Linear maps by name.
    linears: Vec<(Role, String)>,
    /// Per linear map, [out, in].
    gradients: Vec<Vec<f32>>,
}

impl Watch {
    /// Nothing observed yet, of sequences with this padding.
    pub fn new(padding: Option<Padding>) -> Self {
        Self { padding, ..Self::default() }
    }

    /// A projection [B, T, features].
    pub fn head(&mut self, projection: &Tensor<3>) {
        let projection = projection.clone().without_autodiff();
        let real = match &self.padding {
            Some(padding) => padding.below(projection),
            None => projection,
        };
        self.projections.push(real.max_dim(1).mean());
    }

    /// A softmax [B, A, T, _].
    pub fn softmax(&mut self, weights: &Tensor<4>) {
        let largest = weights.clone().without_autodiff().max_dim(1);
        self.softmaxes.push(match &self.padding {
            Some(padding) => padding.mean(padding.mean_over_keys(largest)).mean(),
            None => largest.mean(),
        });
    }

    /// Attention weights [B, A, T, T].
    pub fn attention(&mut self, weights: &Tensor<4>) {
        self.softmax(weights);
        let weights = weights.clone().without_autodiff();
        let heads = weights.dims()[1];
        let largest = weights.max_dim(3);
        let means = match &self.padding {
            Some(padding) => padding.mean(largest),
            None => largest.mean_dim(2),
        };
        self.attention.push(means.mean_dim(0).reshape([heads]));
    }

    /// The outputs of heads [B, A, T, features], unchanged, with a mask of ones whose gradient is read later.
    pub fn masked(&mut self, outputs: Tensor<4>) -> Tensor<4> {
        let [batch, heads, ..] = outputs.dims();
        let mask = Tensor::ones([batch, heads, 1, 1], &outputs.device()).require_grad();
        self.masks.push(mask.clone());
        outputs * mask
    }

    /// An activation [B, T, features].
    pub fn activation(&mut self, values: &Tensor<3>) {
        let [_, tokens, features] = values.dims();
        let tokens = self.padding.as_ref().map_or(tokens, |padding| padding.first);
        let first = values.clone().without_autodiff().slice([0..1, 0..tokens, 0..features]);
        self.active.push(first.greater_elem(0.0).float().sum_dim(1).reshape([features]));
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
    pub async fn read(self, gradients: &Gradients, positions: &Tensor<2>, output: &Tensor<3>) -> Result<Sums, String> {
        let [sequences, ..] = output.dims();
        let summed = |means: Vec<Tensor<1>>| means.into_iter().map(|mean| mean * sequences as f32).collect();
        let of_linear = |(_, linear): &(Role, Linear)| {
            let gradient = linear.weight.grad(gradients).ok_or_else(|| format!("{} has no gradient", linear.name));
            gradient.map(flat)
        };
        let groups = [
            nans(output),
            vec![flat(positions.grad(gradients).ok_or("the positions have no gradient")?)],
            summed(self.projections),
            summed(self.softmaxes),
            summed(self.attention),
            self.masks.iter().map(|mask| of_heads(mask, gradients)).collect::<Result<_, _>>()?,
            self.active,
            self.linears.iter().map(of_linear).collect::<Result<_, _>>()?,
        ];
        let [nans, jacobian, projections, softmaxes, attention, head_gradients, active, gradients] =
            read(groups).await?;
        let wide = |values: Vec<Vec<f32>>| values.into_iter().flatten().map(f64::from).collect();
        let seen = Seen {
            projections: wide(projections),
            softmaxes: wide(softmaxes),
            attention: wide(attention),
            head_gradients: wide(head_gradients),
            active,
            first: self.padding.as_ref().map_or(positions.dims()[0], |padding| padding.first),
            jacobian: jacobian.concat(),
            nans: [0, 1]
                .map(|at| nans.get(at).and_then(|count: &Vec<f32>| count.first()).map_or(0.0, |&count| count.into())),
        };
        let linears = self.linears.into_iter().map(|(role, linear)| (role, linear.name)).collect();
        Ok(Sums { seen, linears, gradients })
    }
}

impl Sums {
    /// Adds the observations of other sequences.
    pub fn add(&mut self, other: Self) {
        self.seen.add(other.seen);
        self.linears = other.linears;
        self.gradients.resize(other.gradients.len(), Vec::new());
        self.gradients.iter_mut().zip(&other.gradients).for_each(|(sum, gradient)| add(sum, gradient));
    }

    /// What all metrics read of the network.
    ///
    /// # Errors
    /// [`crate::Error::Weights`] where a weight is missing.
    pub fn probe(&self, network: &Network) -> crate::Result<Probe> {
        let products = self.linears.iter().zip(&self.gradients);
        let products = products.map(|(linear, gradient)| product(network.weights, linear, gradient));
        let products = products.collect::<crate::Result<Vec<_>>>()?;
        Ok(self.seen.probe(network.configuration, network.sizes, &products))
    }
}

fn product<'a>(
    weights: &'a Weights,
    (role, name): &'a (Role, String),
    gradient: &'a [f32],
) -> crate::Result<Product<'a>> {
    let weight = weights.get(&format!("{name}.weight"))?;
    let shape = [weight.shape[0], weight.values.len() / weight.shape[0]];
    Ok(Product { role: *role, name, shape, weight: &weight.values, gradient })
}

/// The values of groups of tensors, in one transfer.
async fn read<const N: usize>(groups: [Vec<Tensor<1>>; N]) -> Result<[Vec<Vec<f32>>; N], String> {
    let counts = groups.each_ref().map(Vec::len);
    let all = groups.into_iter().flatten().fold(Transaction::default(), Transaction::register);
    let read = all.execute_async().await.map_err(|error| error.to_string())?;
    let values = read.into_iter().map(|data| data.try_to_vec::<f32>().map_err(|error| format!("{error:?}")));
    let mut values = values.collect::<Result<Vec<_>, _>>()?.into_iter();
    Ok(counts.map(|count| values.by_ref().take(count).collect()))
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
