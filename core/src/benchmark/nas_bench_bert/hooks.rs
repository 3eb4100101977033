//! Why the published activation distance grows with the id.
//!
//! The published numbers fit a hook that is placed for every layer on one activation function, which all encoders of a
//! process share, and that is never taken away: each activation of encoder n is counted once for every layer of every
//! encoder up to and with this one. So
//!
//! ```text
//! published sum = published mean · stacks(n) · hooks(n),    hooks(n) = hooks before the first + Σ_{m <= n} layers(m)
//! ```
//!
//! to seven digits for all 500. Neither the hooks before the first encoder nor the second start are published anywhere:
//! both follow from the published numbers. The rows of both ablations grow by the same law, from 10 and 330 hooks on.

use super::encoders;

/// Encoders with which a process began, and the hooks it had before.
const STARTS: [(usize, u32); 2] = [(0, 26), (365, 0)];

/// How often the published scorer counted each activation of every encoder, in the order of ids.
pub fn hooks() -> Vec<u32> {
    let count = |hooks: &mut u32, (id, layers): (usize, u32)| {
        let before = STARTS.iter().find(|(start, _)| *start == id).map_or(*hooks, |(_, before)| *before);
        *hooks = before + layers;
        Some(*hooks)
    };
    encoders().map(|encoder| encoder.layers.len() as u32).enumerate().scan(0, count).collect()
}

#[cfg(test)]
mod tests {
    use super::{encoders, hooks};
    use crate::benchmark::{Ablation, Benchmark as _, NasBenchBert, ablation};

    #[test]
    fn they_tell_the_published_sums_from_the_published_means() {
        let table = NasBenchBert.table().unwrap();
        let column = |id: &str| &table.column(id).unwrap().values;
        let (sums, means) = (column("activation_distance"), column("activation_distance_normalized"));
        let stacks =
            encoders().map(|encoder| encoder.layers.iter().map(|layer| layer.feed_forward_layers).sum::<usize>());
        for (id, (stacks, hooks)) in stacks.zip(hooks()).enumerate() {
            let expected = means[id] * stacks as f64 * f64::from(hooks);
            assert!((sums[id] / expected - 1.0).abs() < 1e-6, "encoder {id}: {} is not {expected}", sums[id]);
        }
    }

    /// Row by row of the ablations, in the order of scoring: the hooks grow by the layers of the encoder.
    #[test]
    fn the_ablations_grow_by_the_same_law() {
        let drawn: Vec<_> = encoders().collect();
        for (which, before) in [(Ablation::Batch, 10), (Ablation::Initialization, 330)] {
            let table = ablation(NasBenchBert.about().id, which).unwrap();
            let column = |id: &str| &table.column(id).unwrap().values;
            let (sums, means) = (column("activation_distance"), column("activation_distance_normalized"));
            let mut hooks = before;
            for (at, row) in table.rows.iter().enumerate() {
                let layers = &drawn[row.id as usize].layers;
                let stacks: usize = layers.iter().map(|layer| layer.feed_forward_layers).sum();
                hooks += layers.len();
                let expected = means[at] * (stacks * hooks) as f64;
                assert!((sums[at] / expected - 1.0).abs() < 1e-6, "{which:?} row {at}: {} is not {expected}", sums[at]);
            }
        }
    }
}
