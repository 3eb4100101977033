//! A window in training on any device: the loss, and the gradient of every weight, which the host then applies.

use std::ops::Range;

use burn::tensor::{Device, Gradients, Int, Tensor, TensorData, Transaction, activation};

use super::super::training::{
    CarriedStates, Objective, Reading, WindowLoss, add_embedding, drop_matrices, dropped, embedded,
};
use super::super::weights::{CellWeights, LinearWeights, Weights};
use super::cell::{Cell, CellCapture};
use crate::network::tensor::tensor;
use crate::space::recurrent::{Recipe, Source};

/// What is computed on the device.
struct Run {
    /// [T, B, E]: the embedded input with dropout.
    input: Tensor<3>,
    /// V: [V, E].
    embedding: Tensor<2>,
    /// b: [1, V].
    bias: Tensor<2>,
    cells: Vec<Cell>,
    /// Per layer, every state after the last step, [B, H].
    last: Vec<Vec<Tensor<2>>>,
    /// [1].
    cross_entropy: Tensor<1>,
    /// [1].
    total: Tensor<1>,
}

/// The loss of a window, the gradients of all weights, and the states it leaves. Gradients of frozen matrices are
/// empty. `device` is given without automatic differentiation.
///
/// # Errors
/// The error message of the device.
pub async fn gradient(
    recipe: &Recipe,
    weights: &Weights,
    reading: Reading<'_>,
    device: &Device,
) -> Result<(WindowLoss, Weights, CarriedStates), String> {
    let Reading { window, masks, objective, .. } = reading;
    let layers = dropped(recipe, weights, masks);
    let run = Run::new(recipe, weights, (&layers, reading), &device.clone().autodiff());
    let mut read = run.read(recipe, objective).await?.into_iter();
    let mut next = || read.next().unwrap_or_default();
    let scalar = |values: Vec<f32>| values.first().copied().map_or(f64::NAN, f64::from);
    let loss = WindowLoss { cross_entropy: scalar(next()), total: scalar(next()) };
    let (mut embedding, decoder_bias, input) = (next(), next(), next());
    add_embedding(&mut embedding, input, &window, masks);
    let mut cells: Vec<CellWeights> = Vec::new();
    for cell in layers.iter() {
        let linears = recipe.linears().map(|(_, node)| {
            let bias = next();
            let matrix = |&source: &Source| if is_trained(source, objective) { next() } else { Vec::new() };
            LinearWeights { bias, matrices: node.inputs.iter().map(matrix).collect() }
        });
        cells.push(CellWeights { input: cell.input, width: cell.width, linears: linears.collect() });
    }
    if !objective.frozen {
        drop_matrices(recipe, &mut cells, masks);
    }
    let states = run.last.iter().map(|layer| layer.iter().map(|_| next()).collect()).collect();
    Ok((loss, Weights { embedding, decoder_bias, layers: cells }, CarriedStates(states)))
}

/// Whether a matrix that reads this source is trained.
fn is_trained(source: Source, objective: Objective) -> bool {
    source == Source::Input || !objective.frozen
}

impl Run {
    fn new(recipe: &Recipe, weights: &Weights, (layers, reading): (&[CellWeights], Reading), device: &Device) -> Self {
        let Reading { window, masks, states, objective } = reading;
        let (rows, steps) = (window.rows, window.tokens.len() / window.rows);
        let vocabulary = weights.decoder_bias.len();
        let width = weights.embedding.len() / vocabulary;
        let embedding = tensor(weights.embedding.clone(), [vocabulary, width], device).require_grad();
        let bias = tensor(weights.decoder_bias.clone(), [1, vocabulary], device).require_grad();
        let input = tensor(embedded(weights, &window, masks), [steps, rows, width], device).require_grad();
        let cells: Vec<Cell> = layers.iter().map(|layer| Cell::new(recipe, layer, device)).collect();
        let (mut below, mut last) = (input.clone(), Vec::new());
        for (layer, (cell, states)) in cells.iter().zip(&states.0).enumerate() {
            if layer > 0 {
                below = drop_out(below, masks.of_layer(layer - 1), device);
            }
            let start = states.iter().map(|state| tensor(state.clone(), [rows, state.len() / rows], device)).collect();
            let run = cell.run(recipe, &below, &mut CellCapture { start: Some(start), ..CellCapture::default() });
            below = Tensor::stack(run.outputs, 0);
            last.push(run.last);
        }
        let dropped = drop_out(below.clone(), &masks.output, device);
        let logits =
            dropped.clone().reshape([steps * rows, width]).matmul(embedding.clone().transpose()) + bias.clone();
        let targets: Vec<i32> = window.targets.iter().map(|&id| id as i32).collect();
        let targets: Tensor<2, Int> = Tensor::from_data(TensorData::new(targets, [steps * rows, 1]), device);
        let cross_entropy = activation::log_softmax(logits, 1).gather(1, targets).mean().neg();
        let mut total = cross_entropy.clone() + dropped.square().mean() * objective.activation;
        if steps > 1 {
            let all = [0..rows, 0..width];
            let part = |steps: Range<usize>| below.clone().slice([steps, all[0].clone(), all[1].clone()]);
            let change = part(1..steps) - part(0..steps - 1);
            total = total + change.square().mean() * objective.change;
        }
        Self { input, embedding, bias, cells, last, cross_entropy, total }
    }

    /// The losses, all gradients and the last states, in the order in which [`gradient`] takes them.
    async fn read(&self, recipe: &Recipe, objective: Objective) -> Result<Vec<Vec<f32>>, String> {
        let gradients = self.total.backward();
        let mut all = Vec::new();
        let add = |all: &mut Vec<Tensor<1>>, tensor: Tensor<2>| all.push(flat(tensor));
        all.extend([self.cross_entropy.clone(), self.total.clone()].map(Tensor::without_autodiff));
        add(&mut all, of(&self.embedding, &gradients));
        add(&mut all, of(&self.bias, &gradients));
        all.push(flat(of(&self.input, &gradients)));
        for cell in &self.cells {
            for (linear, (_, node)) in cell.linears.iter().zip(recipe.linears()) {
                add(&mut all, of(&linear.bias.val(), &gradients));
                let matrices = linear.matrices.iter().zip(&node.inputs);
                let trained = matrices.filter(|(_, source)| is_trained(**source, objective));
                trained.for_each(|(matrix, _)| add(&mut all, of(&matrix.val(), &gradients)));
            }
        }
        self.last.iter().flatten().for_each(|state| add(&mut all, state.clone().without_autodiff()));
        let transaction = all.into_iter().fold(Transaction::default(), Transaction::register);
        let read = transaction.execute_async().await.map_err(|error| error.to_string())?;
        read.into_iter().map(|data| data.try_to_vec().map_err(|error| format!("{error:?}"))).collect()
    }
}

/// The gradient of a tensor; zeros where nothing reads it.
fn of<const D: usize>(tensor: &Tensor<D>, gradients: &Gradients) -> Tensor<D> {
    tensor.grad(gradients).unwrap_or_else(|| tensor.clone().without_autodiff().zeros_like())
}

fn flat<const D: usize>(tensor: Tensor<D>) -> Tensor<1> {
    let count = tensor.shape().num_elements();
    tensor.reshape([count])
}

/// Values [T, B, H] times a mask [B, H], where there is one.
fn drop_out(values: Tensor<3>, mask: &[f32], device: &Device) -> Tensor<3> {
    if mask.is_empty() {
        return values;
    }
    let [_, rows, width] = values.dims();
    values * tensor(mask.to_vec(), [1, rows, width], device)
}
