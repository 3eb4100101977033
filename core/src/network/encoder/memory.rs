//! How much memory it takes to score an encoder: the peak, from names and numbers alone.
//!
//! Counts and bytes are f64: products of sizes, however large, do not overflow.

use super::Sizes;
use super::kernel::in_chunk;
use crate::Result;
use crate::memory::{self, Engine, F32, F64, SMALL_BLOCKS, largest, of_process};
use crate::metric::spectrum;
use crate::probe::Rows;
use crate::space::transformer::{Basis, Configuration, Layer, Operation, Similarity};

/// What is to be scored, as far as memory depends on it: every metric is computed from the same run.
#[derive(Debug, Clone)]
pub struct Demand<'a> {
    /// The encoder.
    pub configuration: &'a Configuration,
    /// Sizes beyond the configuration.
    pub sizes: &'a Sizes,
    /// Whether the weights are there already and take no further memory.
    pub weights_given: bool,
    /// What runs the encoder.
    pub engine: Engine,
}

/// Values of one sequence in one half of a layer.
struct Half {
    /// Kept from the way forward for the way back.
    kept: f64,
    /// Left for the gradients of the weights: inputs and gradients of the outputs of linear maps.
    trail: f64,
    /// Made on the way back, beside what is kept, until the half is done.
    passing: f64,
}

/// Widths of a layer, and tokens of a sequence.
struct Shape {
    /// T.
    tokens: f64,
    /// H.
    hidden: f64,
    /// A.
    heads: f64,
    /// Of the feed-forward stacks.
    inner: f64,
    stacks: f64,
}

impl Demand<'_> {
    /// Checks that it fits into `memory` bytes.
    ///
    /// # Errors
    /// [`Error::Size`](crate::Error::Size) with need and limit, naming the size that is the most unusual.
    pub fn check(&self, memory: usize) -> Result<()> {
        memory::check("encoder", self.peak(), memory, self.sizes.with_usual())
    }

    /// Bytes that scoring takes at its peak.
    pub fn peak(&self) -> f64 {
        let tokens = F32 * self.sizes.batch as f64 * self.sizes.sequence as f64;
        let run = match self.engine {
            Engine::Kernel => self.kernel(),
            Engine::Burn { shared } => self.burn(shared),
        };
        // Made-up text is made step by step and then turned.
        of_process(tokens + run.max(tokens), SMALL_BLOCKS)
    }

    /// The kernel on the processor: a chunk of sequences, and the gradients it ends in; later the norms of weights and
    /// gradients.
    fn kernel(&self) -> f64 {
        let Sizes { batch, sequence, .. } = *self.sizes;
        let chunk = batch.min(in_chunk(sequence));
        let running = chunk.min(threads()) as f64;
        let halves = self.halves();
        let trail = self.trail(&halves);
        let chunk_done = chunk as f64 * trail;
        let in_work = (chunk as f64 - running) * trail + running * self.running(&halves);
        let gradients = F32 * self.watched();
        // Of the first chunk the gradients come when the sequences are done.
        let run = if chunk < batch { gradients + in_work.max(chunk_done) } else { in_work.max(gradients + chunk_done) };
        let positions = Rows::peak(self.sizes.embedding as f64, self.sizes.positions as f64);
        self.weights() + self.joined() + run.max(gradients + self.norms().max(positions))
    }

    fn weights(&self) -> f64 {
        if self.weights_given { 0.0 } else { F32 * self.sizes.count(self.configuration) }
    }

    /// Copies of maps that read the same input, as one matrix, and of the taps of convolutions.
    fn joined(&self) -> f64 {
        let hidden = self.configuration.hidden as f64;
        let layer = |layer: &Layer| match layer.operation {
            Operation::Attention(_) => 3.0 * hidden * hidden,
            Operation::Convolution { kernel } => 2.0 * hidden * hidden + kernel as f64 * hidden,
            Operation::Transform(basis) => {
                let features = hidden / layer.heads as f64;
                waves(basis) * ((self.sizes.sequence as f64).powi(2) + features * features)
            }
        };
        F32 * self.configuration.layers.iter().map(layer).sum::<f64>()
    }

    /// Every half of every layer, from the first on.
    fn halves(&self) -> Vec<Half> {
        let shapes = self.configuration.layers.iter().map(|layer| (layer, self.shape(layer)));
        shapes.flat_map(|(layer, shape)| [shape.mix(layer.operation), shape.feed_forward()]).collect()
    }

    /// What a sequence that is done leaves behind, in bytes.
    fn trail(&self, halves: &[Half]) -> f64 {
        let active: f64 =
            self.configuration.layers.iter().map(|layer| layer.stacks as f64 * layer.feed_forward as f64).sum();
        F32 * (halves.iter().map(|half| half.trail).sum::<f64>() + active + self.embedded())
    }

    /// What a sequence takes at its peak, in bytes.
    fn running(&self, halves: &[Half]) -> f64 {
        let mut later: f64 = halves.iter().map(|half| half.trail).sum();
        let mut kept = self.embedded();
        let at = |half: &Half| {
            later -= half.trail;
            let now = kept + half.kept + half.passing + later;
            kept += half.kept;
            now
        };
        F32 * largest(halves.iter().map(at))
    }

    /// Entries of the linear maps whose gradients are read.
    fn watched(&self) -> f64 {
        let hidden = self.configuration.hidden as f64;
        let mut entries = 0.0;
        for layer in &self.configuration.layers {
            let shape = self.shape(layer);
            entries += match layer.operation {
                Operation::Transform(_) => hidden * hidden,
                Operation::Attention(Similarity::WeightedMultiplicative) => 5.0 * hidden * hidden,
                Operation::Attention(Similarity::ScaledDotProduct) => 4.0 * hidden * hidden,
                Operation::Convolution { kernel } => 3.0 * hidden * hidden + hidden / 2.0 * shape.taps(kernel),
            };
            entries += 2.0 * hidden * shape.inner + (shape.stacks - 1.0) * shape.inner * shape.inner;
        }
        entries
    }

    /// Nuclear norms of the matrices of the operations, side by side: each in f64, its square, and what the solver takes.
    fn norms(&self) -> f64 {
        let hidden = self.configuration.hidden as f64;
        let square = hidden * hidden;
        let one = F64 * 2.0 * square + spectrum::scratch(hidden);
        let all = self.configuration.layers.len() * 4;
        one * all.min(threads()) as f64
    }

    /// Burn: the host has the weights and reduces what it reads; where the device shares the host's memory it keeps, too,
    /// all values of all sequences and their gradients.
    fn burn(&self, shared: bool) -> f64 {
        let host = 2.0 * self.weights() + self.norms();
        let kept: f64 = self.halves().iter().map(|half| half.kept + half.passing).sum();
        let device = 2.0 * (F32 * kept * self.sizes.batch as f64 + F32 * self.watched());
        if shared { host + device } else { host }
    }

    fn shape(&self, layer: &Layer) -> Shape {
        Shape {
            tokens: self.sizes.sequence as f64,
            hidden: self.configuration.hidden as f64,
            heads: layer.heads as f64,
            inner: layer.feed_forward as f64,
            stacks: layer.stacks as f64,
        }
    }

    /// T · E.
    fn embedded(&self) -> f64 {
        self.sizes.sequence as f64 * self.sizes.embedding as f64
    }
}

impl Shape {
    /// What mixes tokens, with what ends it.
    fn mix(&self, operation: Operation) -> Half {
        let Self { tokens, hidden, heads, .. } = *self;
        let (kept, trail, passing, pairs) = match operation {
            // Input and waves; gradient, what comes in and what goes out.
            Operation::Transform(basis) => (hidden + waves(basis) * hidden, 2.0 * hidden, 3.0 * hidden, 0.0),
            Operation::Attention(similarity) => {
                let query = if similarity == Similarity::WeightedMultiplicative { 2.0 * hidden } else { 0.0 };
                let (kept, trail) = (4.0 * hidden + query, 4.0 * hidden + query);
                let (kept, trail) = (kept + 2.0 * hidden, trail + 2.0 * hidden);
                (kept, trail, 6.0 * hidden + query, heads)
            }
            Operation::Convolution { kernel } => {
                let taps = self.taps(kernel);
                // Input, joined projections, and four of half the width: query, what is convolved, what is around it, and
                // the product of both.
                let (kept, trail) = (hidden + 2.0 * hidden + 2.0 * hidden + taps, 3.0 * hidden + hidden / 2.0 + taps);
                (kept + 2.0 * hidden, trail + 2.0 * hidden, 7.0 * hidden + taps, heads / 2.0)
            }
        };
        // The gradient of one head's attention is there at a time.
        let square = tokens * tokens;
        let one = if pairs > 0.0 { square } else { 0.0 };
        Half { kept: tokens * kept + pairs * square, trail: tokens * trail, passing: tokens * passing + one }
    }

    /// The feed-forward stacks, with what ends them.
    fn feed_forward(&self) -> Half {
        let Self { tokens, hidden, inner, stacks, .. } = *self;
        // Inputs and slopes of the stacks; the input of the dense map, and what the norm keeps.
        let kept = hidden + (stacks - 1.0) * inner + stacks * inner + inner + hidden;
        let trail = hidden + inner + (stacks - 1.0) * 2.0 * inner + inner + hidden;
        Half { kept: tokens * kept, trail: tokens * trail, passing: tokens * (2.0 * hidden + inner) }
    }

    /// Entries of the kernels of all heads that convolve.
    fn taps(&self, kernel: usize) -> f64 {
        self.heads / 2.0 * kernel as f64
    }
}

/// Transforms that are added.
fn waves(basis: Basis) -> f64 {
    match basis {
        Basis::Fourier => 2.0,
        Basis::Cosine => 1.0,
    }
}

/// Sequences, or norms, that are made side by side at most.
fn threads() -> usize {
    rayon::current_num_threads()
}
