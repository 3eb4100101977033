//! Linear maps, and the tape from which their gradients are computed.

use std::borrow::Cow;
use std::ops::Range;

use faer::MatMut;
use rayon::prelude::*;

use super::super::Weights;
use super::super::reduce::{Product, Role};
use crate::Result;
use crate::network::product::{matrix, matrix_mut, multiply, multiply_add};

/// Rows of a gradient that one thread computes at a time.
const ROWS: usize = 256;

/// y = x Wᵀ + b; maps of the same input are concatenated to one matrix.
pub struct Linear<'a> {
    /// The maps.
    pub parts: Vec<Map<'a>>,
    /// Index of its saved input and output gradient in a [`Tape`].
    index: usize,
    /// [out, in].
    weight: Cow<'a, [f32]>,
    /// [out].
    bias: Vec<f32>,
    input: usize,
}

/// One of the maps.
pub struct Map<'a> {
    /// Name in PyTorch, without `.weight`.
    name: String,
    /// Its role in the encoder.
    pub role: Role,
    /// Its rows in the concatenated matrix.
    pub rows: Range<usize>,
    /// [out, in].
    pub weight: &'a [f32],
}

/// What the backward pass of a sequence saves for the gradients of the weights.
#[derive(Default)]
pub struct Tape {
    /// Per observed map its input [T, in] and the gradient of its output [T, out].
    pairs: Vec<Option<[Vec<f32>; 2]>>,
    /// Per layer that attends, from the last one on: |Σ output · gradient| of every head.
    pub heads: Vec<Vec<f64>>,
}

impl<'a> Linear<'a> {
    /// The maps of these names, with `index` in a [`Tape`].
    ///
    /// # Errors
    /// [`crate::Error::Weights`] where one is missing.
    pub fn new(weights: &'a Weights, names: &[String], role: Role, index: usize) -> Result<Self> {
        let mut linear = Self { parts: Vec::new(), index, weight: Cow::default(), bias: Vec::new(), input: 0 };
        for name in names {
            linear.join(weights, name, role)?;
        }
        Ok(linear)
    }

    /// Appends the map of this name.
    fn join(&mut self, weights: &'a Weights, name: &str, role: Role) -> Result<()> {
        let weight = weights.get(&format!("{name}.weight"))?;
        let (first, rows) = (self.bias.len(), weight.shape[0]);
        match weights.get(&format!("{name}.bias")) {
            Ok(bias) => self.bias.extend(&bias.values),
            // Some maps have no bias.
            Err(_) => self.bias.resize(first + rows, 0.0),
        }
        match first {
            0 => self.weight = Cow::Borrowed(&weight.values),
            _ => self.weight.to_mut().extend(&weight.values),
        }
        self.input = weight.values.len() / rows;
        self.parts.push(Map { name: name.to_owned(), role, rows: first..first + rows, weight: &weight.values });
        Ok(())
    }

    /// The same map with this bias, `[out]`.
    pub fn biased(self, bias: &[f32]) -> Self {
        Self { bias: bias.to_vec(), ..self }
    }

    /// The maps with their gradients, from the gradient of the concatenated matrix, [out, in].
    pub fn products<'b>(&'b self, gradient: &'b [f32]) -> impl Iterator<Item = Product<'b>> {
        self.parts.iter().map(|part| Product {
            role: part.role,
            name: &part.name,
            shape: [part.rows.len(), self.input],
            weight: part.weight,
            gradient: &gradient[part.rows.start * self.input..][..part.weight.len()],
        })
    }

    /// Width of its output.
    pub fn output(&self) -> usize {
        self.bias.len()
    }

    /// Rows and columns of its matrix.
    pub fn shape(&self) -> [usize; 2] {
        [self.output(), self.input]
    }

    /// x is [T, in]; the output is [T, out].
    pub fn forward(&self, x: &[f32]) -> Vec<f32> {
        let mut out = self.bias.repeat(x.len() / self.input);
        self.add(x, &mut out);
        out
    }

    /// skip + y, [T, out]; x is [T, in].
    pub fn forward_onto(&self, skip: &[f32], x: &[f32]) -> Vec<f32> {
        let mut out = self.forward(x);
        out.iter_mut().zip(skip).for_each(|(out, skip)| *out += skip);
        out
    }

    /// out [T, out] += x [T, in] · Wᵀ.
    fn add(&self, x: &[f32], out: &mut [f32]) {
        let weight = matrix(&self.weight, self.input);
        multiply_add(matrix_mut(out, self.output()), matrix(x, self.input), weight.transpose());
    }

    /// The gradient of the input, [T, in], from that of the output, [T, out].
    pub fn backward(&self, upstream: &[f32]) -> Vec<f32> {
        let upstream = matrix(upstream, self.output());
        let mut gradient = vec![0.0; upstream.nrows() * self.input];
        multiply(matrix_mut(&mut gradient, self.input), upstream, matrix(&self.weight, self.input), 1.0);
        gradient
    }

    /// dW [out, in] += Σ over sequences of dyᵀ x. Rows are divided among threads, never the sum of one entry.
    pub fn accumulate(&self, gradient: &mut [f32], sequences: &[Tape]) {
        let pairs = || sequences.iter().filter_map(|tape| tape.pairs.get(self.index)?.as_ref());
        gradient.par_chunks_mut(ROWS * self.input).enumerate().for_each(|(block, rows)| {
            let count = rows.len() / self.input;
            let mut rows: MatMut<f32> = matrix_mut(rows, self.input);
            for [input, upstream] in pairs() {
                let upstream = matrix(upstream, self.output()).subcols(block * ROWS, count);
                multiply_add(rows.as_mut(), upstream.transpose(), matrix(input, self.input));
            }
        });
    }
}

impl Tape {
    /// Saves the input [T, in] and the output gradient [T, out] of a map.
    pub fn save(&mut self, linear: &Linear, input: Vec<f32>, upstream: Vec<f32>) {
        self.pairs.resize_with(self.pairs.len().max(linear.index + 1), || None);
        self.pairs[linear.index] = Some([input, upstream]);
    }
}
