//! The further passes of a decoder on the CPU.

use rayon::prelude::*;

use super::assembly::{Assembled, Reading, Start};
use super::{Model, Sequence, longest, sums};
use crate::Result;
use crate::linalg::largest_singular_value;
use crate::network::Batch;
use crate::network::decoder::weights::normal;
use crate::network::language::{AbsoluteMatrix, LanguageNetwork, Matrices, Matrix, Signs};
use crate::network::transformer::Weights;
use crate::network::transformer::kernel::builder::Builder;
use crate::network::transformer::kernel::inner::{gradients, matrices, moved};
use crate::network::transformer::kernel::linear::Tape;
use crate::network::transformer::kernel::part::SequencePass;
use crate::observation::{Gradient, Moments, Need, Needs, Observer, Reduction, Term};
use crate::progress::Progress;

/// A decoder with its weights.
pub struct Network<'a> {
    /// What it is.
    pub model: &'a Model,
    /// Its weights.
    pub weights: &'a Weights,
}

/// All matrices.
const ALL: Reduction = Reduction { id: "all", selects: |spec| spec.role.is_inner(), term: |_| 0.0 };

impl Network<'_> {
    fn assembled<'b>(&self, weights: &'b Weights, reading: Reading) -> Result<Assembled<'b>> {
        Assembled::read(&self.model.decoder, &mut Builder::new(weights.into()), self.model.sizes.sequence, reading)
    }

    /// H.
    fn width(&self) -> usize {
        self.model.decoder.width
    }

    /// The sequences of an embedded batch, [T, H] each.
    fn sequences<'b>(&self, embedded: &'b [f32]) -> Vec<&'b [f32]> {
        embedded.chunks(self.model.sizes.sequence * self.width()).collect()
    }
}

/// The gradient, with respect to the embedded words of a sequence, [T, H], of what has the gradient `logits` in every hidden
/// state, `[H]`.
fn of_logits(assembled: &Assembled, start: Start, logits: &[f32]) -> (Vec<f32>, Tape) {
    let (width, mut tape) = (assembled.words.width, Tape::default());
    let mut pass = SequencePass::observed(Observer::default(), start.tokens(width));
    let (hidden, passes) = assembled.forward(start, &mut pass, true, || {});
    let upstream = logits.repeat(hidden.len() / width);
    let input = passes.into_iter().rev().fold(upstream, |upstream, back| back(upstream, &mut tape));
    (input, tape)
}

impl LanguageNetwork for Network<'_> {
    type Weights = Weights;

    fn weights(&self) -> &Weights {
        self.weights
    }

    fn normal_weights(&self) -> Option<Weights> {
        self.model.weights.seed().map(|seed| normal(&self.model.decoder, seed as u32))
    }

    fn matrices(&self) -> Result<Vec<Matrix<'_>>> {
        matrices(self.weights, &self.assembled(self.weights, Reading::Normal)?.linears())
    }

    fn moved(&self, by: f64, direction: &[Vec<f32>]) -> Result<Weights> {
        moved(self.weights, &self.assembled(self.weights, Reading::Normal)?.linears(), by, direction)
    }

    fn steps(&self) -> usize {
        3 * self.model.decoder.layers.len() * self.model.sizes.batch
    }

    fn sequences(&self) -> usize {
        self.model.sizes.batch
    }

    fn halves(&self, batch: &Batch) -> Option<[Batch; 2]> {
        batch.halves_of_sequences(self.model.sizes.sequence)
    }

    fn embedded(&self) -> usize {
        self.model.sizes.batch * self.model.sizes.sequence * self.width()
    }

    async fn loss_gradients(&self, weights: &Weights, batch: &Batch) -> Result<Matrices> {
        let assembled = self.assembled(weights, Reading::Normal)?;
        let needs = Needs::from_iter([Need::Parameters(Gradient::Loss, &ALL)]);
        let sequences = Sequence::of_batch(batch, self.model.sizes.sequence);
        Ok(sums(&assembled, &sequences, &needs, &Progress::default())?.into_matrices())
    }

    async fn absolute_gradients(&self, future: bool) -> Result<Vec<AbsoluteMatrix>> {
        let weights = self.weights.absolute();
        let reading = if future { Reading::OnesOfFuture } else { Reading::Ones };
        let assembled = self.assembled(&weights, reading)?;
        let ones = vec![1.0; self.model.sizes.sequence * self.width()];
        let (_, tape) = of_logits(&assembled, Start::Embedded(&ones), &assembled.words.of_first());
        let gradients = gradients(&assembled.linears(), &[tape]);
        let matrices = matrices(&weights, &assembled.linears())?.into_iter().zip(gradients);
        Ok(matrices.map(|((spec, weight), gradient)| (spec, weight.to_vec(), gradient)).collect())
    }

    async fn output_jacobian(&self, batch: &Batch) -> Result<Moments> {
        let assembled = self.assembled(self.weights, Reading::Normal)?;
        let sequences: Vec<&[u32]> = batch.sequences(self.model.sizes.sequence).collect();
        let logits = assembled.words.of_sum();
        let row = |tokens: &&[u32]| of_logits(&assembled, Start::Tokens(tokens), &logits).0;
        let rows: Vec<Vec<f32>> = sequences.par_iter().map(row).collect();
        let columns = longest(sequences.into_iter()) * self.width();
        Ok(Moments::from_fn(rows.len(), columns, |row, column| rows[row].get(column).copied().unwrap_or(0.0)))
    }

    async fn hidden(&self, weights: &Weights, input: &[f32]) -> Result<Vec<f32>> {
        let assembled = self.assembled(weights, Reading::Normal)?;
        let run = |embedded: &&[f32]| {
            let start = Start::Embedded(embedded);
            let mut pass = SequencePass::observed(Observer::default(), start.tokens(self.width()));
            assembled.forward(start, &mut pass, false, || {}).0
        };
        Ok(self.sequences(input).par_iter().flat_map_iter(run).collect())
    }

    async fn trainability(&self, batch: &Batch, signs: &Signs<'_>) -> Result<Vec<Term>> {
        let assembled = self.assembled(self.weights, Reading::Normal)?;
        let (length, width) = (self.model.sizes.sequence, self.width());
        let all: Vec<Vec<f32>> = (1..assembled.blocks).map(|block| signs.of_block(block, self.embedded())).collect();
        let sequences: Vec<&[u32]> = batch.sequences(length).collect();
        let run = |(index, tokens): (usize, &&[u32])| {
            let own = |block: usize| &all[block - 1][index * length * width..][..tokens.len() * width];
            let passed = assembled.through_blocks(Start::Tokens(tokens), own);
            let given = (1..assembled.blocks).map(|block| own(block).to_vec());
            given.zip(passed).collect::<Vec<_>>()
        };
        let pairs: Vec<Vec<(Vec<f32>, Vec<f32>)>> = sequences.par_iter().enumerate().map(run).collect();
        let term = |block: usize| {
            let joined = |part: fn(&(Vec<f32>, Vec<f32>)) -> &Vec<f32>| -> Vec<f32> {
                pairs.iter().flat_map(|blocks| part(&blocks[block - 1])).copied().collect()
            };
            let (given, passed) = (joined(|pair| &pair.0), joined(|pair| &pair.1));
            Term { site: assembled.site(block), value: largest_singular_value(&passed, &given, [width, width]) }
        };
        Ok((1..assembled.blocks).into_par_iter().map(term).collect())
    }
}
