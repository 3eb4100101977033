//! One layer.

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor, activation};

use super::super::weights::{CellWeights, source_width};
use super::param;
use crate::space::recurrent::{Node, Operation, Recipe, Source};

/// The linear nodes of a cell, in the order of the recipe.
#[derive(Module, Debug)]
pub struct Cell {
    pub linears: Vec<Linear>,
    width: usize,
}

/// One linear node: y = b + Σ xₖ Wₖᵀ.
#[derive(Module, Debug)]
pub struct Linear {
    /// [1, H].
    bias: Param<Tensor<2>>,
    /// One per input: [H, width of the input].
    pub matrices: Vec<Param<Tensor<2>>>,
}

/// What a state is, and the zeros added to it: their gradient is that of the state, but for what nodes of the step that
/// made it read.
type Incoming = (Tensor<2>, Tensor<2>);

impl Cell {
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

    /// All steps of `input` [T, B, width of x] from zero states: `h_new_0` and the incoming `h_prev_0` of every step.
    pub fn run(
        &self,
        recipe: &Recipe,
        input: &Tensor<3>,
        mut agreement: Option<&mut Tensor<2>>,
    ) -> (Vec<Tensor<2>>, Vec<Incoming>) {
        let [steps, batch, width] = input.dims();
        let zeros = || Tensor::<2>::zeros([batch, self.width], &input.device());
        let mut states: Vec<Tensor<2>> = (0..recipe.states()).map(|_| zeros()).collect();
        let (mut outputs, mut incoming) = (Vec::new(), vec![(states[0].clone(), zeros())]);
        for step in 0..steps {
            let x = input.clone().slice([step..step + 1, 0..batch, 0..width]).reshape([batch, width]);
            let watched = zeros().require_grad();
            states = self.step(recipe, &x, &states, agreement.as_deref_mut());
            states[0] = states[0].clone() + watched.clone();
            outputs.push(states[0].clone());
            incoming.push((states[0].clone(), watched));
        }
        incoming.truncate(steps);
        (outputs, incoming)
    }

    /// One step: the new states.
    fn step(
        &self,
        recipe: &Recipe,
        x: &Tensor<2>,
        states: &[Tensor<2>],
        mut agreement: Option<&mut Tensor<2>>,
    ) -> Vec<Tensor<2>> {
        let places: Vec<usize> = recipe.linears().map(|(at, _)| at).collect();
        let mut values: Vec<Option<Tensor<2>>> = vec![None; recipe.nodes().len()];
        for &at in recipe.order() {
            let node = &recipe.nodes()[at];
            let inputs = node.inputs.iter().filter_map(|source| match *source {
                Source::Input => Some(x.clone()),
                Source::State(state) => states.get(state).cloned(),
                Source::Node(node) => values[node].clone(),
            });
            let inputs: Vec<Tensor<2>> = inputs.collect();
            let linear = places.iter().position(|&place| place == at).map(|place| &self.linears[place]);
            let value = linear.map_or_else(|| apply(node.operation, &inputs), |linear| linear.forward(&inputs));
            if let Some(agreement) = agreement.as_deref_mut().filter(|_| node.operation.is_activation()) {
                count(agreement, &value);
            }
            values[at] = Some(value);
        }
        recipe.outputs().iter().filter_map(|&at| values[at].clone()).collect()
    }
}

impl Linear {
    fn forward(&self, inputs: &[Tensor<2>]) -> Tensor<2> {
        let products = inputs.iter().zip(&self.matrices).map(|(x, matrix)| x.clone().matmul(matrix.val().transpose()));
        products.fold(self.bias.val(), |sum, product| sum + product)
    }
}

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

/// agreement += c cᵀ + (1 − c)(1 − c)ᵀ for the signs c [B, H] of `value`.
fn count(agreement: &mut Tensor<2>, value: &Tensor<2>) {
    let on = value.clone().without_autodiff().greater_elem(0.0).float();
    let off = on.clone().neg() + 1.0;
    let agreed = on.clone().matmul(on.transpose()) + off.clone().matmul(off.transpose());
    *agreement = agreement.clone() + agreed;
}
