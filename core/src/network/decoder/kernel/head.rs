//! The head: logits and probabilities of words, and the loss with its gradient.

use super::words::{Cluster, Rows, WordTables};
use crate::Result;
use crate::network::matmul::{matrix, matrix_mut, multiply, multiply_add};
use crate::network::transformer::Weights;
use crate::simd::{largest, simd, sum, vanishing_exp};

/// The loss of some tokens.
pub struct Loss {
    /// Σ −ln p of their targets, in nats.
    pub sum: f64,
    /// Its gradient, times a factor, in the hidden states: [T, H].
    pub gradient: Vec<f32>,
}

/// What a cluster is to predict: at which tokens, and which of its entries.
struct Predicted {
    places: Vec<usize>,
    entries: Vec<usize>,
}

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
    fn projected(&self, cluster: &Cluster, hidden: &[f32]) -> Vec<f32> {
        let Some(output) = &cluster.output else { return hidden.to_vec() };
        let mut out = vec![0.0; hidden.len() / self.width * cluster.embedding];
        let (hidden, output) = (matrix(hidden, self.width), matrix(output.values, cluster.embedding));
        multiply(matrix_mut(&mut out, cluster.embedding), hidden, output, 1.0);
        out
    }

    /// What a cluster multiplies with, in the order of its entries: its words, and of the first one the other clusters.
    fn blocks(&self, index: usize) -> Vec<(&Rows<'_>, Option<&Rows<'_>>)> {
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

    /// The loss of the first tokens of hidden states [T, H], as many as there are targets; its gradient is multiplied
    /// with `factor`. Adds the gradients of the head where there are `gradients`.
    ///
    /// # Errors
    /// [`crate::Error::Weights`] where `gradients` lacks one.
    pub fn loss(
        &self,
        hidden: &[f32],
        targets: &[u32],
        factor: f32,
        mut gradients: Option<&mut Weights>,
    ) -> Result<Loss> {
        let mut loss = Loss { sum: 0.0, gradient: vec![0.0; hidden.len()] };
        for (index, cluster) in self.clusters.iter().enumerate() {
            let Predicted { places, entries } = self.predicted(index, targets);
            let state = |place: &usize| &hidden[place * self.width..][..self.width];
            let states: Vec<f32> = places.iter().flat_map(state).copied().collect();
            let projected = self.projected(cluster, &states);
            let mut logits = self.logits(index, &projected);
            let width = logits.len() / places.len().max(1);
            for (logits, entry) in logits.chunks_mut(width.max(1)).zip(entries) {
                loss.sum += cross_entropy(logits, entry, factor);
            }
            let of_projected = self.logits_backward(index, (&projected, &logits), gradients.as_deref_mut())?;
            let of_states = self.projected_backward(cluster, (&states, of_projected), gradients.as_deref_mut())?;
            for (place, values) in places.iter().zip(of_states.chunks(self.width)) {
                let to = &mut loss.gradient[place * self.width..][..self.width];
                to.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
            }
        }
        Ok(loss)
    }

    /// What a cluster is to predict: its own words, and the first one every word or its cluster.
    fn predicted(&self, index: usize, targets: &[u32]) -> Predicted {
        let own = &self.clusters[index];
        if index > 0 {
            let places = own.places(targets);
            let entries = places.iter().map(|&place| own.row(targets[place])).collect();
            return Predicted { places, entries };
        }
        let entry = |&word: &u32| {
            let cluster = self.clusters.iter().position(|cluster| cluster.words.contains(&(word as usize)));
            match cluster {
                Some(cluster) if cluster > 0 => own.words.len() + cluster - 1,
                _ => word as usize,
            }
        };
        Predicted { places: (0..targets.len()).collect(), entries: targets.iter().map(entry).collect() }
    }

    /// The gradient of projected states [n, E], from that of the logits.
    fn logits_backward(
        &self,
        index: usize,
        (projected, upstream): (&[f32], &[f32]),
        mut gradients: Option<&mut Weights>,
    ) -> Result<Vec<f32>> {
        let embedding = self.clusters[index].embedding;
        let mut back = vec![0.0; projected.len()];
        let blocks = self.blocks(index);
        let entries: usize = blocks.iter().map(|(weight, _)| weight.values.len() / embedding).sum();
        let mut first = 0;
        for (weight, bias) in blocks {
            let rows = weight.values.len() / embedding;
            let own = matrix(upstream, entries).subcols(first, rows);
            multiply_add(matrix_mut(&mut back, embedding), own, matrix(weight.values, embedding));
            if let Some(gradients) = gradients.as_deref_mut() {
                let target = matrix_mut(weight.of(gradients)?, embedding);
                multiply_add(target, own.transpose(), matrix(projected, embedding));
                if let Some(bias) = bias {
                    let target = bias.of(gradients)?;
                    for token in upstream.chunks(entries) {
                        target.iter_mut().zip(&token[first..]).for_each(|(sum, value)| *sum += value);
                    }
                }
            }
            first += rows;
        }
        Ok(back)
    }

    /// The gradient of hidden states [n, H], from that of the projected ones, [n, E].
    fn projected_backward(
        &self,
        cluster: &Cluster,
        (states, upstream): (&[f32], Vec<f32>),
        gradients: Option<&mut Weights>,
    ) -> Result<Vec<f32>> {
        let Some(output) = &cluster.output else { return Ok(upstream) };
        let (states, upstream) = (matrix(states, self.width), matrix(&upstream, cluster.embedding));
        let mut back = vec![0.0; upstream.nrows() * self.width];
        let values = matrix(output.values, cluster.embedding);
        multiply(matrix_mut(&mut back, self.width), upstream, values.transpose(), 1.0);
        if let Some(gradients) = gradients {
            multiply_add(matrix_mut(output.of(gradients)?, cluster.embedding), states.transpose(), upstream);
        }
        Ok(back)
    }
}

/// −ln p of an entry; logits are overwritten with factor · (p − 1 at the entry).
fn cross_entropy(logits: &mut [f32], entry: usize, factor: f32) -> f64 {
    let given = logits[entry];
    let (top, total) = simd(
        #[inline(always)]
        || {
            let top = largest(logits);
            logits.iter_mut().for_each(|logit| *logit = vanishing_exp(*logit - top));
            let total = sum(logits);
            let scale = factor / total;
            logits.iter_mut().for_each(|logit| *logit *= scale);
            (top, total)
        },
    );
    logits[entry] -= factor;
    f64::from(total).ln() + f64::from(top) - f64::from(given)
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
