//! Peak memory of scoring an encoder, computed from its architecture and sizes alone.
//!
//! Counts and bytes are f64: products of sizes, however large, do not overflow.

use super::Sizes;
use crate::Result;
use crate::linalg;
use crate::memory::{self, Engine, F32, F64, SMALL_BLOCKS, largest, of_process};
use crate::network::language::memory::{SuiteSizes, hidden};
use crate::network::transformer::kernel::in_chunk;
use crate::observation::{Moments, Needs, Way};
use crate::space::encoder::{Basis, Configuration, Layer, Operation, Similarity};

/// The parts of a scoring job that memory depends on.
#[derive(Debug, Clone)]
pub struct Demand<'a> {
    /// The encoder.
    pub configuration: &'a Configuration,
    /// Sizes beyond the configuration.
    pub sizes: &'a Sizes,
    /// What is to be observed.
    pub needs: &'a Needs,
    /// Whether the weights are in memory already and take no more.
    pub weights_given: bool,
    /// What runs the encoder.
    pub engine: Engine,
}

/// Numbers of values of one sequence in one half of a layer.
struct Half {
    /// Saved by the forward pass for the backward pass.
    saved: f64,
    /// Saved to the tape for the gradients of the weights: inputs and output gradients of linear maps.
    tape: f64,
    /// Used by the backward pass of the half besides what is saved.
    scratch: f64,
}

/// Widths of a layer, and tokens of a sequence.
struct Shape {
    /// T.
    tokens: f64,
    /// H.
    hidden: f64,
    /// A.
    heads: f64,
    /// Width of the feed-forward layers.
    inner: f64,
    /// Number of feed-forward layers.
    feed_forward_layers: f64,
}

impl Demand<'_> {
    /// Checks that it fits into `memory` bytes.
    ///
    /// # Errors
    /// [`Error::Size`](crate::Error::Size) with need and limit, naming the size furthest above its default.
    pub fn check(&self, memory: usize) -> Result<()> {
        memory::check("encoder", self.peak(), memory, self.sizes.with_defaults())
    }

    /// Bytes that scoring takes at its peak.
    pub fn peak(&self) -> f64 {
        let tokens = F32 * self.sizes.batch as f64 * self.sizes.sequence as f64;
        let run = match (self.needs.is_empty(), self.engine) {
            (true, _) => 0.0,
            (_, Engine::Kernel) => self.kernel(),
            (_, Engine::Burn { shared }) => self.burn(shared),
        };
        // Synthetic text is drawn step by step and then transposed.
        of_process(tokens + run.max(tokens), SMALL_BLOCKS)
    }

    /// The kernel on the CPU: a chunk of sequences and the gradients computed from it; later the norms of weights and
    /// gradients.
    fn kernel(&self) -> f64 {
        let own = self.hidden() + self.pass(self.needs.gradient(), self.needs.weight_gradients());
        let language = self.needs.of(&[Way::Loss, Way::Further]);
        if language.is_empty() {
            return own;
        }
        let [during, later] = self.suite(&language);
        let backward = language.goes_backward() || language.takes_further_passes();
        own.max(during + self.head() + self.pass(backward, backward)).max(self.weights() + later)
    }

    /// Bytes of the incoming states of the layers that are read, of all sequences, and of their moments.
    fn hidden(&self) -> f64 {
        let tokens = self.sizes.batch as f64 * self.sizes.sequence as f64;
        hidden(self.needs, [self.configuration.layers.len(), self.configuration.hidden], tokens)
    }

    /// Logits of the masked tokens of the sequences that run, with their gradients.
    fn head(&self) -> f64 {
        /// Masked tokens, at most nearly: 15 in 100 are expected.
        const MASKED: f64 = 0.3;
        let Sizes { vocabulary, batch, sequence, .. } = self.sizes;
        2.0 * F32 * MASKED * (*sequence * *vocabulary) as f64 * (*batch).min(threads()) as f64
    }

    /// What the zero-cost suite takes beyond its passes: bytes during a pass, and at another time.
    fn suite(&self, needs: &Needs) -> [f64; 2] {
        let Sizes { batch, sequence, embedding, .. } = *self.sizes;
        let (hidden, layers) = (self.configuration.hidden as f64, &self.configuration.layers);
        let inner = |layer: &Layer| (layer.feed_forward * layer.feed_forward_layers) as f64;
        let nodes: f64 = layers.iter().map(|layer| 7.0 * hidden + 2.0 * inner(layer)).sum();
        let blocks = 2.0 * layers.len() as f64;
        SuiteSizes {
            parameters: self.sizes.count(self.configuration),
            matrices: self.observed_weights(),
            nodes: [nodes + hidden, blocks * hidden, layers.iter().map(inner).sum()],
            shape: [batch as f64, sequence as f64],
            widths: [hidden, embedding as f64],
            widest: largest(layers.iter().map(|layer| layer.feed_forward as f64).chain([hidden])),
            blocks,
        }
        .bytes(needs)
    }

    /// A pass over all sequences, backward where it says so, with the gradients of matrices.
    fn pass(&self, backward: bool, matrices: bool) -> f64 {
        let Sizes { batch, sequence, .. } = *self.sizes;
        let chunk = batch.min(in_chunk(sequence));
        let running = chunk.min(threads()) as f64;
        let halves = self.halves();
        if !backward {
            let half = F32 * largest(halves.iter().map(|half| half.saved + half.scratch));
            return self.weights() + self.joined() + running * (half + F32 * self.embedded());
        }
        let tape = self.tape(&halves);
        let chunk_done = chunk as f64 * tape;
        let in_work = (chunk as f64 - running) * tape + running * self.running(&halves);
        let gradients = if matrices { F32 * self.observed_weights() } else { 0.0 };
        // The gradients of the first chunk are allocated when its sequences are done.
        let run = if chunk < batch { gradients + in_work.max(chunk_done) } else { in_work.max(gradients + chunk_done) };
        let positions = Moments::peak(self.sizes.embedding as f64, self.sizes.positions as f64);
        // With other work on the machine, a buffer of a feed-forward layer was seen to be still held by the allocator.
        let widest = largest(self.configuration.layers.iter().map(|layer| layer.feed_forward as f64));
        let held = F32 * sequence as f64 * widest;
        self.weights() + self.joined() + held + run.max(gradients + self.norms().max(positions))
    }

    fn weights(&self) -> f64 {
        if self.weights_given { 0.0 } else { F32 * self.sizes.count(self.configuration) }
    }

    /// Copies of maps that read the same input as one matrix, of the taps of convolutions, and the matrices of
    /// transforms.
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

    /// The halves of all layers, in order.
    fn halves(&self) -> Vec<Half> {
        let shapes = self.configuration.layers.iter().map(|layer| (layer, self.shape(layer)));
        shapes.flat_map(|(layer, shape)| [shape.mix(layer.operation), shape.feed_forward()]).collect()
    }

    /// Bytes of the tape and the observations of a sequence that is done.
    fn tape(&self, halves: &[Half]) -> f64 {
        let active: f64 = self
            .configuration
            .layers
            .iter()
            .map(|layer| layer.feed_forward_layers as f64 * layer.feed_forward as f64)
            .sum();
        F32 * (halves.iter().map(|half| half.tape).sum::<f64>() + active + self.embedded())
    }

    /// Peak bytes of a running sequence.
    fn running(&self, halves: &[Half]) -> f64 {
        let mut later: f64 = halves.iter().map(|half| half.tape).sum();
        let mut saved = self.embedded();
        let values = |half: &Half| {
            later -= half.tape;
            let now = saved + half.saved + half.scratch + later;
            saved += half.saved;
            now
        };
        F32 * largest(halves.iter().map(values))
    }

    /// Entries of the linear maps whose gradients are read.
    fn observed_weights(&self) -> f64 {
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
            entries += 2.0 * hidden * shape.inner + (shape.feed_forward_layers - 1.0) * shape.inner * shape.inner;
        }
        entries
    }

    /// Nuclear norms of the matrices of the operations, in parallel: each matrix in f64, its square, and the scratch of
    /// the solver.
    fn norms(&self) -> f64 {
        let hidden = self.configuration.hidden as f64;
        let square = hidden * hidden;
        let each = F64 * 2.0 * square + linalg::scratch(hidden);
        let all = self.configuration.layers.len() * 4;
        each * all.min(threads()) as f64
    }

    /// Burn: the host holds the weights and reduces what it reads. A device that shares the host's memory also holds
    /// there all values of all sequences and their gradients.
    fn burn(&self, shared: bool) -> f64 {
        let host = 2.0 * self.weights() + self.norms();
        let values: f64 = self.halves().iter().map(|half| half.saved + half.scratch).sum();
        let device = 2.0 * (F32 * values * self.sizes.batch as f64 + F32 * self.observed_weights());
        if shared { host + device } else { host }
    }

    fn shape(&self, layer: &Layer) -> Shape {
        Shape {
            tokens: self.sizes.sequence as f64,
            hidden: self.configuration.hidden as f64,
            heads: layer.heads as f64,
            inner: layer.feed_forward as f64,
            feed_forward_layers: layer.feed_forward_layers as f64,
        }
    }

    /// T · E.
    fn embedded(&self) -> f64 {
        self.sizes.sequence as f64 * self.sizes.embedding as f64
    }
}

impl Shape {
    /// The operation that mixes tokens, with its output map and norm.
    fn mix(&self, operation: Operation) -> Half {
        let Self { tokens, hidden, heads, .. } = *self;
        let (saved, tape, scratch, pairs) = match operation {
            // Saved: input and waves. Scratch: the gradients of output, projection and input.
            Operation::Transform(basis) => (hidden + waves(basis) * hidden, 2.0 * hidden, 3.0 * hidden, 0.0),
            Operation::Attention(similarity) => {
                let query = if similarity == Similarity::WeightedMultiplicative { 2.0 * hidden } else { 0.0 };
                let (saved, tape) = (4.0 * hidden + query, 4.0 * hidden + query);
                let (saved, tape) = (saved + 2.0 * hidden, tape + 2.0 * hidden);
                (saved, tape, 6.0 * hidden + query, heads)
            }
            Operation::Convolution { kernel } => {
                let taps = self.taps(kernel);
                // Input, joint projections, and four of half the width: query, convolved values, separable convolution,
                // and its product with the query.
                let (saved, tape) = (hidden + 2.0 * hidden + 2.0 * hidden + taps, 3.0 * hidden + hidden / 2.0 + taps);
                (saved + 2.0 * hidden, tape + 2.0 * hidden, 7.0 * hidden + taps, heads / 2.0)
            }
        };
        // The gradient of one head's attention is in memory at a time.
        let square = tokens * tokens;
        let head = if pairs > 0.0 { square } else { 0.0 };
        Half { saved: tokens * saved + pairs * square, tape: tokens * tape, scratch: tokens * scratch + head }
    }

    /// The feed-forward layers, with their output map and norm.
    fn feed_forward(&self) -> Half {
        let Self { tokens, hidden, inner, feed_forward_layers: layers, .. } = *self;
        // Inputs and slopes of the layers; the input of the dense map, and what the norm saves.
        let saved = hidden + (layers - 1.0) * inner + layers * inner + inner + hidden;
        let tape = hidden + inner + (layers - 1.0) * 2.0 * inner + inner + hidden;
        Half { saved: tokens * saved, tape: tokens * tape, scratch: tokens * (2.0 * hidden + inner) }
    }

    /// Entries of the kernels of all heads that convolve.
    fn taps(&self, kernel: usize) -> f64 {
        self.heads / 2.0 * kernel as f64
    }
}

/// Number of transforms whose sum is taken.
fn waves(basis: Basis) -> f64 {
    match basis {
        Basis::Fourier => 2.0,
        Basis::Cosine => 1.0,
    }
}

/// Largest number of sequences, or norms, that are computed in parallel.
fn threads() -> usize {
    rayon::current_num_threads()
}
