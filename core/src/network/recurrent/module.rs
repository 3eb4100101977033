//! The network as a Burn module, on any device. The hand-written kernel is faster on the CPU; tests hold both equal.

mod cell;
mod observed;
mod training;

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::{Sizes, Weights, noised};
use crate::network::Batch;
use crate::network::tensor::tensor;
use crate::observation::Needs;
use crate::space::recurrent::Recipe;
use cell::{Cell, CellCapture, Incoming, Signs};
use observed::{Observed, Seen};
pub use training::gradient;

/// A recurrent language network on a device.
pub struct Network<'a> {
    recipe: &'a Recipe,
    weights: &'a Weights,
    device: Device,
}

/// The cells of all layers.
#[derive(Module, Debug)]
struct Stack {
    cells: Vec<Cell>,
}

/// A pass over all layers.
struct Pass {
    /// [T, B, E]: the embedded input, whose gradient is the Jacobian.
    input: Tensor<3>,
    /// Per layer and step: `h_prev_0`, [B, H].
    incoming: Vec<Vec<Incoming>>,
    /// [T, B, E]: `h_new_0` of the last layer.
    output: Tensor<3>,
}

impl<'a> Network<'a> {
    /// A network on `device`, which is given without automatic differentiation.
    pub fn new(recipe: &'a Recipe, weights: &'a Weights, device: &Device) -> Self {
        Self { recipe, weights, device: device.clone() }
    }

    /// Runs the network once for all needs; nothing is read from the device yet.
    pub fn observe(&'a self, batch: &'a Batch, sizes: &'a Sizes, needs: &'a Needs) -> Observed<'a> {
        let mut observed = Observed::new(self.recipe, self.weights, (batch, sizes, needs));
        let mut passes = needs.passes();
        let embedded = batch.embedded(&self.weights.embedding, sizes.embedding);
        if passes.first() == Some(&0.0) {
            passes.remove(0);
            self.clean(&embedded, sizes, needs, &mut observed);
        }
        if !passes.is_empty() {
            // All amplitudes as one larger batch.
            let device = self.device.clone().autodiff();
            let inputs = passes.iter().map(|&amplitude| {
                tensor(
                    noised(&embedded, batch.noise(), sizes, amplitude),
                    [sizes.steps, sizes.batch, sizes.embedding],
                    &device,
                )
            });
            let input = Tensor::cat(inputs.collect(), 1).detach().require_grad();
            let stack = Stack::new(self.recipe, self.weights, &device).no_grad();
            let pass = stack.run(self.recipe, input, CellCapture::default());
            let jacobian = pass.input.grad(&pass.output.sum().backward());
            observed.jacobians(jacobian, &passes);
        }
        observed
    }

    /// The pass without noise on `embedded` [T, B, E].
    fn clean(&self, embedded: &[f32], sizes: &Sizes, needs: &Needs, observed: &mut Observed) {
        let device = if needs.gradient() { self.device.clone().autodiff() } else { self.device.clone() };
        let layers = needs.layers(sizes.layers);
        let mut stack = Stack::new(self.recipe, self.weights, &device);
        stack.cells.truncate(layers);
        if !needs.weight_gradients() {
            stack = stack.no_grad();
        }
        let mut input = tensor(embedded.to_vec(), [sizes.steps, sizes.batch, sizes.embedding], &device);
        if needs.gradient() {
            input = input.require_grad();
        }
        let mut signs = needs.signs.then(|| Signs::new(sizes.batch, &self.device));
        let capture = CellCapture { states: needs.state_gradients, signs: signs.as_mut(), ..CellCapture::default() };
        let pass = stack.run(self.recipe, input, capture);
        for (layer, incoming) in pass.incoming.iter().enumerate().filter(|(layer, _)| needs.hidden(layer + 1)) {
            let states: Vec<Tensor<2>> = incoming.iter().map(|(state, _)| state.clone().without_autodiff()).collect();
            observed.add(Seen::Hidden(layer), Tensor::stack::<3>(states, 0));
        }
        if let Some(Signs { agreement, nans }) = signs {
            observed.add(Seen::Agreement, agreement.unsqueeze());
            observed.add(Seen::Nans, nans.unsqueeze());
        }
        if needs.gradient() {
            let gradients = pass.output.sum().backward();
            observed.jacobians(pass.input.grad(&gradients), &[0.0]);
            if needs.state_gradients {
                observed.states(&pass.incoming, &gradients, &self.device);
            }
            if needs.weight_gradients() {
                observed.weights(&stack.cells, &gradients);
            }
        }
    }
}

impl Stack {
    fn new(recipe: &Recipe, weights: &Weights, device: &Device) -> Self {
        Self { cells: weights.layers.iter().map(|layer| Cell::new(recipe, layer, device)).collect() }
    }

    /// All layers on `input` [T, B, E].
    fn run(&self, recipe: &Recipe, input: Tensor<3>, mut capture: CellCapture) -> Pass {
        let (mut below, mut incoming) = (input.clone(), Vec::new());
        for cell in &self.cells {
            let run = cell.run(recipe, &below, &mut capture);
            below = Tensor::stack(run.outputs, 0);
            if let Some(signs) = capture.signs.as_deref_mut() {
                signs.check(&below);
            }
            incoming.push(run.incoming);
        }
        Pass { input, incoming, output: below }
    }
}
