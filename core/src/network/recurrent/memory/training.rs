//! Peak memory of training recurrent networks in turns, computed from their cells and sizes alone.

use super::super::Sizes;
use super::super::kernel::training::DECODED;
use super::{CellCounts, Demand, LayerSizes, at_once};
use crate::Result;
use crate::memory::{self, Engine, F32, F64, largest, of_process};
use crate::network::vocabulary::CHUNK;
use crate::observation::{GradientOf, Needs};
use crate::space::recurrent::Recipe;

/// What a network holds between its updates, in times its weights: these, and the two moments of the optimiser.
const HELD: f64 = 3.0;

/// Bytes that the allocator holds for each byte in use: less than of a single pass, in whose time more pages are freed and
/// not yet returned. A program that returns them after seconds, as the command does, holds up to 1.3 (November 2026).
const BLOCKS: f64 = 1.08;

/// The text, the tables of the source that made-up text is drawn from, and the run over the validation part.
const TEXT: f64 = (10 << 20) as f64;

/// Steps by which a drawn window may be longer than T: four times the standard deviation of its length.
const LONGER: usize = 20;

/// The parts of training that memory depends on: all networks are held, and one at a time is updated.
#[derive(Debug, Clone)]
pub struct TrainingDemand<'a> {
    /// The cells.
    pub recipes: &'a [Recipe],
    /// Sizes of network, batch and windows.
    pub sizes: &'a Sizes,
    /// What runs the networks.
    pub engine: Engine,
}

impl TrainingDemand<'_> {
    /// Bytes that training takes at its peak.
    pub fn peak(&self) -> f64 {
        let Self { recipes, sizes, engine } = *self;
        let (needs, window) = (Needs::default(), Sizes { steps: sizes.steps + LONGER, ..*sizes });
        let (mut held, mut update) = (0.0, 0.0_f64);
        for recipe in recipes {
            let demand = Demand { recipe, sizes: &window, needs: &needs, words: None, weights_given: false, engine };
            let weights = demand.trained_weights();
            held += HELD * weights;
            update = update.max(demand.update(weights));
        }
        of_process(TEXT + held + update, BLOCKS)
    }

    /// Checks that it fits into `memory` bytes.
    ///
    /// # Errors
    /// [`Error::Size`](crate::Error::Size) with need and limit, naming the size furthest above its default.
    pub fn check(&self, memory: usize) -> Result<()> {
        memory::check("training", self.peak(), memory, self.sizes.with_defaults())
    }
}

impl Demand<'_> {
    /// Weights of all layers, and the decoder's bias.
    fn trained_weights(&self) -> f64 {
        let table = self.sizes.vocabulary as f64 * (1.0 + self.sizes.embedding as f64);
        F32 * (table + self.entries(&self.all_layers()))
    }

    /// The loss and its gradients in the cells, beside the weights.
    pub(super) fn loss(&self) -> f64 {
        let weights = self.trained_weights();
        let given = if self.weights_given { 0.0 } else { weights };
        if matches!(self.engine, Engine::Burn { .. }) {
            return self.update(weights) + given;
        }
        let (cell, layers, backward) = (CellCounts::new(self.recipe), self.all_layers(), self.needs.loss_gradients());
        let backward = backward || self.needs.takes_further_passes();
        let traces: f64 = layers.iter().map(|layer| cell.trace(layer, backward)).sum();
        let gradients = if backward { F32 * self.entries(&layers) } else { 0.0 };
        let of_layer = |layer| if backward { cell.gradients(layer, true) } else { 0.0 };
        let logits = self.logits(self.tokens().min(DECODED as f64));
        // Signs of the gradients of matrices, their products and the decomposition of these, in parallel.
        let square = |layer: &LayerSizes| 4.0 * F64 * layer.width * layer.width.max(layer.input);
        let squares =
            if self.needs.reads_gradient(GradientOf::Loss) { largest(layers.iter().map(square)) } else { 0.0 };
        let reduced = at_once() as f64 * squares;
        let backward = gradients + largest(layers.iter().map(of_layer)).max(reduced);
        let panels = self.panels_of(&cell, &layers, backward > 0.0);
        given + panels + traces + 3.0 * F32 * self.input() + logits.max(backward)
    }

    /// The logits of so many rows, which become their own gradients; those of the rows are summed by chunks of words.
    fn logits(&self, rows: f64) -> f64 {
        let chunks = (self.sizes.vocabulary as f64 / CHUNK as f64).ceil();
        F32 * rows * (self.sizes.vocabulary as f64 + chunks * self.sizes.embedding as f64)
    }

    /// An update: the gradient of every weight, matrices with dropout, the values of all steps, and what the backward
    /// pass of a layer takes besides them.
    fn update(&self, weights: f64) -> f64 {
        let (cell, layers) = (CellCounts::new(self.recipe), self.all_layers());
        let table = F32 * self.sizes.vocabulary as f64 * self.sizes.embedding as f64;
        let outputs = 3.0 * F32 * self.input();
        let (dropped, panels) = (weights - table, self.panels_of(&cell, &layers, true));
        match self.engine {
            Engine::Kernel => {
                let traces: f64 = layers.iter().map(|layer| cell.trace(layer, true)).sum();
                let backward = largest(layers.iter().map(|layer| cell.gradients(layer, true)));
                weights
                    + dropped
                    + panels
                    + traces
                    + outputs
                    + self.logits(self.tokens().min(DECODED as f64)).max(backward)
            }
            Engine::Burn { shared } => {
                let device = 2.0 * (weights + self.saved(&cell, &layers) + self.logits(self.tokens()));
                weights + dropped + outputs + if shared { device } else { 0.0 }
            }
        }
    }
}
