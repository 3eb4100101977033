//! Memory of the zero-cost suite beyond the passes of a network: the values of nodes, and what further passes keep.

use crate::linalg;
use crate::memory::{F32, F64, largest};
use crate::observation::{GradientOf, Kind, Moments, Needs};

/// Sizes of a network and its batch.
pub struct SuiteSizes {
    /// All weights.
    pub parameters: f64,
    /// Those of the matrices of linear maps.
    pub matrices: f64,
    /// Widths of the nodes: of linear maps and activations, of blocks, and of what activations read.
    pub nodes: [f64; 3],
    /// Sequences, and tokens of each.
    pub shape: [f64; 2],
    /// H, and E: widths of the layers and of the embedded words.
    pub widths: [f64; 2],
    /// The widest node.
    pub widest: f64,
    /// Blocks.
    pub blocks: f64,
}

impl SuiteSizes {
    /// Bytes that are in memory during a pass, and bytes that are needed at another time.
    pub fn bytes(&self, needs: &Needs) -> [f64; 2] {
        let [sequences, length] = self.shape;
        let (tokens, [width, embedding]) = (sequences * length, self.widths);
        let [nodes, blocks, codes] = self.nodes;
        let read = if needs.node_reductions().is_empty() { 0.0 } else { nodes + blocks };
        // Buffers that grow are up to twice as large as what they hold; bits of words that are not full.
        let values = 2.0 * F32 * tokens * read + if needs.codes { 2.0 * tokens * codes / 4.0 } else { 0.0 };
        let threads = rayon::current_num_threads() as f64;
        let short = tokens.min(self.widest);
        let reduced = F64 * (tokens * self.widest + 2.0 * short * short) + linalg::scratch(short);
        let squares = if needs.codes { F64 * 3.0 * tokens * tokens } else { 0.0 };
        let copies = |gradient, weights: f64, matrices: f64| {
            if needs.reads_gradient(gradient) {
                F32 * (weights * self.parameters + matrices * self.matrices)
            } else {
                0.0
            }
        };
        let jacobian = F32 * tokens * embedding + Moments::peak(sequences, length * embedding);
        let trained = F32 * tokens * width * 3.0 * self.blocks + 2.0 * F64 * tokens * width;
        let later = [
            if read > 0.0 { values + threads * reduced } else { 0.0 },
            values + squares,
            if needs.output_jacobian { jacobian } else { 0.0 },
            if needs.wants(Kind::Trainability) { trained } else { 0.0 },
            if needs.perturbation {
                F32 * (self.parameters + 3.0 * tokens * embedding + 2.0 * tokens * width)
            } else {
                0.0
            },
        ];
        let during = values.max(largest(
            [
                copies(GradientOf::TwoBatches, 0.0, 3.0),
                copies(GradientOf::Hessian, 1.0, 4.0),
                copies(GradientOf::Absolute, 1.0, 3.0),
                copies(GradientOf::AbsoluteOfFuture, 1.0, 3.0),
            ]
            .into_iter(),
        ));
        [during, largest(later.into_iter())]
    }
}

/// Bytes of the incoming states of the layers that are read, of so many tokens, and of their moments; of a transformer of so
/// many layers of one width.
pub fn hidden(needs: &Needs, [layers, width]: [usize; 2], tokens: f64) -> f64 {
    let (last, width) = (needs.highest_layer().min(layers), width as f64);
    let read = (1..=last).filter(|&layer| needs.hidden(layer)).count() as f64;
    let moments = if read > 0.0 { Moments::peak(width, tokens) } else { 0.0 };
    // A buffer that grows is up to twice as large as what it holds.
    read * (2.0 * F32 * tokens * width + Moments::kept(width)) + moments
}
