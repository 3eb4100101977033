//! Linear maps, and the tape from which their gradients are computed.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use faer::{MatMut, MatRef};
use rayon::prelude::*;

use super::super::Scope;
use crate::Result;
use crate::network::matmul::{matrix, matrix_mut, multiply, multiply_add};
use crate::observation::{Parameter, ParameterSpec, Role, Site};

/// Rows of a gradient that one thread computes at a time.
const ROWS: usize = 256;

/// y = x Wᵀ + b; maps of the same input are concatenated to one matrix.
pub struct Linear<'a> {
    /// The maps.
    pub parts: Vec<Part<'a>>,
    /// Index of its saved input and output gradient in a [`Tape`].
    index: usize,
    /// [out, in], or as it is stored where it is transposed.
    weight: Cow<'a, [f32]>,
    /// [out].
    bias: Vec<f32>,
    input: usize,
    /// Whether its one matrix is stored as [in, out].
    transposed: bool,
    /// Whether it reads the same input in every sequence.
    pub shared: bool,
}

/// One of the maps.
pub struct Part<'a> {
    /// Names of its weight and its bias, complete; some maps have no bias.
    pub names: [Option<String>; 2],
    /// Its site, role and shape, as it is stored.
    pub spec: ParameterSpec,
    /// Its rows in the concatenated matrix.
    pub rows: Range<usize>,
    /// As it is stored.
    pub weight: &'a [f32],
    /// Whether an activation reads its output.
    pub activated: bool,
}

/// What the backward pass of a sequence saves for the gradients of the weights.
#[derive(Default)]
pub struct Tape {
    /// Per observed map its input [T, in] and the gradient of its output [T, out].
    pairs: Vec<Option<[Vec<f32>; 2]>>,
    /// Per layer that attends, from the last one on: |Σ output · gradient| of every head.
    pub heads: Vec<Vec<(Arc<Site>, f64)>>,
    /// The gradients of the weights of norms and convolutions, by their complete names, where the network is trained.
    pub others: Option<Vec<(String, Vec<f32>)>>,
}

impl<'a> Linear<'a> {
    /// The maps of these names, with `index` in a [`Tape`].
    ///
    /// # Errors
    /// [`crate::Error::Weights`] where one is missing.
    pub fn new(weights: Scope<'a>, names: &[String], role: Role, index: usize) -> Result<Self> {
        let mut linear = Self::empty(index, false);
        for name in names {
            linear.join(weights, name, role)?;
        }
        Ok(linear)
    }

    /// The map of this name whose matrix is stored as [in, out].
    ///
    /// # Errors
    /// [`crate::Error::Weights`] where it is missing.
    pub fn transposed(weights: Scope<'a>, name: &str, role: Role, index: usize) -> Result<Self> {
        let mut linear = Self::empty(index, true);
        linear.join(weights, name, role)?;
        Ok(linear)
    }

    fn empty(index: usize, transposed: bool) -> Self {
        Self { parts: Vec::new(), index, weight: Cow::default(), bias: Vec::new(), input: 0, transposed, shared: false }
    }

    /// Appends the map of this name.
    fn join(&mut self, weights: Scope<'a>, name: &str, role: Role) -> Result<()> {
        let weight = weights.get(&format!("{name}.weight"))?;
        let (first, rows) = (self.bias.len(), weight.shape[usize::from(self.transposed)]);
        let named = |part: &str| Some(weights.name(&format!("{name}.{part}")));
        let mut names = [named("weight"), None];
        match weights.get(&format!("{name}.bias")) {
            Ok(bias) => {
                self.bias.extend(&bias.values);
                names[1] = named("bias");
            }
            // Some maps have no bias.
            Err(_) => self.bias.resize(first + rows, 0.0),
        }
        match first {
            0 => self.weight = Cow::Borrowed(&weight.values),
            _ => self.weight.to_mut().extend(&weight.values),
        }
        self.input = weight.values.len() / rows;
        let shape = if self.transposed { [self.input, rows] } else { [rows, self.input] };
        let spec = ParameterSpec { site: Site::of_weight(name), role, shape };
        self.parts.push(Part { names, spec, rows: first..first + rows, weight: &weight.values, activated: false });
        Ok(())
    }

    /// The same map with the bias of this name, `[out]`.
    ///
    /// # Errors
    /// [`crate::Error::Weights`] where it is missing.
    pub fn biased(mut self, weights: Scope, name: &str) -> Result<Self> {
        self.bias.clone_from(&weights.get(name)?.values);
        self.parts[0].names[1] = Some(weights.name(name));
        Ok(self)
    }

    /// The same map, whose first part is read by an activation.
    #[must_use]
    pub fn activated(mut self) -> Self {
        self.parts.iter_mut().take(1).for_each(|part| part.activated = true);
        self
    }

    /// The same map, which reads the same input in every sequence.
    #[must_use]
    pub fn shared(self) -> Self {
        Self { shared: true, ..self }
    }

    /// The maps with their gradients, from the gradient of the concatenated matrix, [out, in], or as it is stored where
    /// it is transposed.
    pub fn parameters<'b>(&'b self, gradient: &'b [f32]) -> impl Iterator<Item = Parameter<'b>> {
        self.parts.iter().map(|part| Parameter {
            spec: &part.spec,
            weight: part.weight,
            gradient: gradient.get(part.rows.start * self.input..).map_or(&[], |own| &own[..part.weight.len()]),
            second: &[],
        })
    }

    /// Whether the matrices of its maps count in the zero-cost suite.
    pub fn is_inner(&self) -> bool {
        self.parts.iter().any(|part| part.spec.role.is_inner())
    }

    /// The site of its first map.
    pub fn site(&self) -> &Arc<Site> {
        &self.parts[0].spec.site
    }

    /// The maps with their sites and their rows in the output.
    pub fn sites(&self) -> Vec<(&Arc<Site>, &Range<usize>)> {
        self.parts.iter().map(|part| (&part.spec.site, &part.rows)).collect()
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

    /// out [T, out] += x [T, in] · Wᵀ.
    fn add(&self, x: &[f32], out: &mut [f32]) {
        multiply_add(matrix_mut(out, self.output()), matrix(x, self.input), self.matrix().transpose());
    }

    /// W, [out, in].
    fn matrix(&self) -> MatRef<'_, f32> {
        if self.transposed { matrix(&self.weight, self.output()).transpose() } else { matrix(&self.weight, self.input) }
    }

    /// The gradient of the input, [T, in], from that of the output, [T, out].
    pub fn backward(&self, upstream: &[f32]) -> Vec<f32> {
        let upstream = matrix(upstream, self.output());
        let mut gradient = vec![0.0; upstream.nrows() * self.input];
        multiply(matrix_mut(&mut gradient, self.input), upstream, self.matrix(), 1.0);
        gradient
    }

    /// The index that it has in a tape, and of nothing else in the network.
    pub fn index(&self) -> usize {
        self.index
    }

    /// What the sequences saved of it: inputs [T, in] and gradients of the output [T, out].
    pub fn pairs<'b>(&self, sequences: &'b [Tape]) -> impl Iterator<Item = &'b [Vec<f32>; 2]> {
        sequences.iter().filter_map(|tape| tape.pairs.get(self.index)?.as_ref())
    }

    /// dW [rows, in] += Σ over sequences of dyᵀ x, of the rows from `first` on; dWᵀ where it is stored transposed. Rows
    /// are divided among threads, never the sum of one entry.
    pub fn accumulate(&self, first: usize, gradient: &mut [f32], sequences: &[Tape]) {
        let columns = if self.transposed { self.output() } else { self.input };
        gradient.par_chunks_mut(ROWS * columns).enumerate().for_each(|(block, rows)| {
            let count = rows.len() / columns;
            let mut rows: MatMut<f32> = matrix_mut(rows, columns);
            for [input, upstream] in self.pairs(sequences) {
                let (input, upstream) = (matrix(input, self.input), matrix(upstream, self.output()));
                let [of_rows, of_columns] = if self.transposed { [input, upstream] } else { [upstream, input] };
                let of_rows = of_rows.subcols(first + block * ROWS, count);
                multiply_add(rows.as_mut(), of_rows.transpose(), of_columns);
            }
        });
    }

    /// db [rows] += Σ over sequences and tokens of dy, of the rows from `first` on.
    pub fn accumulate_bias(&self, first: usize, gradient: &mut [f32], sequences: &[Tape]) {
        for token in self.pairs(sequences).flat_map(|[_, upstream]| upstream.chunks(self.output())) {
            gradient.iter_mut().zip(&token[first..]).for_each(|(sum, value)| *sum += value);
        }
    }
}

impl Tape {
    /// A tape of a network that is trained.
    pub fn trained() -> Self {
        Self { others: Some(Vec::new()), ..Self::default() }
    }

    /// Saves the input [T, in] and the output gradient [T, out] of a map.
    pub fn save(&mut self, linear: &Linear, input: Vec<f32>, upstream: Vec<f32>) {
        self.pairs.resize_with(self.pairs.len().max(linear.index + 1), || None);
        self.pairs[linear.index] = Some([input, upstream]);
    }
}
