//! Cross-entropy against all words, whose embeddings are the output matrix.
//!
//! ```text
//! l = z Wᵀ + b        z [M, E], W [V, E], b [V], l [M, V]
//! nll = ln Σ exp l − l[target]
//! dl = c (softmax l − onehot target)        dz = dl W,  dW = dlᵀ z,  db = Σ dl
//! ```
//!
//! The words are taken in chunks, which threads divide among them: every chunk of W is read once forward and once
//! backward, for all rows together. Partial sums over words are added in the order of the chunks, so that nothing
//! depends on the number of threads.

use rayon::prelude::*;

use crate::network::matmul::{matrix, matrix_mut, multiply, multiply_add};
use crate::simd::{exp, larger, largest, simd, sum};

/// Words of a chunk.
pub const CHUNK: usize = 2_048;

/// The output matrix and bias: W [V, E] and b `[V]`.
#[derive(Clone, Copy)]
pub struct Words<'a> {
    pub table: &'a [f32],
    pub bias: &'a [f32],
}

/// The logits of M rows.
pub struct Logits<'a> {
    words: Words<'a>,
    /// z, [M, E].
    rows: &'a [f32],
    width: usize,
    /// Per chunk of words, [M, words].
    chunks: Vec<Vec<f32>>,
    /// The largest of each row, `[M]`.
    tops: Vec<f32>,
    /// ln Σ exp l, `[M]`.
    log_sums: Vec<f64>,
}

/// What is to be predicted at each of M rows, and c: what its loss is multiplied with.
#[derive(Clone, Copy)]
pub struct Targets<'b> {
    pub ids: &'b [u32],
    pub scale: f64,
}

impl<'a> Words<'a> {
    /// The logits of rows z [M, E].
    pub fn logits(self, rows: &'a [f32]) -> Logits<'a> {
        let width = self.table.len() / self.bias.len();
        let of_chunk = |(table, bias): (&[f32], &[f32])| {
            let mut logits = bias.repeat(rows.len() / width);
            multiply_add(matrix_mut(&mut logits, bias.len()), matrix(rows, width), matrix(table, width).transpose());
            logits
        };
        let pairs = self.table.par_chunks(CHUNK * width).zip(self.bias.par_chunks(CHUNK));
        let chunks: Vec<Vec<f32>> = pairs.map(of_chunk).collect();
        let count = rows.len() / width;
        let (tops, log_sums) = (0..count).into_par_iter().map(|row| log_sum(&chunks, row, count)).unzip();
        Logits { words: self, rows, width, chunks, tops, log_sums }
    }
}

/// A row of a chunk of so many.
fn part(chunk: &[f32], row: usize, rows: usize) -> &[f32] {
    let words = chunk.len() / rows;
    &chunk[row * words..][..words]
}

impl<'a> Logits<'a> {
    fn row(&self, row: usize) -> impl Iterator<Item = &[f32]> {
        let rows = self.tops.len();
        self.chunks.iter().map(move |chunk| part(chunk, row, rows))
    }

    fn logit(&self, row: usize, id: u32) -> f32 {
        let id = id as usize;
        part(&self.chunks[id / CHUNK], row, self.tops.len())[id % CHUNK]
    }

    /// The sum of the losses of all rows, nats, and how many rows have their target on top.
    pub fn loss(&self, ids: &[u32]) -> (f64, usize) {
        let logit = |(row, &id): (usize, &u32)| self.logit(row, id);
        let losses = ids.iter().enumerate().map(|at| self.log_sums[at.0] - f64::from(logit(at)));
        let correct = ids.iter().enumerate().filter(|at| logit(*at) >= self.tops[at.0]).count();
        (losses.sum(), correct)
    }

    /// A word drawn from the softmax of a row: the first whose cumulative probability exceeds `uniform`, in [0, 1).
    pub fn sample(&self, row: usize, uniform: f64) -> u32 {
        let log_sum = self.log_sums[row];
        let mut left = uniform;
        let logits = self.row(row).flatten().enumerate();
        let drawn = logits.map(|(id, &logit)| (id, (f64::from(logit) - log_sum).exp())).find(|(_, probability)| {
            left -= probability;
            left < 0.0
        });
        // Rounding may leave a remainder after the last word.
        drawn.map_or(self.words.bias.len() - 1, |(id, _)| id) as u32
    }

    /// dz [M, E], and dl.
    pub fn differentiate(mut self, targets: Targets) -> (Vec<f32>, LogitGradients<'a>) {
        let (width, rows) = (self.width, self.tops.len());
        let of_chunk = |(index, (logits, table)): (usize, (&mut Vec<f32>, &[f32]))| {
            let words = logits.len() / rows;
            for (row, logits) in logits.chunks_mut(words).enumerate() {
                softmax(logits, self.log_sums[row], targets.scale);
                let target = (targets.ids[row] as usize).checked_sub(index * CHUNK);
                if let Some(logit) = target.and_then(|target| logits.get_mut(target)) {
                    *logit -= targets.scale as f32;
                }
            }
            let mut partial = vec![0.0; rows * width];
            multiply(matrix_mut(&mut partial, width), matrix(logits, words), matrix(table, width), 1.0);
            partial
        };
        let pairs = self.chunks.par_iter_mut().zip(self.words.table.par_chunks(CHUNK * width));
        let partials: Vec<Vec<f32>> = pairs.enumerate().map(of_chunk).collect();
        let mut of_rows = vec![0.0; rows * width];
        for partial in partials {
            of_rows.iter_mut().zip(partial).for_each(|(sum, value)| *sum += value);
        }
        (of_rows, LogitGradients { chunks: self.chunks, rows: self.rows, width })
    }
}

/// dl of M rows.
pub struct LogitGradients<'a> {
    /// Per chunk of words, [M, words].
    chunks: Vec<Vec<f32>>,
    rows: &'a [f32],
    width: usize,
}

impl LogitGradients<'_> {
    /// dW [V, E] += dlᵀ z.
    pub fn add_to_table(&self, gradient: &mut [f32]) {
        let (rows, width) = (matrix(self.rows, self.width), self.width);
        gradient.par_chunks_mut(CHUNK * width).zip(&self.chunks).for_each(|(gradient, chunk)| {
            let words = gradient.len() / width;
            multiply_add(matrix_mut(gradient, width), matrix(chunk, words).transpose(), rows);
        });
    }

    /// db `[V]` += Σ over rows of dl.
    pub fn add_to_bias(&self, gradient: &mut [f32]) {
        gradient.par_chunks_mut(CHUNK).zip(&self.chunks).for_each(|(gradient, chunk)| {
            for row in chunk.chunks(gradient.len()) {
                gradient.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
            }
        });
    }
}

/// The largest logit of row `row` of so many, and ln Σ exp l: pieces are summed in f32, their sums in f64.
fn log_sum(chunks: &[Vec<f32>], row: usize, rows: usize) -> (f32, f64) {
    const PIECE: usize = 256;
    simd(
        #[inline(always)]
        || {
            let parts = || chunks.iter().map(|chunk| part(chunk, row, rows));
            let top = parts().map(largest).fold(f32::NEG_INFINITY, larger);
            let mut powers = [0.0; PIECE];
            let mut all = 0.0;
            for piece in parts().flat_map(|part| part.chunks(PIECE)) {
                let powers = &mut powers[..piece.len()];
                powers.iter_mut().zip(piece).for_each(|(power, logit)| *power = exp(logit - top));
                all += f64::from(sum(powers));
            }
            (top, f64::from(top) + all.ln())
        },
    )
}

/// Overwrites logits with scale · exp(l − ln Σ exp l).
fn softmax(logits: &mut [f32], log_sum: f64, scale: f64) {
    let (log_sum, scale) = (log_sum as f32, scale as f32);
    simd(
        #[inline(always)]
        || logits.iter_mut().for_each(|logit| *logit = scale * exp(*logit - log_sum)),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    /// V = 2 · 2,048 + 3, so that chunks differ, E = 2, M = 3: against sums in f64, entry by entry.
    #[test]
    fn chunks_give_what_one_product_gives() {
        const V: usize = 2 * CHUNK + 3;
        let wave = |index: usize, rate: f32| (index as f32 * rate).sin();
        let table: Vec<f32> = (0..2 * V).map(|index| wave(index, 0.7)).collect();
        let bias: Vec<f32> = (0..V).map(|index| wave(index, 0.3)).collect();
        let rows = [0.5, -1.5, 2.0, 0.25, -0.5, 1.0];
        let ids = [1, CHUNK as u32 + 5, 2 * CHUNK as u32 + 2];
        let exact = |row: usize, id: usize| -> f64 {
            let product = |axis: usize| f64::from(rows[2 * row + axis]) * f64::from(table[2 * id + axis]);
            product(0) + product(1) + f64::from(bias[id])
        };
        let log_sums = [0, 1, 2].map(|row| (0..V).map(|id| exact(row, id).exp()).sum::<f64>().ln());
        let slope = |row: usize, id: usize| {
            (exact(row, id) - log_sums[row]).exp() - f64::from(u8::from(ids[row] as usize == id))
        };
        let logits = Words { table: &table, bias: &bias }.logits(&rows);
        let expected: f64 = (0..3).map(|row| log_sums[row] - exact(row, ids[row] as usize)).sum();
        let (loss, correct) = logits.loss(&ids);
        assert!((loss - expected).abs() < 1e-5 && correct == 0, "{loss}, not {expected}");
        let (of_rows, of_logits) = logits.differentiate(Targets { ids: &ids, scale: 2.0 });
        let (mut of_table, mut of_bias) = (vec![1.0; 2 * V], vec![1.0; V]);
        of_logits.add_to_table(&mut of_table);
        of_logits.add_to_bias(&mut of_bias);
        let close =
            |found: f32, expected: f64| assert!((f64::from(found) - expected).abs() < 2e-6, "{found} {expected}");
        for id in 0..V {
            close(of_bias[id], 1.0 + 2.0 * (0..3).map(|row| slope(row, id)).sum::<f64>());
            let product = |row: usize| slope(row, id) * f64::from(rows[2 * row + 1]);
            close(of_table[2 * id + 1], 1.0 + 2.0 * (0..3).map(product).sum::<f64>());
        }
        for row in 0..3 {
            let product = |id: usize| slope(row, id) * f64::from(table[2 * id]);
            close(of_rows[2 * row], 2.0 * (0..V).map(product).sum::<f64>());
        }
    }

    /// Probabilities 1/4, 1/4, 1/2.
    #[test]
    fn samples_are_the_quantiles() {
        let (table, bias) = ([0.0; 3], [0.0, 0.0, 2.0_f32.ln()]);
        let logits = Words { table: &table, bias: &bias }.logits(&[1.0]);
        let drawn = [0.0, 0.24, 0.26, 0.49, 0.51, 0.999_999_99].map(|uniform| logits.sample(0, uniform));
        assert_eq!(drawn, [0, 0, 1, 1, 2, 2]);
    }
}
