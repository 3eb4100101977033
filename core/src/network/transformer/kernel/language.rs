//! A transformer as a language model: what its loss shows, and the further passes of the zero-cost suite. What differs
//! between encoders and decoders is in [`Assembly`].

use std::sync::Arc;

use rayon::prelude::*;

use super::super::Weights;
use super::in_chunk;
use super::inner::{gradients, matrices, moved};
use super::linear::{Linear, Tape};
use super::part::{Backward, Part, SequencePass};
use super::sums::{self, Sums};
use crate::Result;
use crate::linalg::largest_singular_value;
use crate::network::Batch;
use crate::network::batch::NOT_COUNTED;
use crate::network::language::{AbsoluteMatrix, LanguageNetwork, Matrices, Matrix, Signs};
use crate::observation::{GradientOf, Kind, Moments, Need, Needs, Observer, Reduction, Site, Term};
use crate::progress::Progress;

/// What a sequence begins with.
#[derive(Debug, Clone, Copy)]
pub enum Start<'a> {
    /// Ids, `[T]`.
    Tokens(&'a [u32]),
    /// Embedded words, [T, E], before positions are added.
    Embedded(&'a [f32]),
}

/// How a network is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// As it is.
    Normal,
    /// With ones in the place of the waves of distances.
    Ones,
    /// The same, and tokens attend to those after them.
    OnesOfFuture,
}

/// Which logits are added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Logits {
    /// Those of all words.
    All,
    /// Those of the first cluster of words, with those of the other clusters.
    First,
}

/// What a network reads, and is to predict.
#[derive(Debug, Clone, Copy)]
pub struct Sequence<'a> {
    /// Ids, `[T]`.
    pub tokens: &'a [u32],
    /// What is to be predicted after each of them, `[T]` or fewer; [`NOT_COUNTED`] where nothing is.
    pub targets: &'a [u32],
}

impl<'a> Sequence<'a> {
    /// The sequences of a batch, of `length` ids each, padding left out. Where targets are not given they are the next
    /// tokens.
    pub fn of_batch(batch: &'a Batch, length: usize) -> Vec<Self> {
        let read = |(index, tokens): (usize, &'a [u32])| {
            let given = batch.targets.as_ref().map(|targets| &targets[index * length..][..tokens.len()]);
            Self { tokens, targets: given.unwrap_or(tokens.get(1..).unwrap_or_default()) }
        };
        batch.sequences(length).enumerate().map(read).collect()
    }
}

/// How many targets count.
pub fn targets(sequences: &[Sequence]) -> f64 {
    let counted = |sequence: &Sequence| sequence.targets.iter().filter(|&&target| target != NOT_COUNTED).count();
    sequences.iter().map(counted).sum::<usize>() as f64
}

/// Tokens of the longest sequence.
pub fn longest<'a>(sequences: impl Iterator<Item = &'a [u32]>) -> usize {
    sequences.map(<[u32]>::len).max().unwrap_or(0)
}

/// A transformer with its head, ready to run.
pub trait Assembly: Sync {
    /// E: width of the embedded words.
    fn embedding(&self) -> usize;

    /// The linear maps.
    fn linears(&self) -> Vec<&Linear<'_>>;

    /// The parts that end residual branches.
    fn blocks(&self) -> &[Box<dyn Part + '_>];

    /// Where a block is, counted from 0.
    fn site(&self, block: usize) -> Arc<Site>;

    /// How many parts a pass has, as progress counts them.
    fn parts(&self) -> usize;

    /// A pass of the loss over so many tokens that shows what is needed.
    fn pass(&self, needs: &Needs, tokens: usize) -> SequencePass;

    /// What the first block reads: [T, H].
    fn embed(&self, start: Start) -> Vec<f32>;

    /// The last hidden states of a sequence, [T, H], and where `backward` says so the backward passes to the embedded words.
    /// Calls `advance` after every part.
    fn forward(
        &self,
        start: Start,
        pass: &mut SequencePass,
        backward: bool,
        advance: &dyn Fn(),
    ) -> (Vec<f32>, Vec<Backward<'_>>);

    /// Σ −ln p of the targets of a sequence, in nats, and its gradient, times a factor, in the last hidden states, [T, H].
    ///
    /// # Errors
    /// [`crate::Error::Weights`] where a weight is missing.
    fn loss(&self, hidden: &[f32], targets: &[u32], factor: f32) -> Result<(f64, Vec<f32>)>;

    /// The gradient of the sum of logits in the last hidden states, [T, H].
    fn of_logits(&self, hidden: &[f32], logits: Logits) -> Vec<f32>;
}

/// A kind of transformer, of which networks can be assembled.
pub trait Transformer: Sync {
    /// What is assembled.
    type Assembly<'a>: Assembly;

    /// The network with these weights.
    ///
    /// # Errors
    /// [`crate::Error::Weights`] where a weight is missing.
    fn assemble<'a>(&self, weights: &'a Weights, reading: Reading) -> Result<Self::Assembly<'a>>;

    /// B and T.
    fn shape(&self) -> [usize; 2];

    /// How many blocks it has.
    fn blocks(&self) -> usize;

    /// E: width of the embedded words.
    fn embedding(&self) -> usize;

    /// Weights whose matrices are drawn from a normal distribution, with biases 0; none where its weights were given.
    fn normal_weights(&self) -> Option<Weights>;
}

/// What all sequences show of the network as it is and of its loss.
///
/// # Errors
/// [`crate::Error::Weights`] where a weight is missing.
pub fn sums<'a>(
    assembly: &'a impl Assembly,
    sequences: &[Sequence],
    needs: &Needs,
    progress: &Progress,
) -> Result<Sums<'a>> {
    let mut sums = Sums::new(&assembly.linears(), needs);
    let passes = if needs.goes_backward() { 3 } else { 1 };
    progress.expect(passes * assembly.parts() * sequences.len() + sums.expected());
    let factor = (1.0 / targets(sequences)) as f32;
    let run = |(sequence, is_first): (&Sequence, bool)| {
        let mut pass = assembly.pass(needs, sequence.tokens.len());
        pass.is_first = is_first;
        sequence.run(assembly, needs, (pass, factor), progress)
    };
    let size = in_chunk(longest(sequences.iter().map(|sequence| sequence.tokens)).max(1));
    for (index, chunk) in sequences.chunks(size).enumerate() {
        let numbered = chunk.par_iter().enumerate().map(|(at, sequence)| (sequence, index == 0 && at == 0));
        sums.add(numbered.map(run).collect::<Result<_>>()?);
    }
    Ok(sums)
}

impl Sequence<'_> {
    /// One sequence, its loss multiplied with `factor`; [`Progress`] counts a part 1 forward and 2 backward.
    fn run(
        &self,
        assembly: &impl Assembly,
        needs: &Needs,
        (mut pass, factor): (SequencePass, f32),
        progress: &Progress,
    ) -> Result<sums::Sequence> {
        let start = Start::Tokens(self.tokens);
        let (hidden, passes) = assembly.forward(start, &mut pass, needs.goes_backward(), &|| progress.advance(1));
        let (mut seen, mut tape) = (pass.seen, Tape::default());
        seen.nans = [hidden.iter().filter(|value| value.is_nan()).count() as f64; 2];
        if needs.loss_is_read() {
            let (sum, mut upstream) = assembly.loss(&hidden, self.targets, factor)?;
            seen.loss = Some(sum);
            for backward in passes.into_iter().rev() {
                upstream = backward(upstream, &mut tape);
                progress.advance(2);
            }
            for (site, value) in tape.heads.drain(..).rev().flatten() {
                seen.add(Kind::HeadGradients, &site, value);
            }
            if needs.jacobian(0.0) {
                seen.jacobian = upstream;
            }
        }
        Ok(sums::Sequence { seen, tape })
    }
}

/// The gradient of the sum of logits of a sequence with respect to its embedded words, [T, E].
fn of_logits(assembly: &impl Assembly, start: Start, logits: Logits) -> (Vec<f32>, Tape) {
    let mut pass = SequencePass::observed(Observer::default(), start.tokens(assembly.embedding()));
    let (hidden, passes) = assembly.forward(start, &mut pass, true, &|| {});
    let (upstream, mut tape) = (assembly.of_logits(&hidden, logits), Tape::default());
    let input = passes.into_iter().rev().fold(upstream, |upstream, back| back(upstream, &mut tape));
    (input, tape)
}

/// A gradient of what a block gives, and what becomes of it at its input: [T, H] each.
struct Passed {
    given: Vec<f32>,
    passed: Vec<f32>,
}

/// Per block but the first, what becomes at its input of `signs` in the place of the gradient of what it gives; blocks are
/// counted from 0.
fn through_blocks<'b>(assembly: &impl Assembly, start: Start, signs: impl Fn(usize) -> &'b [f32]) -> Vec<Passed> {
    let mut hidden = assembly.embed(start);
    let mut pass = SequencePass::observed(Observer::default(), start.tokens(assembly.embedding()));
    let mut passed = Vec::new();
    for (index, part) in assembly.blocks().iter().enumerate() {
        let (next, back) = part.forward(hidden, &mut pass);
        hidden = next;
        if index > 0 {
            let given = signs(index).to_vec();
            passed.push(Passed { passed: back(given.clone(), &mut Tape::default()), given });
        }
    }
    passed
}

/// A transformer with its weights.
pub struct Network<'a, T> {
    /// What it is.
    pub transformer: &'a T,
    /// Its weights.
    pub weights: &'a Weights,
}

/// All matrices.
const ALL: Reduction = Reduction { id: "all", selects: |spec| spec.role.is_inner(), term: |_| 0.0 };

impl<T: Transformer> LanguageNetwork for Network<'_, T> {
    type Weights = Weights;

    fn weights(&self) -> &Weights {
        self.weights
    }

    fn normal_weights(&self) -> Option<Weights> {
        self.transformer.normal_weights()
    }

    fn matrices(&self) -> Result<Vec<Matrix<'_>>> {
        matrices(self.weights, &self.transformer.assemble(self.weights, Reading::Normal)?.linears())
    }

    fn moved(&self, by: f64, direction: &[Vec<f32>]) -> Result<Weights> {
        let assembly = self.transformer.assemble(self.weights, Reading::Normal)?;
        moved(self.weights, &assembly.linears(), by, direction)
    }

    fn steps(&self) -> usize {
        3 * self.transformer.blocks() * self.transformer.shape()[0]
    }

    fn sequences(&self) -> usize {
        self.transformer.shape()[0]
    }

    fn halves(&self, batch: &Batch) -> Option<[Batch; 2]> {
        batch.halves_of_sequences(self.transformer.shape()[1])
    }

    fn embedded(&self) -> usize {
        let [sequences, length] = self.transformer.shape();
        sequences * length * self.transformer.embedding()
    }

    async fn loss_gradients(&self, weights: &Weights, batch: &Batch) -> Result<Matrices> {
        let assembly = self.transformer.assemble(weights, Reading::Normal)?;
        let needs = Needs::from_iter([Need::Parameters(GradientOf::Loss, &ALL)]);
        let sequences = Sequence::of_batch(batch, self.transformer.shape()[1]);
        Ok(sums(&assembly, &sequences, &needs, &Progress::default())?.into_matrices())
    }

    async fn absolute_gradients(&self, future: bool) -> Result<Vec<AbsoluteMatrix>> {
        let weights = self.weights.absolute();
        let reading = if future { Reading::OnesOfFuture } else { Reading::Ones };
        let assembly = self.transformer.assemble(&weights, reading)?;
        let ones = vec![1.0; self.transformer.shape()[1] * self.transformer.embedding()];
        let (_, tape) = of_logits(&assembly, Start::Embedded(&ones), Logits::First);
        let gradients = gradients(&assembly.linears(), &[tape]);
        let matrices = matrices(&weights, &assembly.linears())?.into_iter().zip(gradients);
        Ok(matrices.map(|((spec, weight), gradient)| (spec, weight.to_vec(), gradient)).collect())
    }

    async fn output_jacobian(&self, batch: &Batch) -> Result<Moments> {
        let assembly = self.transformer.assemble(self.weights, Reading::Normal)?;
        let sequences: Vec<&[u32]> = batch.sequences(self.transformer.shape()[1]).collect();
        let row = |tokens: &&[u32]| of_logits(&assembly, Start::Tokens(tokens), Logits::All).0;
        let rows: Vec<Vec<f32>> = sequences.par_iter().map(row).collect();
        let columns = longest(sequences.into_iter()) * self.transformer.embedding();
        Ok(Moments::from_fn(rows.len(), columns, |row, column| rows[row].get(column).copied().unwrap_or(0.0)))
    }

    async fn hidden(&self, weights: &Weights, input: &[f32]) -> Result<Vec<f32>> {
        let assembly = self.transformer.assemble(weights, Reading::Normal)?;
        let run = |embedded: &[f32]| {
            let start = Start::Embedded(embedded);
            let mut pass = SequencePass::observed(Observer::default(), start.tokens(self.transformer.embedding()));
            assembly.forward(start, &mut pass, false, &|| {}).0
        };
        let sequences = input.par_chunks(self.transformer.shape()[1] * self.transformer.embedding());
        Ok(sequences.flat_map_iter(run).collect())
    }

    async fn trainability(&self, batch: &Batch, signs: &Signs<'_>) -> Result<Vec<Term>> {
        let assembly = self.transformer.assemble(self.weights, Reading::Normal)?;
        let [count, length] = self.transformer.shape();
        let blocks = assembly.blocks().len();
        let sequences: Vec<&[u32]> = batch.sequences(length).collect();
        let width = sequences.first().map_or(0, |tokens| assembly.embed(Start::Tokens(tokens)).len() / tokens.len());
        let all: Vec<Vec<f32>> = (1..blocks).map(|block| signs.of_block(block, count * length * width)).collect();
        let run = |(index, tokens): (usize, &&[u32])| {
            let own = |block: usize| &all[block - 1][index * length * width..][..tokens.len() * width];
            through_blocks(&assembly, Start::Tokens(tokens), own)
        };
        let sequences: Vec<Vec<Passed>> = sequences.par_iter().enumerate().map(run).collect();
        let term = |block: usize| {
            let of_block = || sequences.iter().map(|blocks| &blocks[block - 1]);
            let given: Vec<f32> = of_block().flat_map(|block| &block.given).copied().collect();
            let passed: Vec<f32> = of_block().flat_map(|block| &block.passed).copied().collect();
            Term { site: assembly.site(block), value: largest_singular_value(&passed, &given, [width, width]) }
        };
        Ok((1..blocks).into_par_iter().map(term).collect())
    }
}

impl Start<'_> {
    /// T, where embedded words have this width.
    pub fn tokens(self, embedding: usize) -> usize {
        match self {
            Self::Tokens(tokens) => tokens.len(),
            Self::Embedded(words) => words.len() / embedding,
        }
    }
}
