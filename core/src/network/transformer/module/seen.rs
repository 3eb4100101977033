//! What is seen on the way: linear maps whose gradients are read, and activations, reduced as they come.

use burn::tensor::{Gradients, Tensor, Transaction};

use super::super::Sizes;
use super::super::reduce::{Product, Role, agreement, of_products, positions};
use super::parts::Linear;
use crate::probe::transformer::Probe;

/// Everything a pass leaves behind, still on the device.
#[derive(Default)]
pub struct Seen {
    /// Linear maps inside the operations.
    pub operation: Vec<Linear>,
    /// Those that end the operations.
    pub output: Vec<Linear>,
    /// Those of the feed-forward stacks.
    pub feed_forward: Vec<Linear>,
    /// [1] each: the mean over samples and features of the largest value over the sequence.
    heads: Vec<Tensor<1>>,
    /// [1] each: the mean of the largest value over the heads.
    softmaxes: Vec<Tensor<1>>,
    /// [features] each: how many tokens of sample 0 have an activation above zero.
    active: Vec<Tensor<1>>,
}

impl Seen {
    /// A projection [B, T, features].
    pub fn head(&mut self, projection: &Tensor<3>) {
        self.heads.push(projection.clone().without_autodiff().max_dim(1).mean());
    }

    /// A softmax [B, A, T, _].
    pub fn softmax(&mut self, weights: &Tensor<4>) {
        self.softmaxes.push(weights.clone().without_autodiff().max_dim(1).mean());
    }

    /// An activation [B, T, features].
    pub fn activation(&mut self, values: &Tensor<3>) {
        let [_, tokens, features] = values.dims();
        let first = values.clone().without_autodiff().slice([0..1, 0..tokens, 0..features]);
        self.active.push(first.greater_elem(0.0).float().sum_dim(1).reshape([features]));
    }

    /// Reads it all at once. `jacobian` is [T, E].
    ///
    /// # Errors
    /// What the device says of its failure.
    pub async fn read(
        self,
        gradients: &Gradients,
        jacobian: Option<Tensor<2>>,
        sizes: &Sizes,
    ) -> Result<Probe, String> {
        let Self { operation, output, feed_forward, heads, softmaxes, active } = self;
        let parts = [operation.len(), output.len(), feed_forward.len()];
        let linears: Vec<Linear> = operation.into_iter().chain(output).chain(feed_forward).collect();
        let mut wanted = vec![flat(jacobian.ok_or("the positions have no gradient")?)];
        wanted.extend([Tensor::cat(heads, 0), Tensor::cat(softmaxes, 0)]);
        let activations = active.len();
        wanted.extend(active);
        for linear in &linears {
            let gradient = linear.weight.grad(gradients).ok_or_else(|| format!("{} has no gradient", linear.name))?;
            wanted.extend([flat(linear.weight.clone().without_autodiff()), flat(gradient)]);
        }
        let read = wanted.into_iter().fold(Transaction::default(), Transaction::register).execute_async().await;
        let read = read.map_err(|error| error.to_string())?;
        let read = read.into_iter().map(|data| data.try_to_vec::<f32>().map_err(|error| format!("{error:?}")));
        let values: Vec<Vec<f32>> = read.collect::<Result<_, _>>()?;
        let (scalars, matrices) = values.split_at(3 + activations);
        let roles = [Role::Operation, Role::Output, Role::FeedForward].into_iter().zip(parts);
        let roles = roles.flat_map(|(role, count)| std::iter::repeat_n(role, count));
        let products: Vec<Product> = linears.iter().zip(matrices.chunks(2)).zip(roles).map(product).collect();
        let wide = |values: &[f32]| values.iter().map(|&value| f64::from(value)).collect();
        Ok(Probe {
            jacobian: Some(positions(&scalars[0], sizes)),
            confidence: wide(&scalars[1]),
            softmax_confidence: wide(&scalars[2]),
            agreement: scalars[3..].iter().map(|active| agreement(active, sizes.sequence)).collect(),
            ..of_products(&products)
        })
    }
}

fn flat(matrix: Tensor<2>) -> Tensor<1> {
    matrix.flatten(0, 1)
}

fn product<'a>(((linear, values), role): ((&Linear, &'a [Vec<f32>]), Role)) -> Product<'a> {
    Product { role, shape: linear.weight.dims(), weight: &values[0], gradient: &values[1] }
}
