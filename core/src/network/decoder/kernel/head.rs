//! The head: logits and probabilities of words.

use super::words::{Cluster, Rows, WordTables};
use crate::linalg::column_sums;
use crate::network::matmul::{matrix, matrix_mut, multiply};
use crate::simd::{largest, simd, sum, vanishing_exp};

impl WordTables<'_> {
    /// The logits of every word after hidden states [T, H], each in its cluster: [T, V].
    pub fn word_logits(&self, hidden: &[f32]) -> Vec<f32> {
        self.by_word(hidden, |_, _| {})
    }

    /// ln p of every word after hidden states [T, H]: [T, V].
    pub fn log_probabilities(&self, hidden: &[f32]) -> Vec<f32> {
        let mut first = Vec::new();
        let words = self.clusters[0].words.len();
        self.by_word(hidden, |index, logits| {
            logits.iter_mut().for_each(|token| log_softmax(token));
            match index {
                // The first cluster predicts the others behind its own words.
                0 => first = logits.iter().map(|token| token[words..].to_vec()).collect::<Vec<_>>(),
                _ => logits.iter_mut().zip(&first).for_each(|(token, clusters)| {
                    token.iter_mut().for_each(|word| *word += clusters[index - 1]);
                }),
            }
        })
    }

    /// Logits of every word, [T, V], after `finish` changed those of each cluster, token by token.
    fn by_word(&self, hidden: &[f32], mut finish: impl FnMut(usize, &mut [&mut [f32]])) -> Vec<f32> {
        let (tokens, count) = (hidden.len() / self.width, self.clusters.last().map_or(0, |cluster| cluster.words.end));
        let mut out = vec![0.0; tokens * count];
        for (index, cluster) in self.clusters.iter().enumerate() {
            let mut logits = self.logits(index, &self.projected(cluster, hidden));
            let width = logits.len() / tokens;
            finish(index, &mut logits.chunks_mut(width).collect::<Vec<_>>());
            for (out, logits) in out.chunks_mut(count).zip(logits.chunks(width)) {
                out[cluster.words.clone()].copy_from_slice(&logits[..cluster.words.len()]);
            }
        }
        out
    }

    /// Hidden states in the width of a cluster's embeddings, [n, E].
    pub fn projected(&self, cluster: &Cluster, hidden: &[f32]) -> Vec<f32> {
        let Some(output) = &cluster.output else { return hidden.to_vec() };
        let mut out = vec![0.0; hidden.len() / self.width * cluster.embedding];
        let (hidden, output) = (matrix(hidden, self.width), matrix(output.values, cluster.embedding));
        multiply(matrix_mut(&mut out, cluster.embedding), hidden, output, 1.0);
        out
    }

    /// The gradient of the sum of all logits of words, each in its cluster, in a hidden state: `[H]`.
    pub fn of_sum(&self) -> Vec<f32> {
        let mut all = vec![0.0; self.width];
        for cluster in &self.clusters {
            let own = self.of_rows(cluster, cluster.head.values.chunks(cluster.embedding));
            all.iter_mut().zip(own).for_each(|(sum, value)| *sum += value);
        }
        all
    }

    /// The same of the first cluster alone, with the logits of the other clusters.
    pub fn of_first(&self) -> Vec<f32> {
        let cluster = &self.clusters[0];
        let blocks = self.blocks(0);
        self.of_rows(cluster, blocks.iter().flat_map(|(weight, _)| weight.values.chunks(cluster.embedding)))
    }

    /// The gradient of the sum of the products of these rows with a hidden state: `[H]`.
    fn of_rows<'b>(&self, cluster: &Cluster, rows: impl Iterator<Item = &'b [f32]>) -> Vec<f32> {
        let sums = column_sums(rows, cluster.embedding);
        let Some(output) = &cluster.output else { return sums.into_iter().map(|sum| sum as f32).collect() };
        let product =
            |row: &[f32]| row.iter().zip(&sums).map(|(&value, sum)| f64::from(value) * sum).sum::<f64>() as f32;
        output.values.chunks(cluster.embedding).map(product).collect()
    }

    /// What a cluster multiplies with, in the order of its entries: its words, and of the first one the other clusters.
    pub fn blocks(&self, index: usize) -> Vec<(&Rows<'_>, Option<&Rows<'_>>)> {
        let cluster = &self.clusters[index];
        let further = self.further.as_ref().filter(|_| index == 0).map(|[weight, bias]| (weight, Some(bias)));
        std::iter::once((&cluster.head, cluster.bias.as_ref())).chain(further).collect()
    }

    /// The logits of a cluster's words, and of the other clusters behind those of the first, [n, entries], from
    /// projected states [n, E].
    pub fn logits(&self, index: usize, projected: &[f32]) -> Vec<f32> {
        let embedding = self.clusters[index].embedding;
        let blocks = self.blocks(index);
        let entries: usize = blocks.iter().map(|(weight, _)| weight.values.len() / embedding).sum();
        let mut out = vec![0.0; projected.len() / embedding * entries];
        let mut first = 0;
        for (weight, bias) in blocks {
            let weight = matrix(weight.values, embedding);
            let own = matrix_mut(&mut out, entries).subcols_mut(first, weight.nrows());
            multiply(own, matrix(projected, embedding), weight.transpose(), 1.0);
            if let Some(bias) = bias {
                let tokens = out.chunks_mut(entries);
                tokens
                    .for_each(|token| token[first..].iter_mut().zip(bias.values).for_each(|(out, bias)| *out += bias));
            }
            first += weight.nrows();
        }
        out
    }
}

/// Logits become ln p.
fn log_softmax(logits: &mut [f32]) {
    simd(
        #[inline(always)]
        || {
            let top = largest(logits);
            let exponentials: Vec<f32> = logits.iter().map(|&logit| vanishing_exp(logit - top)).collect();
            let shift = top + sum(&exponentials).ln();
            logits.iter_mut().for_each(|logit| *logit -= shift);
        },
    );
}
