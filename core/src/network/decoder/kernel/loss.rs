//! The loss of a sequence, and its gradient in the hidden states and in the weights of the head.

use super::words::{Cluster, WordTables};
use crate::Result;
use crate::network::batch::NOT_COUNTED;
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
pub struct Predicted {
    /// Which of the tokens.
    pub places: Vec<usize>,
    /// Which entry each of them has.
    pub entries: Vec<usize>,
}

impl WordTables<'_> {
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
    pub fn predicted(&self, index: usize, targets: &[u32]) -> Predicted {
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
        let places: Vec<usize> = (0..targets.len()).filter(|&place| targets[place] != NOT_COUNTED).collect();
        let entries = places.iter().map(|&place| entry(&targets[place])).collect();
        Predicted { places, entries }
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
