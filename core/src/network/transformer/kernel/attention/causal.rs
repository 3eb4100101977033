//! The attention of decoders: tokens attend to themselves and to those before them.

use super::relative::{DistanceMap, Relative, Waves};
use super::rotary::Rotary;
use super::{Heads, Operands, Sites, Weights};
use crate::Result;
use crate::network::matmul::{matrix, matrix_mut};
use crate::network::transformer::kernel::builder::Builder;
use crate::network::transformer::kernel::linear::{Linear, Tape};
use crate::network::transformer::kernel::part::{Backward, Part, SequencePass};

/// Attention of a layer, up to its output map.
pub struct CausalAttention<'a> {
    /// Queries, keys and values, as one map.
    pub project: Linear<'a>,
    /// Whether that map has query, key and value of one head after another.
    pub interleaved: bool,
    /// A heads, K of keys and values.
    pub heads: Heads,
    /// d: width of a head.
    pub features: usize,
    /// How a token knows where it is, beyond its embedding.
    pub position: HeadPosition<'a>,
    /// Of the attention and its heads.
    pub sites: Sites,
}

/// How the heads know where a token is.
pub enum HeadPosition<'a> {
    /// By what it contains.
    None,
    /// By rotation of queries and keys.
    Rotary(Rotary),
    /// By what is added to scores.
    Relative(DistanceMap<'a>),
}

impl<'a> HeadPosition<'a> {
    /// Rotation of so many entries of a head, up to this number of tokens.
    pub fn rotary(rotated: usize, theta: f64, tokens: usize) -> Self {
        Self::Rotary(Rotary::new(rotated, theta, tokens))
    }

    /// Scores by distance through the map of this name of these waves, with the biases of these names.
    ///
    /// # Errors
    /// [`crate::Error::Weights`] where a weight is missing.
    pub fn relative(builder: &mut Builder<'a>, name: &str, biases: [String; 2], waves: Waves) -> Result<Self> {
        Ok(Self::Relative(DistanceMap::new(builder, name, biases, waves)?))
    }

    fn distances(&self) -> Option<&DistanceMap<'a>> {
        if let Self::Relative(map) = self { Some(map) } else { None }
    }
}

impl Part for CausalAttention<'_> {
    /// From [T, H] to [T, A · d].
    fn forward(&self, x: Vec<f32>, pass: &mut SequencePass) -> (Vec<f32>, Backward<'_>) {
        let mut projected = self.project.forward(&x);
        pass.show(&self.project, &projected);
        if let Some(map) = self.position.distances() {
            // The same in every sequence.
            pass.nodes(&map.map, if pass.is_first { &map.mapped } else { &[] });
        }
        self.sort(&mut projected, true);
        self.rotate(&mut projected, 1.0);
        let biased = self.position.distances().map(|map| self.biased(map, &projected));
        let mut out = vec![0.0; projected.len() / self.width() * self.mixed()];
        let operands = self.operands(&projected, biased.as_ref());
        let dropout = pass.attention_dropout.at(self.project.index());
        let weights = Weights::forward(operands, self.heads, dropout, matrix_mut(&mut out, self.mixed()));
        self.sites.observe(&weights, &mut pass.seen);
        let back = move |upstream: Vec<f32>, tape: &mut Tape| {
            let (width, mixed) = (self.width(), self.mixed());
            let columns = width + if biased.is_some() { 2 * mixed } else { 0 };
            let mut gradient = vec![0.0; projected.len() / width * columns];
            let operands = self.operands(&projected, biased.as_ref());
            let heads = weights.backward(operands, matrix(&upstream, mixed), matrix_mut(&mut gradient, columns));
            tape.heads.push(self.sites.with(heads));
            if let Some(map) = self.position.distances() {
                gradient = self.distances_backward(map, &gradient, tape);
            }
            self.rotate(&mut gradient, -1.0);
            self.sort(&mut gradient, false);
            let back = self.project.backward(&gradient);
            tape.save(&self.project, x, gradient);
            back
        };
        (out, Box::new(back))
    }

    fn linears(&self) -> Vec<&Linear<'_>> {
        std::iter::once(&self.project).chain(self.position.distances().map(|map| &map.map)).collect()
    }
}

impl CausalAttention<'_> {
    /// A · d.
    fn mixed(&self) -> usize {
        self.heads.count * self.features
    }

    /// K · d.
    fn key_value(&self) -> usize {
        self.heads.key_value * self.features
    }

    /// (A + 2 K) · d.
    fn width(&self) -> usize {
        self.mixed() + 2 * self.key_value()
    }

    /// Queries, keys and values, [T, (A + 2 K) · d], one after another where the map has them by head; or back.
    fn sort(&self, values: &mut [f32], by_part: bool) {
        if !self.interleaved {
            return;
        }
        let heads = self.heads.count;
        for token in values.chunks_mut(self.width()) {
            let given = token.to_vec();
            for (at, to) in token.chunks_mut(self.features).enumerate() {
                let from = if by_part { at % heads * 3 + at / heads } else { at % 3 * heads + at / 3 };
                to.copy_from_slice(&given[from * self.features..][..self.features]);
            }
        }
    }

    /// Rotates queries and keys, or their gradients back.
    fn rotate(&self, values: &mut [f32], direction: f32) {
        if let HeadPosition::Rotary(rotary) = &self.position {
            rotary.apply(values, [self.width(), self.mixed() + self.key_value(), self.features], direction);
        }
    }

    /// Queries with the biases that meet keys and distances, [T, A · d] each.
    fn biased(&self, map: &DistanceMap, projected: &[f32]) -> [Vec<f32>; 2] {
        let tokens = || projected.chunks(self.width());
        map.biases
            .map(|bias| tokens().flat_map(|token| token.iter().zip(bias).map(|(query, bias)| query + bias)).collect())
    }

    fn operands<'b>(&'b self, projected: &'b [f32], biased: Option<&'b [Vec<f32>; 2]>) -> Operands<'b> {
        let (mixed, own) = (self.mixed(), self.key_value());
        let all = matrix(projected, self.width());
        let query = biased.map_or(all.subcols(0, mixed), |[query, _]| matrix(query, mixed));
        let relative = biased.zip(self.position.distances()).map(|([_, query], map)| {
            let query = matrix(query, mixed);
            Relative { query, distances: matrix(&map.mapped, mixed).subrows(0, query.nrows()) }
        });
        Operands { query, key: all.subcols(mixed, own), value: all.subcols(mixed + own, own), relative }
    }

    /// The gradient of the projections, [T, 3 A · d], from that with those of the two terms of distances behind it,
    /// [T, 5 A · d]; saves those of the map of distances and of the biases.
    fn distances_backward(&self, map: &DistanceMap, gradient: &[f32], tape: &mut Tape) -> Vec<f32> {
        let (width, mixed) = (self.width(), self.mixed());
        let (mut own, mut of_distances) = (Vec::new(), Vec::new());
        let mut biases = [vec![0.0; mixed], vec![0.0; mixed]];
        for token in gradient.chunks(width + 2 * mixed) {
            let (parts, distances) = token.split_at(width);
            let (query, mapped) = distances.split_at(mixed);
            for (sums, values) in biases.iter_mut().zip([&parts[..mixed], query]) {
                sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
            }
            own.extend(parts[..mixed].iter().zip(query).map(|(content, distance)| content + distance));
            own.extend(&parts[mixed..]);
            of_distances.extend(mapped);
        }
        let read = of_distances.len() / mixed * map.map.shape()[1];
        tape.save(&map.map, map.waves[..read].to_vec(), of_distances);
        if let Some(others) = &mut tape.others {
            others.extend(map.names.iter().cloned().zip(biases));
        }
        own
    }
}
