//! What was observed, still on the device, and the one transfer that reads it.

use burn::tensor::{Device, Gradients, Tensor, Transaction};
use faer::Mat;

use super::super::reduce::{Tied, matrix_spec, rows_of_samples};
use super::super::{Sizes, Weights};
use super::cell::{Cell, Incoming};
use crate::network::Batch;
use crate::observation::{GradientOf, Moments, Needs, Observation, Parameter, ParameterSpec};
use crate::space::recurrent::Recipe;

/// The meaning of a tensor on the device.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Seen {
    /// [T, B, H]: the incoming states of a layer, counted from 0.
    Hidden(usize),
    /// [1, B, B]: the number of activations in which the signs of two samples agree.
    Agreement,
    /// [1, 1, 1]: how many outputs of layers are NaN; follows the agreement.
    Nans,
    /// [T, B, E]: the Jacobian under noise of this amplitude.
    Jacobian(f64),
    /// [1, 1, n]: parts of Σ |h · dh|.
    States,
    /// [1, H, width of the input]: the gradient of a matrix of a linear node, by its index among those that are read.
    Gradient(usize),
}

/// Everything observed, still on the device.
pub struct Observed<'a> {
    recipe: &'a Recipe,
    weights: &'a Weights,
    batch: &'a Batch,
    sizes: &'a Sizes,
    needs: &'a Needs,
    seen: Vec<(Seen, Tensor<3>)>,
    /// Matrices whose gradients are read.
    matrices: Vec<(ParameterSpec, &'a [f32])>,
}

impl<'a> Observed<'a> {
    /// Nothing observed yet.
    pub fn new(
        recipe: &'a Recipe,
        weights: &'a Weights,
        (batch, sizes, needs): (&'a Batch, &'a Sizes, &'a Needs),
    ) -> Self {
        Self { recipe, weights, batch, sizes, needs, seen: Vec::new(), matrices: Vec::new() }
    }

    /// Adds a tensor, of the shape that its meaning has.
    pub fn add(&mut self, what: Seen, tensor: Tensor<3>) {
        self.seen.push((what, tensor));
    }

    /// The Jacobians of several amplitudes, concatenated along the batch axis: [T, amplitudes · B, E].
    pub fn jacobians(&mut self, jacobian: Option<Tensor<3>>, amplitudes: &[f64]) {
        let Some(jacobian) = jacobian else { return };
        for (amplitude, part) in amplitudes.iter().zip(jacobian.chunk(amplitudes.len(), 1)) {
            self.add(Seen::Jacobian(*amplitude), part);
        }
    }

    /// Σ |h · dh| of every incoming state [B, H], per layer and step.
    pub fn states(&mut self, incoming: &[Vec<Incoming>], gradients: &Gradients, device: &Device) {
        let parts = incoming.iter().flatten().filter_map(|(state, added)| {
            Some(absolute_product(state.clone().without_autodiff(), added.as_ref()?.grad(gradients)?))
        });
        self.add_sums(Seen::States, parts.collect(), device);
    }

    /// The gradients of all matrices [H, width of the input] that are read; those that no gradient reaches are left
    /// out.
    pub fn weights(&mut self, cells: &[Cell], gradients: &Gradients) {
        for (layer, (cell, weights)) in cells.iter().zip(&self.weights.layers).enumerate() {
            let nodes = self.recipe.linears().zip(cell.linears.iter().zip(&weights.linears));
            for ((node, _), (linear, weights)) in nodes {
                for (input, (matrix, weight)) in linear.matrices.iter().zip(&weights.matrices).enumerate() {
                    let spec = matrix_spec(self.recipe, layer, (node, input), matrix.dims());
                    let gradient = matrix.val().grad(gradients).filter(|_| self.needs.reads(&spec));
                    if let Some(gradient) = gradient {
                        self.seen.push((Seen::Gradient(self.matrices.len()), gradient.unsqueeze()));
                        self.matrices.push((spec, weight));
                    }
                }
            }
        }
    }

    /// Concatenates sums, [1] each. Without any the sum is zero: in a single step no gradient reaches a state.
    fn add_sums(&mut self, what: Seen, mut parts: Vec<Tensor<1>>, device: &Device) {
        if parts.is_empty() {
            parts.push(Tensor::zeros([1], device));
        }
        self.add(what, Tensor::cat(parts, 0).unsqueeze());
    }

    /// Reads everything at once and reduces it on the host.
    ///
    /// # Errors
    /// The error message of the device.
    pub async fn read(mut self) -> Result<Observation, String> {
        let (what, tensors): (Vec<Seen>, Vec<Tensor<3>>) = std::mem::take(&mut self.seen).into_iter().unzip();
        let transaction = tensors.into_iter().fold(Transaction::default(), Transaction::register);
        let read = transaction.execute_async().await.map_err(|error| error.to_string())?;
        let mut seen = Observation::default();
        for (what, data) in what.into_iter().zip(read) {
            let values: Vec<f32> = data.try_to_vec().map_err(|error| format!("{error:?}"))?;
            self.record(&mut seen, what, &values);
        }
        Ok(seen)
    }

    /// Reduces the values of one tensor, row-major in the shape of its meaning.
    fn record(&self, seen: &mut Observation, what: Seen, values: &[f32]) {
        let Self { batch, sizes, needs, .. } = *self;
        let sum = || values.iter().map(|&value| f64::from(value)).sum::<f64>();
        match what {
            Seen::Hidden(layer) => {
                seen.hidden.resize_with(seen.hidden.len().max(layer + 1), || None);
                seen.hidden[layer] = Some(Moments::from_columns(values, sizes.widths(layer).1));
            }
            Seen::Agreement => {
                let value = |i, j| f64::from(values[i * sizes.batch + j]);
                seen.agreement = Some(Mat::from_fn(sizes.batch, sizes.batch, value));
            }
            Seen::Nans if sum() > 0.0 => seen.agreement = Some(Mat::full(sizes.batch, sizes.batch, f64::NAN)),
            Seen::Nans => {}
            Seen::Jacobian(amplitude) => {
                if amplitude == 0.0 && needs.weight_gradients() {
                    let tied = Tied::new(values, &self.weights.embedding, batch, sizes.embedding);
                    seen.reduce(needs, GradientOf::Output, &[tied.parameter()]);
                }
                seen.merge(Observation::from_jacobian(amplitude, rows_of_samples(values, sizes)));
            }
            Seen::States => seen.hidden_saliency = Some(sum()),
            Seen::Gradient(index) => {
                let (spec, weight) = &self.matrices[index];
                let parameter = Parameter { spec, weight, gradient: values, second: &[] };
                seen.reduce(needs, GradientOf::Output, &[parameter]);
            }
        }
    }
}

/// Σ |a · b|, [1], over two tensors of one shape.
fn absolute_product(a: Tensor<2>, b: Tensor<2>) -> Tensor<1> {
    (a * b).abs().sum()
}
