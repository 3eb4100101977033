//! Peak memory of scoring a recurrent network, computed from its architecture and sizes alone.
//!
//! Counts and bytes are f64: products of sizes, however large, do not overflow.

mod training;

pub use training::TrainingDemand;

use super::Sizes;
use super::kernel::panels::bytes as panels;
use super::kernel::plan::reads_again;
use crate::Result;
use crate::corpus::expected_distinct_tokens;
use crate::linalg;
use crate::memory::{self, Engine, F32, F64, LARGE_BLOCKS, WORD, largest, of_process};
use crate::network::language::memory::SuiteSizes;
use crate::observation::{Moments, Needs, Way};
use crate::space::recurrent::{Recipe, Source};

/// The parts of a scoring job that memory depends on.
#[derive(Debug, Clone)]
pub struct Demand<'a> {
    /// The cell.
    pub recipe: &'a Recipe,
    /// Sizes of network and batch.
    pub sizes: &'a Sizes,
    /// What the metrics need to observe.
    pub needs: &'a Needs,
    /// Distinct tokens in the batch; `None` where a synthetic text will be drawn and their number is not known yet.
    pub words: Option<usize>,
    /// Whether the weights are in memory already and take no more.
    pub weights_given: bool,
    /// What runs the network.
    pub engine: Engine,
}

/// Counts of a cell.
struct CellCounts {
    nodes: f64,
    /// States; the node of each saves its values at all steps.
    states: f64,
    /// Other nodes whose values at all steps a gradient reads.
    saved: f64,
    activations: f64,
    /// Per source that linear nodes read: the number of matrices that read it.
    users: Vec<(Source, usize)>,
}

/// Sizes of one layer.
#[derive(Clone, Copy)]
struct LayerSizes {
    /// Width of `x`.
    input: f64,
    /// Width of states and nodes.
    width: f64,
    /// B.
    batch: f64,
    /// T.
    steps: f64,
}

/// Largest number of passes that run in parallel.
pub(super) fn at_once() -> usize {
    rayon::current_num_threads()
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
        let run = if self.needs.loss() { run.max(self.loss()) } else { run };
        let run = if self.needs.of(&[Way::Further]).is_empty() { run } else { run.max(self.suite()) };
        of_process(text + noise + run.max(self.scores()), LARGE_BLOCKS)
    }

    /// Checks that it fits into `memory` bytes.
    ///
    /// # Errors
    /// [`Error::Size`](crate::Error::Size) with need and limit, naming the size furthest above its default.
    pub fn check(&self, memory: usize) -> Result<()> {
        memory::check("network", self.peak(), memory, self.sizes.with_defaults())
    }

    /// What the zero-cost suite takes: a pass like that of training, with the values of all nodes, and what is computed from
    /// them.
    fn suite(&self) -> f64 {
        let (cell, layers) = (CellCounts::new(self.recipe), self.all_layers());
        let Sizes { embedding, batch, steps, .. } = *self.sizes;
        let linears = self.recipe.linears().count() as f64;
        let widths: f64 = layers.iter().map(|layer| layer.width).sum();
        let matrices = self.entries(&layers);
        let sizes = SuiteSizes {
            parameters: matrices + (self.sizes.vocabulary * (embedding + 1)) as f64,
            matrices,
            nodes: [(linears + cell.activations) * widths, widths, cell.activations * widths],
            shape: [batch as f64, steps as f64],
            widths: [largest(layers.iter().map(|layer| layer.width)), embedding as f64],
            widest: largest(layers.iter().map(|layer| layer.width)),
            blocks: layers.len() as f64,
        };
        let [during, later] = sizes.bytes(self.needs);
        let unsaved: f64 = layers.iter().map(|layer| (cell.nodes - cell.states - cell.saved) * layer.values()).sum();
        let all = if self.needs.reads_nodes() { F32 * unsaved } else { 0.0 };
        self.loss() + all + during.max(later)
    }

    /// The kernel on the CPU: weights, their panels, and the passes that run in parallel.
    fn kernel(&self) -> f64 {
        let cell = CellCounts::new(self.recipe);
        let passes: Vec<f64> = self.needs.passes().iter().map(|&noise| self.pass(&cell, noise == 0.0)).collect();
        let parallel = largest(passes.chunks(at_once()).map(|passes| passes.iter().sum()));
        let embedded = F32 * self.input();
        let gradient = self.needs.gradient() || !self.noised().is_empty();
        self.weights() + self.panels(&cell, gradient) + self.distinct_tokens() + embedded + parallel + self.moments()
    }

    /// Weights, unless they are given: the embedding, and the cells of the layers that run.
    fn weights(&self) -> f64 {
        if self.weights_given {
            return 0.0;
        }
        F32 * (self.sizes.vocabulary as f64 * self.sizes.embedding as f64 + self.entries(&self.layers()))
    }

    /// Entries of the matrices and biases of the cells of layers.
    fn entries(&self, layers: &[LayerSizes]) -> f64 {
        let cells = layers.iter().flat_map(|layer| self.recipe.linears().map(move |(_, node)| (layer, node)));
        let entries = cells.map(|(layer, node)| {
            layer.width * (1.0 + node.inputs.iter().map(|&source| layer.width_of(source)).sum::<f64>())
        });
        entries.sum()
    }

    /// The matrices in panels, in the layouts of the forward and of the backward pass.
    fn panels(&self, cell: &CellCounts, gradient: bool) -> f64 {
        self.panels_of(cell, &self.layers(), gradient)
    }

    fn panels_of(&self, cell: &CellCounts, layers: &[LayerSizes], gradient: bool) -> f64 {
        let groups = layers.iter().flat_map(|layer| cell.users.iter().map(move |user| (layer, user)));
        let both = groups.map(|(layer, &(source, users))| {
            let (depth, width) = (layer.width_of(source), users as f64 * layer.width);
            panels(depth, width) + if gradient { panels(width, depth) } else { 0.0 }
        });
        both.sum()
    }

    /// The token at each position, and a table of the distinct tokens.
    fn distinct_tokens(&self) -> f64 {
        /// An id, its number, and the free slots of a hash table.
        const ENTRY: f64 = 5.0 * WORD;
        WORD * self.tokens() + ENTRY * self.distinct()
    }

    /// One pass: forward, backward where a gradient is needed, and what is computed from the gradient.
    fn pass(&self, cell: &CellCounts, clean: bool) -> f64 {
        let (needs, layers) = (self.needs, self.layers());
        let gradient = !clean || needs.gradient();
        let save = gradient || needs.signs;
        let traces: Vec<f64> = layers.iter().map(|layer| cell.trace(layer, save)).collect();
        let all: f64 = if save { traces.iter().sum() } else { 0.0 };
        let forward = |layer: usize| {
            let below = layer.checked_sub(1).map_or(0.0, |below| traces[below]);
            let before = if save { traces[..layer].iter().sum() } else { below };
            let rows = if clean && layer > 0 { self.hidden(layer) } else { 0.0 };
            let inputs = if layer == 0 && clean { self.distinct() } else { self.tokens() };
            before + rows + traces[layer] + cell.products(&layers[layer], inputs)
        };
        let forward = largest((0..layers.len()).map(forward));
        let last = if clean { self.hidden(layers.len()) } else { 0.0 };
        let last = traces.last().map_or(0.0, |trace| last + if save { all } else { *trace });
        let patterns = if clean && needs.signs { self.sign_patterns(cell) } else { 0.0 };
        if !gradient {
            return forward.max(last).max(all + patterns);
        }
        let weights = clean && needs.weight_gradients();
        let backward = largest(layers.iter().map(|layer| cell.gradients(layer, weights)));
        let tied = if weights { 2.0 * F32 * self.distinct() * self.sizes.embedding as f64 } else { 0.0 };
        let jacobian = F32 * self.input() + tied.max(Moments::peak(self.sizes.batch as f64, self.columns()));
        forward.max(last).max(all + backward.max(patterns)).max(jacobian)
    }

    /// Memory in use while the second moments of the units of a layer, counted from 1, are computed.
    fn hidden(&self, layer: usize) -> f64 {
        let rows = |layer: &LayerSizes| Moments::peak(layer.width, layer.batch * layer.steps);
        if self.needs.hidden(layer) { self.layers().get(layer - 1).map_or(0.0, rows) } else { 0.0 }
    }

    /// Signs of the activations of all layers, one bit each, in vectors that double as they grow.
    fn sign_patterns(&self, cell: &CellCounts) -> f64 {
        const BITS: f64 = 64.0;
        let bits = |layer: &LayerSizes| layer.batch * layer.steps * (layer.width / BITS).ceil();
        2.0 * WORD * cell.activations * self.layers().iter().map(bits).sum::<f64>()
    }

    /// Second moments, retained from the passes until the scores are computed.
    fn moments(&self) -> f64 {
        let batch = self.sizes.batch as f64;
        let square = |width: f64| Moments::kept(width);
        let hidden = (1..=self.sizes.layers).filter(|&layer| self.needs.hidden(layer));
        let hidden: f64 = hidden.map(|layer| square(self.sizes.widths(layer - 1).1 as f64)).sum();
        let jacobians = self.noised().len() as f64 + f64::from(u8::from(self.needs.jacobian(0.0)));
        hidden + square(batch) * (jacobians + f64::from(u8::from(self.needs.signs)))
    }

    /// Moments, and the eigenvalue problems that are solved in parallel.
    fn scores(&self) -> f64 {
        let square = |rows: usize| F64 * (rows as f64).powi(2) + linalg::scratch(rows as f64);
        let hidden = (1..=self.sizes.layers).filter(|&layer| self.needs.hidden(layer));
        let mut problems: Vec<f64> = hidden.map(|layer| square(self.sizes.widths(layer - 1).1)).collect();
        if self.needs.signs || self.needs.gradient() {
            problems.extend(std::iter::repeat_n(square(self.sizes.batch), at_once()));
        }
        problems.sort_by(|a, b| b.total_cmp(a));
        self.moments() + problems.iter().take(at_once()).sum::<f64>()
    }

    /// Burn: the host holds weights and inputs and reduces what it reads. A device that shares the host's memory also
    /// holds there what automatic differentiation saves: every node and matrix product at every step of every pass.
    fn burn(&self, shared: bool) -> f64 {
        let cell = CellCounts::new(self.recipe);
        let passes = self.needs.passes().len() as f64;
        let inputs = F32 * self.input() * (1.0 + passes);
        let states = largest((1..=self.sizes.layers).map(|layer| self.hidden(layer)));
        let rows = states.max(Moments::peak(self.sizes.batch as f64, self.columns()));
        let host = self.weights() + inputs + rows + self.moments();
        let saved = self.saved(&cell, &self.layers()) * passes;
        // Weights and their transposes; values and their gradients.
        if shared { host + 2.0 * (self.weights() + saved) } else { host }
    }

    /// What automatic differentiation saves of a pass.
    fn saved(&self, cell: &CellCounts, layers: &[LayerSizes]) -> f64 {
        let matrices: f64 = cell.users.iter().map(|(_, users)| *users as f64).sum();
        F32 * layers.iter().map(|layer| layer.values() * (cell.nodes + matrices + cell.states)).sum::<f64>()
    }

    /// The layers that run.
    fn layers(&self) -> Vec<LayerSizes> {
        self.first_layers(self.needs.layers(self.sizes.layers))
    }

    /// All layers.
    fn all_layers(&self) -> Vec<LayerSizes> {
        self.first_layers(self.sizes.layers)
    }

    fn first_layers(&self, count: usize) -> Vec<LayerSizes> {
        let Sizes { batch, steps, .. } = *self.sizes;
        let layer = |(input, width): (usize, usize)| LayerSizes {
            input: input as f64,
            width: width as f64,
            batch: batch as f64,
            steps: steps as f64,
        };
        (0..count).map(|index| layer(self.sizes.widths(index))).collect()
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

    /// Distinct tokens, counted or expected.
    fn distinct(&self) -> f64 {
        let Sizes { vocabulary, batch, steps, .. } = *self.sizes;
        self.words.map_or_else(|| expected_distinct_tokens(vocabulary, batch, steps), |count| count as f64)
    }

    fn noised(&self) -> Vec<f64> {
        self.needs.passes().into_iter().filter(|amplitude| *amplitude != 0.0).collect()
    }
}

impl LayerSizes {
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

impl CellCounts {
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
            saved: others.filter(|&node| reads_again(recipe, node)).count() as f64,
            activations: recipe.nodes().iter().filter(|node| node.operation.is_activation()).count() as f64,
            users,
        }
    }

    /// The input of a layer and the values of its nodes, at all steps where they are saved.
    fn trace(&self, layer: &LayerSizes, save: bool) -> f64 {
        let input = layer.steps * layer.batch * layer.input;
        let states = self.states * (layer.values() + layer.step());
        let saved = if save { self.saved } else { 0.0 };
        let others = saved * layer.values() + (self.nodes - self.states - saved) * layer.step();
        F32 * (input + states + others)
    }

    /// What a layer takes besides the trace while it runs: the products with the `inputs` distinct rows of its input,
    /// and those of one step.
    fn products(&self, layer: &LayerSizes, inputs: f64) -> f64 {
        let of_input = self.of_input();
        let copied = if inputs < layer.steps * layer.batch { inputs * layer.input } else { 0.0 };
        let input = if of_input > 0.0 { copied + inputs * of_input * layer.width } else { 0.0 };
        F32 * (input + (self.of_others() + 1.0) * layer.step())
    }

    /// What the backward pass of a layer takes besides the traces: the gradient of its output, that of its input or of
    /// a weight, that of every node at a step, and those of the products, with `weights` at all steps.
    fn gradients(&self, layer: &LayerSizes, weights: bool) -> f64 {
        /// Buffers of a node that is differentiated: factors and shares.
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
