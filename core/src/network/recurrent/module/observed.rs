//! What was observed, still on the device, and the one transfer that reads it.

use burn::tensor::{Device, Gradients, Tensor, Transaction};
use faer::Mat;

use super::super::reduce::{rows_of_samples, tied_saliency};
use super::super::{Batch, Sizes, Weights};
use super::cell::{Cell, Incoming};
use crate::probe::{Probe, Rows};

/// The meaning of a tensor on the device.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Quantity {
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
    /// [1, 1, n]: parts of Σ |w · dw|, without the embedding.
    Weights,
}

/// Everything observed, still on the device.
pub struct Capture<'a> {
    weights: &'a Weights,
    batch: &'a Batch,
    sizes: &'a Sizes,
    tensors: Vec<(Quantity, Tensor<3>)>,
}

impl<'a> Capture<'a> {
    /// Nothing observed yet.
    pub fn new(weights: &'a Weights, batch: &'a Batch, sizes: &'a Sizes) -> Self {
        Self { weights, batch, sizes, tensors: Vec::new() }
    }

    /// Adds a tensor, of the shape that its meaning has.
    pub fn add(&mut self, quantity: Quantity, tensor: Tensor<3>) {
        self.tensors.push((quantity, tensor));
    }

    /// The Jacobians of several amplitudes, concatenated along the batch axis: [T, amplitudes · B, E].
    pub fn jacobians(&mut self, jacobian: Option<Tensor<3>>, amplitudes: &[f64]) {
        let Some(jacobian) = jacobian else { return };
        for (amplitude, part) in amplitudes.iter().zip(jacobian.chunk(amplitudes.len(), 1)) {
            self.add(Quantity::Jacobian(*amplitude), part);
        }
    }

    /// Σ |h · dh| of every incoming state [B, H], per layer and step.
    pub fn states(&mut self, incoming: &[Vec<Incoming>], gradients: &Gradients, device: &Device) {
        let parts = incoming.iter().flatten().filter_map(|(state, added)| {
            Some(absolute_product(state.clone().without_autodiff(), added.as_ref()?.grad(gradients)?))
        });
        self.add_sums(Quantity::States, parts.collect(), device);
    }

    /// Σ |w · dw| of every matrix [H, width of the input] of a linear node but its first.
    pub fn weights(&mut self, cells: &[Cell], gradients: &Gradients, device: &Device) {
        let matrices = cells.iter().flat_map(|cell| &cell.linears).flat_map(|linear| linear.matrices.iter().skip(1));
        let parts = matrices.filter_map(|matrix| {
            let matrix = matrix.val();
            let gradient = matrix.grad(gradients)?;
            Some(absolute_product(matrix.without_autodiff(), gradient))
        });
        self.add_sums(Quantity::Weights, parts.collect(), device);
    }

    /// Concatenates sums, [1] each. Without any the sum is zero: in a single step no gradient reaches a state.
    fn add_sums(&mut self, quantity: Quantity, mut parts: Vec<Tensor<1>>, device: &Device) {
        if parts.is_empty() {
            parts.push(Tensor::zeros([1], device));
        }
        self.add(quantity, Tensor::cat(parts, 0).unsqueeze());
    }

    /// Reads everything at once and reduces it on the host.
    ///
    /// # Errors
    /// The error message of the device.
    pub async fn read(self) -> Result<Probe, String> {
        let Self { weights, batch, sizes, tensors } = self;
        let (quantities, tensors): (Vec<Quantity>, Vec<Tensor<3>>) = tensors.into_iter().unzip();
        let transaction = tensors.into_iter().fold(Transaction::default(), Transaction::register);
        let read = transaction.execute_async().await.map_err(|error| error.to_string())?;
        let mut probe = Probe::default();
        for (quantity, data) in quantities.into_iter().zip(read) {
            let values: Vec<f32> = data.try_to_vec().map_err(|error| format!("{error:?}"))?;
            record(&mut probe, quantity, &values, (weights, batch, sizes));
        }
        Ok(probe)
    }
}

/// Reduces the values of one tensor, row-major in the shape of its meaning, into the probe.
fn record(probe: &mut Probe, quantity: Quantity, values: &[f32], (weights, batch, sizes): (&Weights, &Batch, &Sizes)) {
    let sum = || values.iter().map(|&value| f64::from(value)).sum::<f64>();
    match quantity {
        Quantity::Hidden(layer) => {
            probe.hidden.resize_with(probe.hidden.len().max(layer + 1), || None);
            probe.hidden[layer] = Some(Rows::from_columns(values, sizes.widths(layer).1));
        }
        Quantity::Agreement => {
            let value = |i, j| f64::from(values[i * sizes.batch + j]);
            probe.agreement = Some(Mat::from_fn(sizes.batch, sizes.batch, value));
        }
        Quantity::Nans if sum() > 0.0 => probe.agreement = Some(Mat::full(sizes.batch, sizes.batch, f64::NAN)),
        Quantity::Nans => {}
        Quantity::Jacobian(amplitude) => {
            if amplitude == 0.0 {
                let tied = tied_saliency(values, &weights.embedding, batch, sizes.embedding);
                probe.saliency = Some(probe.saliency.unwrap_or(0.0) + tied);
            }
            probe.merge(Probe::from_jacobian(amplitude, rows_of_samples(values, sizes)));
        }
        Quantity::States => probe.hidden_saliency = Some(sum()),
        Quantity::Weights => probe.saliency = Some(probe.saliency.unwrap_or(0.0) + sum()),
    }
}

/// Σ |a · b|, [1], over two tensors of one shape.
fn absolute_product(a: Tensor<2>, b: Tensor<2>) -> Tensor<1> {
    (a * b).abs().sum()
}
