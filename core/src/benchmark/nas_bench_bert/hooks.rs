//! Why the published activation distance grows with the id.
//!
//! The released scorer places a hook on the activation function for every layer of an encoder. That function is one object
//! for all encoders of a process, and hooks stay: when encoder n is scored, each of its activations is counted once for
//! every layer of every encoder before it. So
//!
//! ```text
//! published sum = published mean · stacks(n) · hooks(n),    hooks(n) = hooks before the first + Σ_{m <= n} layers(m)
//! ```
//!
//! to seven digits for all 500. Neither the hooks before the first encoder nor the second start are told anywhere: both
//! follow from the published numbers.

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
    use crate::benchmark::{Benchmark as _, NasBenchBert};

    #[test]
    fn they_tell_the_published_sums_from_the_published_means() {
        let table = NasBenchBert.table().unwrap();
        let column = |id: &str| &table.column(id).unwrap().values;
        let (sums, means) = (column("activation_distance"), column("activation_distance_normalized"));
        let stacks = encoders().map(|encoder| encoder.layers.iter().map(|layer| layer.stacks).sum::<usize>());
        for (id, (stacks, hooks)) in stacks.zip(hooks()).enumerate() {
            let told = means[id] * stacks as f64 * f64::from(hooks);
            assert!((sums[id] / told - 1.0).abs() < 1e-6, "encoder {id}: {} is not {told}", sums[id]);
        }
    }
}
