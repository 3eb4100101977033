//! How much memory it takes to score a recurrent network: the peak, from names and numbers alone.
//!
//! Counts and bytes are f64: products of sizes, however large, do not overflow.

use super::Sizes;
use super::kernel::{at_once, panels, reads_again};
use crate::Result;
use crate::corpus::expected_words;
use crate::memory::{self, Engine, F32, F64, LARGE_BLOCKS, WORD, largest, of_process};
use crate::metric::spectrum;
use crate::probe::{Needs, Rows};
use crate::space::recurrent::{Recipe, Source};

/// What is to be scored, as far as memory depends on it.
#[derive(Debug, Clone)]
pub struct Demand<'a> {
    /// The cell.
    pub recipe: &'a Recipe,
    /// Sizes of network and batch.
    pub sizes: &'a Sizes,
    /// What is to be observed.
    pub needs: &'a Needs,
    /// Different words in the batch; `None` where the text is not there yet and will be made up.
    pub words: Option<usize>,
    /// Whether the weights are there already and take no further memory.
    pub weights_given: bool,
    /// What runs the network.
    pub engine: Engine,
}

/// Counts of a cell.
struct Cell {
    nodes: f64,
    /// States; the node of each keeps its values of all steps.
    states: f64,
    /// Other nodes whose values of all steps a gradient reads.
    kept: f64,
    activations: f64,
    /// Per source that linear nodes read: how many matrices read it.
    users: Vec<(Source, usize)>,
}

/// Sizes of one layer.
#[derive(Clone, Copy)]
struct Layer {
    /// Width of `x`.
    input: f64,
    /// Width of states and nodes.
    width: f64,
    /// B.
    batch: f64,
    /// T.
    steps: f64,
}

impl Demand<'_> {
    /// Bytes that scoring takes at its peak.
    pub fn peak(&self) -> f64 {
        let text = F32 * self.tokens();
        let noise = if self.noised().is_empty() { 0.0 } else { F64 * self.input() };
        let run = match (self.needs.is_empty(), self.engine) {
            (true, _) => 0.0,
            (_, Engine::Kernel) => self.kernel(),
            (_, Engine::Burn { shared }) => self.burn(shared),
        };
        of_process(text + noise + run.max(self.scores()), LARGE_BLOCKS)
    }

    /// Checks that it fits into `memory` bytes.
    ///
    /// # Errors
    /// [`Error::Size`](crate::Error::Size) with need and limit, naming the size that is the most unusual.
    pub fn check(&self, memory: usize) -> Result<()> {
        memory::check("network", self.peak(), memory, self.sizes.with_usual())
    }

    /// The kernel on the processor: weights, their panels, and the passes that run side by side.
    fn kernel(&self) -> f64 {
        let cell = Cell::new(self.recipe);
        let passes: Vec<f64> = self.needs.passes().iter().map(|&noise| self.pass(&cell, noise == 0.0)).collect();
        let side_by_side = largest(passes.chunks(at_once()).map(|passes| passes.iter().sum()));
        let embedded = F32 * self.input();
        let gradient = self.needs.gradient() || !self.noised().is_empty();
        self.weights() + self.panels(&cell, gradient) + self.places() + embedded + side_by_side + self.moments()
    }

    /// Weights, unless they are there: the embedding, and the cells of the layers that are run.
    fn weights(&self) -> f64 {
        if self.weights_given {
            return 0.0;
        }
        let entries = |(layer, (_, node)): (&Layer, (usize, &crate::space::recurrent::Node))| {
            let inputs = node.inputs.iter().map(|&source| layer.width_of(source)).sum::<f64>();
            layer.width * (1.0 + inputs)
        };
        let layers = self.layers();
        let cells = layers.iter().flat_map(|layer| self.recipe.linears().map(move |node| (layer, node))).map(entries);
        F32 * (self.sizes.vocabulary as f64 * self.sizes.embedding as f64 + cells.sum::<f64>())
    }

    /// The matrices in panels, as the forward pass reads them, and as the gradient does.
    fn panels(&self, cell: &Cell, gradient: bool) -> f64 {
        let layers = self.layers();
        let groups = layers.iter().flat_map(|layer| cell.users.iter().map(move |user| (layer, user)));
        let both = groups.map(|(layer, &(source, users))| {
            let (depth, width) = (layer.width_of(source), users as f64 * layer.width);
            panels(depth, width) + if gradient { panels(width, depth) } else { 0.0 }
        });
        both.sum()
    }

    /// Which word is at which place, and a table of the words.
    fn places(&self) -> f64 {
        /// An id, its number, and the places that a hash table leaves free.
        const ENTRY: f64 = 5.0 * WORD;
        WORD * self.tokens() + ENTRY * self.words()
    }

    /// One pass: forward, back where a gradient is needed, and what is made of the gradient.
    fn pass(&self, cell: &Cell, clean: bool) -> f64 {
        let (needs, layers) = (self.needs, self.layers());
        let gradient = !clean || needs.gradient();
        let keep = gradient || needs.agreement;
        let traces: Vec<f64> = layers.iter().map(|layer| cell.trace(layer, keep)).collect();
        let all: f64 = if keep { traces.iter().sum() } else { 0.0 };
        let forward = |at: usize| {
            let before = if keep { traces[..at].iter().sum() } else { at.checked_sub(1).map_or(0.0, |at| traces[at]) };
            let rows = if clean && at > 0 { self.hidden(at) } else { 0.0 };
            let words = if at == 0 && clean { self.words() } else { self.tokens() };
            before + rows + traces[at] + cell.products(&layers[at], words)
        };
        let forward = largest((0..layers.len()).map(forward));
        let last = if clean { self.hidden(layers.len()) } else { 0.0 };
        let last = traces.last().map_or(0.0, |trace| last + if keep { all } else { *trace });
        let codes = if clean && needs.agreement { self.codes(cell) } else { 0.0 };
        if !gradient {
            return forward.max(last).max(all + codes);
        }
        let weights = clean && needs.weight_gradients;
        let back = largest(layers.iter().map(|layer| cell.gradients(layer, weights)));
        let jacobian = F32 * self.input() + Rows::peak(self.sizes.batch as f64, self.columns());
        forward.max(last).max(all + back.max(codes)).max(jacobian)
    }

    /// Correlations of the units of a layer, counted from 1: while they are made.
    fn hidden(&self, layer: usize) -> f64 {
        let rows = |layer: &Layer| Rows::peak(layer.width, layer.batch * layer.steps);
        if self.needs.hidden(layer) { self.layers().get(layer - 1).map_or(0.0, rows) } else { 0.0 }
    }

    /// Signs of the activations of all layers, a bit each, in lists that double as they grow.
    fn codes(&self, cell: &Cell) -> f64 {
        const BITS: f64 = 64.0;
        let bits = |layer: &Layer| layer.batch * layer.steps * (layer.width / BITS).ceil();
        2.0 * WORD * cell.activations * self.layers().iter().map(bits).sum::<f64>()
    }

    /// Second moments, kept from the passes to the scores.
    fn moments(&self) -> f64 {
        let batch = self.sizes.batch as f64;
        let square = |width: f64| Rows::kept(width);
        let hidden = (1..=self.sizes.layers).filter(|&layer| self.needs.hidden(layer));
        let hidden: f64 = hidden.map(|layer| square(self.sizes.widths(layer - 1).1 as f64)).sum();
        let jacobians = self.noised().len() as f64 + f64::from(u8::from(self.needs.jacobian(0.0)));
        hidden + square(batch) * (jacobians + f64::from(u8::from(self.needs.agreement)))
    }

    /// Moments, and the eigenvalue problems that are solved side by side.
    fn scores(&self) -> f64 {
        let square = |rows: usize| F64 * (rows as f64).powi(2) + spectrum::scratch(rows as f64);
        let hidden = (1..=self.sizes.layers).filter(|&layer| self.needs.hidden(layer));
        let mut problems: Vec<f64> = hidden.map(|layer| square(self.sizes.widths(layer - 1).1)).collect();
        if self.needs.agreement || self.needs.gradient() {
            problems.extend(std::iter::repeat_n(square(self.sizes.batch), at_once()));
        }
        problems.sort_by(|a, b| b.total_cmp(a));
        self.moments() + problems.iter().take(at_once()).sum::<f64>()
    }

    /// Burn: the host makes weights and inputs and reduces what it reads, and where the device shares the host's memory
    /// it keeps, too, what automatic differentiation keeps: of every node and matrix every step of every pass.
    fn burn(&self, shared: bool) -> f64 {
        let cell = Cell::new(self.recipe);
        let passes = self.needs.passes().len() as f64;
        let inputs = F32 * self.input() * (1.0 + passes);
        let states = largest((1..=self.sizes.layers).map(|layer| self.hidden(layer)));
        let rows = states.max(Rows::peak(self.sizes.batch as f64, self.columns()));
        let host = self.weights() + inputs + rows + self.moments();
        let matrices: f64 = cell.users.iter().map(|(_, users)| *users as f64).sum();
        let values = |layer: &Layer| layer.values() * (cell.nodes + matrices + cell.states);
        let kept = F32 * self.layers().iter().map(values).sum::<f64>() * passes;
        // Weights and their transposes; values and their gradients.
        if shared { host + 2.0 * (self.weights() + kept) } else { host }
    }

    /// The layers that are run.
    fn layers(&self) -> Vec<Layer> {
        let Sizes { batch, steps, .. } = *self.sizes;
        let layer = |(input, width): (usize, usize)| Layer {
            input: input as f64,
            width: width as f64,
            batch: batch as f64,
            steps: steps as f64,
        };
        (0..self.needs.layers(self.sizes.layers)).map(|at| layer(self.sizes.widths(at))).collect()
    }

    /// T · B.
    fn tokens(&self) -> f64 {
        self.sizes.steps as f64 * self.sizes.batch as f64
    }

    /// T · B · E.
    fn input(&self) -> f64 {
        self.tokens() * self.sizes.embedding as f64
    }

    /// T · E.
    fn columns(&self) -> f64 {
        self.sizes.steps as f64 * self.sizes.embedding as f64
    }

    fn words(&self) -> f64 {
        let Sizes { vocabulary, batch, steps, .. } = *self.sizes;
        self.words.map_or_else(|| expected_words(vocabulary, batch, steps), |words| words as f64)
    }

    fn noised(&self) -> Vec<f64> {
        self.needs.passes().into_iter().filter(|amplitude| *amplitude != 0.0).collect()
    }
}

impl Layer {
    /// T · B · H.
    fn values(&self) -> f64 {
        self.steps * self.step()
    }

    /// B · H.
    fn step(&self) -> f64 {
        self.batch * self.width
    }

    fn width_of(&self, source: Source) -> f64 {
        if source == Source::Input { self.input } else { self.width }
    }
}

impl Cell {
    fn new(recipe: &Recipe) -> Self {
        let mut users: Vec<(Source, usize)> = Vec::new();
        for &source in recipe.linears().flat_map(|(_, node)| &node.inputs) {
            match users.iter_mut().find(|(known, _)| *known == source) {
                Some((_, count)) => *count += 1,
                None => users.push((source, 1)),
            }
        }
        let others = (0..recipe.nodes().len()).filter(|node| !recipe.outputs().contains(node));
        Self {
            nodes: recipe.nodes().len() as f64,
            states: recipe.states() as f64,
            kept: others.filter(|&node| reads_again(recipe, node)).count() as f64,
            activations: recipe.nodes().iter().filter(|node| node.operation.is_activation()).count() as f64,
            users,
        }
    }

    /// The input of a layer and the values of its nodes, over all steps where they are kept.
    fn trace(&self, layer: &Layer, keep: bool) -> f64 {
        let input = layer.steps * layer.batch * layer.input;
        let states = self.states * (layer.values() + layer.step());
        let kept = if keep { self.kept } else { 0.0 };
        let others = kept * layer.values() + (self.nodes - self.states - kept) * layer.step();
        F32 * (input + states + others)
    }

    /// What a layer takes beside that while it runs: the products with its input, of which each word is taken once, and
    /// those of one step.
    fn products(&self, layer: &Layer, words: f64) -> f64 {
        let of_input = self.of_input();
        let copied = if words < layer.steps * layer.batch { words * layer.input } else { 0.0 };
        let input = if of_input > 0.0 { copied + words * of_input * layer.width } else { 0.0 };
        F32 * (input + (self.of_others() + 1.0) * layer.step())
    }

    /// What a layer takes on its way back beside the traces: the gradient of its output, that of its input or a weight,
    /// that of every node at a step, and those of the products; with `weights` the last ones of all steps.
    fn gradients(&self, layer: &Layer, weights: bool) -> f64 {
        /// Of a node that is differentiated: factors and shares.
        const SHARES: f64 = 2.0;
        let steps = if weights { layer.steps } else { 1.0 };
        let products = self.of_input() * layer.values() + self.of_others() * steps * layer.step();
        let nodes = (self.nodes + self.states + SHARES) * layer.step();
        let input = layer.steps * layer.batch * layer.input;
        let weight = if weights { layer.width * layer.width.max(layer.input) } else { 0.0 };
        F32 * (layer.values() + products + nodes + input.max(weight))
    }

    /// Matrices that read the layer's input.
    fn of_input(&self) -> f64 {
        self.users.iter().filter(|(source, _)| *source == Source::Input).map(|(_, users)| *users as f64).sum()
    }

    /// Matrices that read anything else.
    fn of_others(&self) -> f64 {
        self.users.iter().map(|(_, users)| *users as f64).sum::<f64>() - self.of_input()
    }
}
