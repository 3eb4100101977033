//! The decoder and the cross-entropy of the next word: z = V d + b, loss = mean of ln Σ eᶻ − z[y].

use rayon::prelude::*;

use super::elementwise::add;
use crate::network::matmul::{matrix, product, product_add};
use crate::simd::{exp, largest, simd, sum};

/// Outputs that are decoded at a time: all logits of a window would take much memory.
const CHUNK: usize = 512;

/// A decoder, tied to the embedding.
#[derive(Clone, Copy)]
pub struct Decoder<'a> {
    /// V: [V, E].
    pub embedding: &'a [f32],
    /// b: `[V]`.
    pub bias: &'a [f32],
}

/// The gradients of the mean loss.
pub struct DecoderGradient {
    /// [N, E].
    pub outputs: Vec<f32>,
    /// [V, E].
    pub embedding: Vec<f32>,
    /// `[V]`.
    pub bias: Vec<f32>,
}

impl Decoder<'_> {
    /// The sum of the losses of N outputs [N, E] whose next words are `targets` `[N]`.
    pub fn loss(&self, outputs: &[f32], targets: &[u32]) -> f64 {
        let width = self.width();
        let chunks = outputs.chunks(CHUNK * width).zip(targets.chunks(CHUNK));
        chunks.map(|(outputs, targets)| self.softmax(outputs, targets, 0.0).0).sum()
    }

    /// The same, with the gradients of the mean.
    pub fn gradient(&self, outputs: &[f32], targets: &[u32]) -> (f64, DecoderGradient) {
        let width = self.width();
        let (mut loss, scale) = (0.0, 1.0 / targets.len() as f32);
        let mut gradient = DecoderGradient {
            outputs: vec![0.0; outputs.len()],
            embedding: vec![0.0; self.embedding.len()],
            bias: vec![0.0; self.bias.len()],
        };
        let below = gradient.outputs.chunks_mut(CHUNK * width);
        for ((outputs, targets), below) in outputs.chunks(CHUNK * width).zip(targets.chunks(CHUNK)).zip(below) {
            let (sum, logits) = self.softmax(outputs, targets, scale);
            loss += sum;
            let logits_matrix = matrix(&logits, self.bias.len());
            product(below, logits_matrix, matrix(self.embedding, width));
            product_add(&mut gradient.embedding, logits_matrix.transpose(), matrix(outputs, width));
            logits.chunks(self.bias.len()).for_each(|row| add(&mut gradient.bias, row));
        }
        (loss, gradient)
    }

    fn width(&self) -> usize {
        self.embedding.len() / self.bias.len()
    }

    /// The sum of the losses of a chunk, and `scale` times the gradients of its logits, [N, V]: softmax(z), less 1 at
    /// the next word.
    fn softmax(&self, outputs: &[f32], targets: &[u32], scale: f32) -> (f64, Vec<f32>) {
        let (width, count) = (self.width(), self.bias.len());
        let mut logits = vec![0.0; targets.len() * count];
        product(&mut logits, matrix(outputs, width), matrix(self.embedding, width).transpose());
        let losses: Vec<f64> = logits
            .par_chunks_mut(count)
            .zip(targets)
            .map(|(row, &target)| {
                add(row, self.bias);
                let top = row[target as usize];
                let loss = softmax(row, scale);
                row[target as usize] -= scale;
                loss - f64::from(top)
            })
            .collect();
        (losses.iter().sum(), logits)
    }
}

/// Replaces logits by `scale` times their softmax; returns ln Σ eᶻ.
fn softmax(row: &mut [f32], scale: f32) -> f64 {
    simd(
        #[inline(always)]
        || {
            let top = largest(row);
            row.iter_mut().for_each(|value| *value = exp(*value - top));
            let total = sum(row);
            let factor = scale / total;
            row.iter_mut().for_each(|value| *value *= factor);
            f64::from(top) + f64::from(total).ln()
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One output d = 1, V = (0, ln 3), b = 0: softmax (1/4, 3/4), the loss of word 0 is ln 4, and its gradient by z is
    /// (−3/4, 3/4): by d 3/4 · ln 3, by V (−3/4, 3/4).
    #[test]
    fn a_case_worked_out() {
        let embedding = [0.0, 3_f32.ln()];
        let decoder = Decoder { embedding: &embedding, bias: &[0.0, 0.0] };
        let (loss, gradient) = decoder.gradient(&[1.0], &[0]);
        let close = |a: f32, b: f32| (a - b).abs() < 1e-6;
        assert!((loss - 4_f64.ln()).abs() < 1e-6 && (decoder.loss(&[1.0], &[0]) - loss).abs() < 1e-12, "{loss}");
        assert!(close(gradient.outputs[0], 0.75 * 3_f32.ln()), "{:?}", gradient.outputs);
        assert!(close(gradient.embedding[0], -0.75) && close(gradient.bias[1], 0.75), "{:?}", gradient.embedding);
    }
}
