//! Scores by distance (Dai et al., *Transformer-XL*, ACL 2019): (q + v) r, with r a map of the sine and cosine of the
//! distance; u is added to the query that meets the keys.

use faer::MatRef;

use super::super::builder::Builder;
use super::super::linear::Linear;
use crate::Result;
use crate::network::matmul::{matrix_mut, multiply};
use crate::observation::Role;

/// The longest wave is 2π times this long, nearly.
const LONGEST: f64 = 10_000.0;

/// What is added to the scores by distance.
#[derive(Clone, Copy)]
pub struct Relative<'a> {
    /// [T, A · d]: the query with its bias.
    pub query: MatRef<'a, f32>,
    /// [T, A · d]: row m is the map of the distance m.
    pub distances: MatRef<'a, f32>,
}

/// What the map of distances reads, for sequences of at most so many tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waves {
    /// Sines and cosines.
    Of(usize),
    /// Ones.
    Ones(usize),
}

/// The map of distances of a layer, and the biases of its queries.
pub struct DistanceMap<'a> {
    /// From the waves [T, H] to [T, A · d].
    pub map: Linear<'a>,
    /// Complete names of u and v.
    pub names: [String; 2],
    /// u, added to queries that meet keys, and v, to those that meet distances: `[A · d]` each.
    pub biases: [&'a [f32]; 2],
    /// Sine and cosine of the distances, [T, H].
    pub waves: Vec<f32>,
    /// The map of the waves, [T, A · d].
    pub mapped: Vec<f32>,
}

impl<'a> DistanceMap<'a> {
    /// The map of this name of these waves, and the biases of these names.
    ///
    /// # Errors
    /// [`crate::Error::Weights`] where a weight is missing.
    pub fn new(builder: &mut Builder<'a>, name: &str, biases: [String; 2], waves: Waves) -> Result<Self> {
        let map = builder.linear(Role::Operation, &[name.to_owned()])?.shared();
        let waves = match waves {
            Waves::Of(tokens) => sines_and_cosines(tokens, map.shape()[1]),
            Waves::Ones(tokens) => vec![1.0; tokens * map.shape()[1]],
        };
        let mapped = map.forward(&waves);
        let weights = builder.weights;
        let [u, v] = [0, 1].map(|at| weights.get(&biases[at]).map(|array| array.values.as_slice()));
        Ok(Self { map, names: biases.map(|name| weights.name(&name)), biases: [u?, v?], waves, mapped })
    }
}

/// Row m is sin and cos of m / 10000^(2k/H), H/2 of each: [T, H].
pub fn sines_and_cosines(tokens: usize, width: usize) -> Vec<f32> {
    let angle = |distance: usize, at: usize| distance as f64 / LONGEST.powf((2 * at) as f64 / width as f64);
    let half = width / 2;
    let row = |distance: usize| {
        let sines = (0..half).map(move |at| angle(distance, at).sin() as f32);
        sines.chain((0..half).map(move |at| angle(distance, at).cos() as f32))
    };
    (0..tokens).flat_map(row).collect()
}

/// Adds scale · query · distancesᵀ to the scores [T, T] of a head: that of distance i − j to the score of i and j.
pub(super) fn add_distances(scores: &mut [f32], query: MatRef<f32>, distances: MatRef<f32>, scale: f32) {
    let tokens = query.nrows();
    let mut by_distance = vec![0.0; tokens * tokens];
    multiply(matrix_mut(&mut by_distance, tokens), query, distances.transpose(), scale);
    for (token, (scores, by_distance)) in scores.chunks_mut(tokens).zip(by_distance.chunks(tokens)).enumerate() {
        scores[..=token].iter_mut().rev().zip(by_distance).for_each(|(score, added)| *score += added);
    }
}

/// The gradient of the scores by distance, [T, T], from that of the scores.
pub(super) fn of_distances(gradient: &[f32], tokens: usize) -> Vec<f32> {
    let mut by_distance = vec![0.0; gradient.len()];
    for (token, (by_distance, gradient)) in by_distance.chunks_mut(tokens).zip(gradient.chunks(tokens)).enumerate() {
        by_distance.iter_mut().zip(gradient[..=token].iter().rev()).for_each(|(to, from)| *to = *from);
    }
    by_distance
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::matmul::matrix;

    /// With queries 1 and distances (10, 20), the second token gets 20 for the first one and 10 for itself.
    #[test]
    fn scores_are_added_by_distance() {
        let mut scores = [1.0, 0.0, 2.0, 3.0];
        add_distances(&mut scores, matrix(&[1.0, 1.0], 1), matrix(&[10.0, 20.0], 1), 1.0);
        assert_eq!(scores, [11.0, 0.0, 22.0, 13.0]);
        assert_eq!(of_distances(&[1.0, 0.0, 2.0, 3.0], 2), [1.0, 0.0, 3.0, 2.0]);
    }

    #[test]
    fn the_distance_zero_is_zeros_and_ones() {
        let waves = sines_and_cosines(2, 4);
        assert_eq!(waves[..4], [0.0, 0.0, 1.0, 1.0]);
        assert_eq!(waves[4..], [1f32.sin(), 0.01f32.sin(), 1f32.cos(), 0.01f32.cos()]);
    }
}
