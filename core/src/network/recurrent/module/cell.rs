//! One layer of the Burn module.

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor, activation};

use super::super::sizes::source_width;
use super::super::weights::CellWeights;
use crate::network::tensor::tensor;
use crate::space::recurrent::{Node, Operation, Recipe, Source};

/// The linear nodes of a cell, in the order of the recipe; `width` is H.
#[derive(Module, Debug)]
pub struct Cell {
    pub linears: Vec<Linear>,
    width: usize,
}

/// One linear node: y [B, H] = b + Σ xₖ Wₖᵀ.
#[derive(Module, Debug)]
pub struct Linear {
    /// [1, H].
    pub bias: Param<Tensor<2>>,
    /// One per input: [H, width of the input].
    pub matrices: Vec<Param<Tensor<2>>>,
}

/// `h_prev_0` of a step, [B, H], and the zeros [B, H] added to it where its gradient is requested: their gradient is
/// that of the state, without the share of the nodes of the step that computed it.
pub type Incoming = (Tensor<2>, Option<Tensor<2>>);

/// A pass through one layer.
pub struct CellRun {
    /// `h_new_0` [B, H] of every step.
    pub outputs: Vec<Tensor<2>>,
    /// `h_prev_0` of every step.
    pub incoming: Vec<Incoming>,
    /// Every state after the last step, [B, H].
    pub last: Vec<Tensor<2>>,
}

/// The states before a pass, and what it saves besides its outputs.
#[derive(Default)]
pub struct CellCapture<'a> {
    /// Every state before the first step, [B, H]; zeros where there are none.
    pub start: Option<Vec<Tensor<2>>>,
    /// Whether the gradients of the states will be read: the device must differentiate then.
    pub states: bool,
    /// The signs of the activations, where they are requested.
    pub signs: Option<&'a mut Signs>,
}

/// The signs of the activations of all samples, compared.
pub struct Signs {
    /// [B, B]: in how many activations two samples agree.
    pub agreement: Tensor<2>,
    /// [1]: how many outputs of layers are NaN. NaN has no sign, and a comparison does not show it.
    pub nans: Tensor<1>,
}

impl Signs {
    /// No activation compared yet, for so many samples.
    pub fn new(samples: usize, device: &Device) -> Self {
        Self { agreement: Tensor::zeros([samples; 2], device), nans: Tensor::zeros([1], device) }
    }

    /// Adds the outputs of an activation, [B, H]: agreement += c cᵀ + (1 − c)(1 − c)ᵀ for their signs c.
    fn compare(&mut self, value: &Tensor<2>) {
        let on = value.clone().without_autodiff().greater_elem(0.0).float();
        let off = on.clone().neg() + 1.0;
        let agreed = on.clone().matmul(on.transpose()) + off.clone().matmul(off.transpose());
        self.agreement = self.agreement.clone() + agreed;
    }

    /// Counts the NaN among the outputs of a layer, [T, B, H].
    pub fn check(&mut self, output: &Tensor<3>) {
        self.nans = self.nans.clone() + output.clone().without_autodiff().is_nan().float().sum();
    }
}

impl Cell {
    /// The cell of a layer with its weights on a device.
    pub fn new(recipe: &Recipe, weights: &CellWeights, device: &Device) -> Self {
        let linear = |((_, node), weights): ((usize, &Node), &super::super::LinearWeights)| {
            (node.inputs.clone(), weights.clone())
        };
        let (input, width) = (weights.input, weights.width);
        let linears = recipe.linears().zip(&weights.linears).map(linear).map(|(sources, weights)| Linear {
            bias: param(&weights.bias, [1, width], device),
            matrices: sources
                .iter()
                .zip(&weights.matrices)
                .map(|(&source, matrix)| param(matrix, [width, source_width(source, input, width)], device))
                .collect(),
        });
        Self { linears: linears.collect(), width }
    }

    /// All steps of `input` [T, B, width of x], from zero states unless `capture` has others.
    pub fn run(&self, recipe: &Recipe, input: &Tensor<3>, capture: &mut CellCapture) -> CellRun {
        let [steps, batch, width] = input.dims();
        let zeros = || Tensor::<2>::zeros([batch, self.width], &input.device());
        let mut states = capture.start.take().unwrap_or_else(|| (0..recipe.states()).map(|_| zeros()).collect());
        let (mut outputs, mut incoming) = (Vec::new(), vec![(states[0].clone(), None)]);
        for step in 0..steps {
            let x = input.clone().slice([step..step + 1, 0..batch, 0..width]).reshape([batch, width]);
            states = self.step(recipe, &x, &states, capture.signs.as_deref_mut());
            let added = capture.states.then(|| zeros().require_grad());
            if let Some(added) = &added {
                states[0] = states[0].clone() + added.clone();
            }
            outputs.push(states[0].clone());
            incoming.push((states[0].clone(), added));
        }
        incoming.truncate(steps);
        CellRun { outputs, incoming, last: states }
    }

    /// One step from `x` [B, width of x] and the states [B, H]: the new states, [B, H] each.
    fn step(
        &self,
        recipe: &Recipe,
        x: &Tensor<2>,
        states: &[Tensor<2>],
        mut signs: Option<&mut Signs>,
    ) -> Vec<Tensor<2>> {
        let linears: Vec<usize> = recipe.linears().map(|(index, _)| index).collect();
        let mut values: Vec<Option<Tensor<2>>> = vec![None; recipe.nodes().len()];
        for &index in recipe.order() {
            let node = &recipe.nodes()[index];
            let inputs = node.inputs.iter().filter_map(|source| match *source {
                Source::Input => Some(x.clone()),
                Source::State(state) => states.get(state).cloned(),
                Source::Node(node) => values[node].clone(),
            });
            let inputs: Vec<Tensor<2>> = inputs.collect();
            let linear = linears.iter().position(|&node| node == index).map(|linear| &self.linears[linear]);
            let value = linear.map_or_else(|| apply(node.operation, &inputs), |linear| linear.forward(&inputs));
            if let Some(signs) = signs.as_deref_mut().filter(|_| node.operation.is_activation()) {
                signs.compare(&value);
            }
            values[index] = Some(value);
        }
        recipe.outputs().iter().filter_map(|&index| values[index].clone()).collect()
    }
}

impl Linear {
    /// y [B, H] of inputs [B, width of the input].
    fn forward(&self, inputs: &[Tensor<2>]) -> Tensor<2> {
        let products = inputs.iter().zip(&self.matrices).map(|(x, matrix)| x.clone().matmul(matrix.val().transpose()));
        products.fold(self.bias.val(), |sum, product| sum + product)
    }
}

/// An operation without weights on inputs [B, H]; its output is [B, H].
fn apply(operation: Operation, inputs: &[Tensor<2>]) -> Tensor<2> {
    let all = |join: fn(Tensor<2>, Tensor<2>) -> Tensor<2>| {
        inputs[1..].iter().fold(inputs[0].clone(), |left, right| join(left, right.clone()))
    };
    match (operation, inputs) {
        (Operation::Blend, [z, a, b]) => z.clone() * a.clone() + (z.clone().neg() + 1.0) * b.clone(),
        (Operation::Product, _) => all(|a, b| a * b),
        (Operation::Tanh, _) => inputs[0].clone().tanh(),
        (Operation::Sigmoid, _) => activation::sigmoid(inputs[0].clone()),
        (Operation::LeakyRelu, _) => activation::leaky_relu(inputs[0].clone(), Operation::LEAK.into()),
        (Operation::Sum | Operation::Blend | Operation::Linear, _) => all(|a, b| a + b),
    }
}

/// A parameter of this shape from its values in row-major order.
fn param<const D: usize>(values: &[f32], shape: [usize; D], device: &Device) -> Param<Tensor<D>> {
    Param::from_tensor(tensor(values.to_vec(), shape, device))
}
