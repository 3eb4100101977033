//! The initial weights of networks that are trained as ELECTRA was.
//!
//! ```text
//! matrices, embeddings      N(0, 0.02²), drawn again beyond two standard deviations
//! projections and outputs   U(−a, a), a = √(6 / (in + out))         (Glorot and Bengio 2010)
//! biases 0, layer norms 1 and 0
//! ```
//!
//! The second line holds for the projection of the embeddings, the discriminator's last dense and the heads of tasks,
//! which the published code makes without an initialiser, so that TensorFlow's default applies. The word of id 0 is
//! drawn like any other: it is padding only by what reads it. Source: the published code of ELECTRA (`modeling.py`).

use crate::network::transformer::{Listed, Weights};
use crate::random::numpy::Numpy;

/// Of the initial matrices.
const STANDARD_DEVIATION: f64 = 0.02;

/// In standard deviations.
const LARGEST: f64 = 2.0;

/// Parts of the names of matrices with uniform entries.
const UNIFORM: [&str; 3] = ["embeddings_project.", "dense_prediction.", "head."];

/// Initial weights from a seed, in the order of the list. The published runs have no seed.
pub fn initial_weights(listed: Listed, seed: u32) -> Weights {
    let mut numpy = Numpy::from_seed(seed);
    Weights::from_fn(listed, |name, shape| {
        let count = shape.iter().product();
        if name.ends_with("bias") {
            vec![0.0; count]
        } else if name.contains("LayerNorm") {
            vec![1.0; count]
        } else if UNIFORM.iter().any(|part| name.contains(part)) {
            let limit = (6.0 / shape.iter().sum::<usize>() as f64).sqrt();
            (0..count).map(|_| (limit * (2.0 * numpy.double() - 1.0)) as f32).collect()
        } else {
            (0..count).map(|_| (STANDARD_DEVIATION * truncated(&mut numpy)) as f32).collect()
        }
    })
}

/// A standard normal number within two standard deviations.
fn truncated(numpy: &mut Numpy) -> f64 {
    loop {
        let drawn = numpy.normal();
        if drawn.abs() <= LARGEST {
            return drawn;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The standard deviation of a normal cut at 2 is 0.8796, of U(−a, a) it is a / √3; 40,000 entries each, so within
    /// 2 %. Of word 0 nothing is special.
    #[test]
    fn every_kind_of_weight_has_its_distribution() {
        let list = [
            ("embeddings.word_embeddings.weight", vec![400, 100]),
            ("generator.embeddings_project.weight", vec![300, 100]),
            ("encoder.layer.0.output.LayerNorm.weight", vec![3]),
            ("encoder.layer.0.output.dense.bias", vec![3]),
        ];
        let weights = initial_weights(list.map(|(name, shape)| (name.to_owned(), shape)).into(), 1);
        let values = |name: &str| weights.get(name).unwrap().values.clone();
        let deviation = |values: &[f32]| (values.iter().map(|v| v * v).sum::<f32>() / values.len() as f32).sqrt();
        let words = values("embeddings.word_embeddings.weight");
        assert!(words.iter().all(|word| word.abs() <= 0.04) && words[..100].iter().any(|word| *word != 0.0));
        assert!((deviation(&words) / (0.02 * 0.8796) - 1.0).abs() < 0.02, "{}", deviation(&words));
        let project = values("generator.embeddings_project.weight");
        let limit = (6.0_f32 / 400.0).sqrt();
        assert!(project.iter().all(|entry| entry.abs() <= limit));
        assert!((deviation(&project) / (limit / 3.0_f32.sqrt()) - 1.0).abs() < 0.02, "{}", deviation(&project));
        assert_eq!(values("encoder.layer.0.output.LayerNorm.weight"), [1.0; 3]);
        assert_eq!(values("encoder.layer.0.output.dense.bias"), [0.0; 3]);
    }
}
