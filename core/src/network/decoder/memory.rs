//! Peak memory of scoring a decoder, computed from its architecture and sizes alone.
//!
//! Counts and bytes are f64: products of sizes, however large, do not overflow.

use super::sizes::LOGITS;
use super::{Sizes, Structure};
use crate::Result;
use crate::linalg;
use crate::memory::{self, Engine, F32, F64, SMALL_BLOCKS, largest, of_process};
use crate::network::language::memory::{SuiteSizes, hidden};
use crate::network::transformer::kernel::in_chunk;
use crate::observation::{Moments, Needs};
use crate::space::decoder::{Adaptive, Decoder, Layer, Original, Position, Residual, Words};

/// The parts of a scoring job that memory depends on.
#[derive(Debug, Clone)]
pub struct Demand<'a> {
    /// The decoder.
    pub decoder: &'a Decoder,
    /// Of the batch.
    pub sizes: &'a Sizes,
    /// What is to be observed.
    pub needs: &'a Needs,
    /// Whether the weights are in memory already and take no more.
    pub weights_given: bool,
    /// What runs the decoder.
    pub engine: Engine,
}

/// Numbers of values of one sequence in one half of a layer.
#[derive(Clone, Copy, Default)]
struct Half {
    /// Saved by the forward pass for the backward pass.
    saved: f64,
    /// Saved to the tape for the gradients of the weights.
    tape: f64,
    /// Used by either pass besides what is saved.
    scratch: f64,
}

impl Demand<'_> {
    /// Checks that it fits into `memory` bytes.
    ///
    /// # Errors
    /// [`Error::Size`](crate::Error::Size) with need and limit, naming the size furthest above its default.
    pub fn check(&self, memory: usize) -> Result<()> {
        let (Sizes { batch, sequence }, defaults) = (*self.sizes, Sizes::default());
        let named = [("batch", batch, defaults.batch), ("sequence", sequence, defaults.sequence)];
        memory::check("decoder", self.peak(), memory, named)
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
        let Sizes { batch, sequence } = *self.sizes;
        let structure = Structure::new(self.decoder, sequence);
        let (chunk, width) = (batch.min(in_chunk(sequence)) as f64, self.decoder.width as f64);
        let running = chunk.min(threads());
        let weights = if self.weights_given { 0.0 } else { structure.parameters };
        let hidden = self.hidden();
        let (halves, states) = (self.halves(), sequence as f64 * width);
        let [during, later] = self.suite(&structure);
        let further = self.needs.takes_further_passes();
        let backward = self.needs.goes_backward() || further;
        if !backward {
            let half = largest(halves.iter().map(|half| half.saved + half.scratch));
            let half = if self.needs.loss() { half.max(self.head()) } else { half };
            let run = running * (half + 2.0 * states);
            return hidden + F32 * (weights + self.joined()) + (F32 * run + during).max(later);
        }
        let tape = states + halves.iter().map(|half| half.tape).sum::<f64>();
        let saved = halves.iter().map(|half| half.saved).sum::<f64>() + 2.0 * states;
        let scratch = largest(halves.iter().map(|half| half.scratch)).max(self.head());
        // The backward pass turns what a half saved into its tape: only one half has both at a time.
        let in_work = running * (saved.max(tape) + largest(halves.iter().map(|half| half.tape)) + scratch);
        let gradients = if self.needs.reads_matrices() || further { structure.non_embedding } else { 0.0 };
        let run = gradients + chunk * tape + in_work;
        let positions = Moments::peak(width, sequence as f64);
        let reduced = F32 * gradients + self.norms().max(positions);
        hidden + F32 * (weights + self.joined()) + reduced.max(F32 * run + during).max(later)
    }

    /// What the zero-cost suite takes beyond its passes: bytes during a pass, and at another time.
    fn suite(&self, structure: &Structure) -> [f64; 2] {
        let Decoder { width, ref layers, gated, .. } = *self.decoder;
        let Sizes { batch, sequence } = *self.sizes;
        let (hidden, feed_forward) = (width as f64, |layer: &Layer| layer.feed_forward as f64);
        let gates = if gated { 1.0 } else { 0.0 };
        let nodes = layers.iter().map(|layer| {
            let attention = layer.mixed() as f64 + 2.0 * layer.key_value() as f64 + hidden;
            attention + (2.0 + gates) * feed_forward(layer) + hidden
        });
        let blocks = self.decoder.blocks() as f64;
        let fused = layers.iter().map(|layer| (layer.mixed() + 2 * layer.key_value()) as f64);
        SuiteSizes {
            parameters: structure.parameters,
            matrices: structure.non_embedding,
            nodes: [nodes.sum(), blocks * hidden, layers.iter().map(feed_forward).sum()],
            shape: [batch as f64, sequence as f64],
            widths: [hidden, hidden],
            widest: largest(layers.iter().map(feed_forward).chain(fused).chain([hidden])),
            blocks,
        }
        .bytes(self.needs)
    }

    /// Burn: the host holds the weights, their copies on the way to the device, and reduces what it reads. A device that
    /// shares the host's memory also holds there its own weights, all values of all sequences with their gradients, and
    /// logits.
    fn burn(&self, shared: bool) -> f64 {
        let Sizes { batch, sequence } = *self.sizes;
        let structure = Structure::new(self.decoder, sequence);
        let weights = F32 * structure.parameters;
        let drawn = if self.weights_given { 0.0 } else { weights };
        let gradients = if self.needs.reads_matrices() { F32 * structure.non_embedding } else { 0.0 };
        let norms = if self.needs.reads_matrices() { self.norms() } else { 0.0 };
        let positions = Moments::peak(self.decoder.width as f64, sequence as f64);
        let host = drawn + weights + self.hidden() + gradients + norms.max(positions);
        if !shared {
            return host;
        }
        let halves = self.halves();
        let values = halves.iter().map(|half| half.saved + half.scratch);
        let values = if self.needs.goes_backward() { values.sum() } else { largest(values) };
        host + weights + gradients + F32 * (2.0 * batch as f64 * values + self.logits())
    }

    /// Logits that a device has at a time, with the values between them and the losses.
    fn logits(&self) -> f64 {
        /// ln p, its exponential and the gradient.
        const COPIES: f64 = 4.0;
        let tokens = self.sizes.batch as f64 * self.sizes.sequence as f64;
        let all = tokens * self.entries();
        if self.needs.loss_is_read() { COPIES * all.min((LOGITS as f64).max(self.entries())) } else { 0.0 }
    }

    /// Bytes of the incoming states of the layers that are read, of all sequences, and of their moments.
    fn hidden(&self) -> f64 {
        let tokens = self.sizes.batch as f64 * self.sizes.sequence as f64;
        hidden(self.needs, [self.decoder.layers.len(), self.decoder.width], tokens)
    }

    /// Copies of maps that read the same input as one matrix, and the maps of distances.
    fn joined(&self) -> f64 {
        let Decoder { width, original, gated, position, .. } = *self.decoder;
        let layer = |layer: &Layer| {
            let (mixed, inputs) = (layer.mixed() as f64, width as f64);
            let fused = if original.is_fused() { 0.0 } else { inputs * (mixed + 2.0 * layer.key_value() as f64) };
            let gate = if gated { 2.0 * inputs * layer.feed_forward as f64 } else { 0.0 };
            let distances =
                if position == Position::Relative { self.sizes.sequence as f64 * (inputs + mixed) } else { 0.0 };
            fused + gate + distances
        };
        self.decoder.layers.iter().map(layer).sum()
    }

    /// The halves of all layers, or the layers where both halves run in parallel.
    fn halves(&self) -> Vec<Half> {
        let halves = self.decoder.layers.iter().map(|layer| [self.attention(layer), self.feed_forward(layer)]);
        match self.decoder.residual {
            Residual::Sequential => halves.flatten().collect(),
            Residual::Parallel => halves.map(|[a, b]| a.plus(b)).collect(),
        }
    }

    fn attention(&self, layer: &Layer) -> Half {
        let (tokens, hidden) = (self.sizes.sequence as f64, self.decoder.width as f64);
        let (mixed, key_value) = (layer.mixed() as f64, layer.key_value() as f64);
        let relative = if self.decoder.original == Original::TransformerXl { 1.0 } else { 0.0 };
        let projected = mixed + 2.0 * key_value + relative * 2.0 * mixed;
        let square = tokens * tokens;
        Half {
            saved: tokens * (2.0 * hidden + projected + mixed) + layer.heads as f64 * square,
            tape: tokens * (2.0 * hidden + projected + mixed + relative * hidden),
            scratch: tokens * (4.0 * hidden + 2.0 * projected + mixed) + (1.0 + relative) * square,
        }
    }

    fn feed_forward(&self, layer: &Layer) -> Half {
        let (tokens, hidden) = (self.sizes.sequence as f64, self.decoder.width as f64);
        let (inner, gates) = (layer.feed_forward as f64, if self.decoder.gated { 1.0 } else { 0.0 });
        Half {
            saved: tokens * (2.0 * hidden + (3.0 + gates) * inner),
            tape: tokens * (2.0 * hidden + (2.0 + gates) * inner),
            scratch: tokens * (4.0 * hidden + (2.0 + 2.0 * gates) * inner),
        }
    }

    /// Logits of the largest cluster and states in the width of its embeddings, of all tokens of a sequence.
    fn head(&self) -> f64 {
        let (tokens, hidden) = (self.sizes.sequence as f64, self.decoder.width as f64);
        tokens * (self.entries() + 5.0 * hidden)
    }

    /// Logits of a token in the largest cluster.
    fn entries(&self) -> f64 {
        let entries = match &self.decoder.words {
            Words::Whole { .. } => self.decoder.vocabulary,
            Words::Adaptive(adaptive) => widest(adaptive, self.decoder.vocabulary),
        };
        entries as f64
    }

    /// Nuclear norms of the matrices, in parallel: each matrix in f64, its square, and the scratch of the solver.
    fn norms(&self) -> f64 {
        let Decoder { width, ref layers, .. } = *self.decoder;
        let sides = |layer: &Layer| {
            let joined = layer.mixed() + 2 * layer.key_value();
            [(width, joined), (layer.mixed(), width), (width, layer.feed_forward)]
        };
        let each = layers.iter().flat_map(sides).map(|(a, b)| {
            let (short, long) = (a.min(b) as f64, a.max(b) as f64);
            F64 * (short * long + short * short) + linalg::scratch(short)
        });
        largest(each) * threads().min(4.0 * layers.len() as f64)
    }
}

impl Half {
    fn plus(self, other: Self) -> Self {
        Self { saved: self.saved + other.saved, tape: self.tape + other.tape, scratch: self.scratch.max(other.scratch) }
    }
}

/// Entries of the largest cluster, the first with the other clusters.
fn widest(adaptive: &Adaptive, vocabulary: usize) -> usize {
    let ranges = adaptive.ranges(vocabulary);
    ranges.iter().map(ExactSizeIterator::len).max().unwrap_or(0) + ranges.len() - 1
}

/// Largest number of sequences, or norms, that are computed in parallel.
fn threads() -> f64 {
    rayon::current_num_threads() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::{Kind, Need};

    /// A device's own memory is not the host's; one that shares it holds there what a gradient needs.
    #[test]
    fn the_engine_says_where_values_are() {
        let json = r#"{"model_type": "gpt2", "vocab_size": 500, "n_embd": 64, "n_layer": 4, "n_head": 4}"#;
        let (decoder, sizes) = (Decoder::from_json(json).unwrap(), Sizes { batch: 16, sequence: 64 });
        let peak = |need, engine| {
            let needs: Needs = [need].into_iter().collect();
            Demand { decoder: &decoder, sizes: &sizes, needs: &needs, weights_given: false, engine }.peak()
        };
        let (forward, backward) = (Need::Terms(Kind::Attention), Need::Terms(Kind::HeadGradients));
        let (own, shared) = (Engine::GPU, Engine::Burn { shared: true });
        assert!(peak(backward, own) < peak(backward, Engine::Kernel));
        assert!(peak(backward, Engine::Kernel) < peak(backward, shared));
        assert!(peak(forward, shared) < peak(backward, shared));
        assert!(peak(forward, own) < peak(forward, shared));
    }
}
