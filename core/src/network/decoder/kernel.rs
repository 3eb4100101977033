//! The decoder on the CPU: sequence by sequence, with hand-written forward and backward passes.

mod assembly;
mod embedding;
mod head;
mod loss;
pub(super) mod words;

#[cfg(test)]
mod finite_differences;
#[cfg(test)]
mod tests;

use rayon::prelude::*;

use super::names::POSITIONS;
use super::weights::names_and_shapes;
use super::{Model, reduce};
use crate::Result;
use crate::network::Batch;
use crate::network::transformer::Weights;
use crate::network::transformer::kernel::builder::Builder;
use crate::network::transformer::kernel::gradients::add_gradients;
use crate::network::transformer::kernel::in_chunk;
use crate::network::transformer::kernel::linear::Tape;
use crate::network::transformer::kernel::part::SequencePass;
use crate::network::transformer::kernel::sums::{self, Sums};
use crate::observation::{Kind, Needs, Observation, Observer};
use crate::progress::Progress;
use crate::space::decoder::Decoder;
use assembly::Assembled;

/// What a decoder reads and is to predict.
#[derive(Debug, Clone, Copy)]
pub struct Sequence<'a> {
    /// Ids, `[T]`.
    pub tokens: &'a [u32],
    /// What follows each of them, `[T]` or fewer: what follows the last one need not be known.
    pub targets: &'a [u32],
}

impl<'a> Sequence<'a> {
    /// The sequences of a batch, of `length` ids each, padding left out.
    pub fn of_batch(batch: &'a Batch, length: usize) -> Vec<Self> {
        let read = |(index, tokens): (usize, &'a [u32])| {
            let given = batch.targets.as_ref().map(|targets| &targets[index * length..][..tokens.len()]);
            Self { tokens, targets: given.unwrap_or(tokens.get(1..).unwrap_or_default()) }
        };
        batch.sequences(length).enumerate().map(read).collect()
    }

    /// How many targets sequences have.
    pub fn targets(sequences: &[Self]) -> f64 {
        sequences.iter().map(|sequence| sequence.targets.len()).sum::<usize>() as f64
    }
}

/// Runs the decoder once for everything that is needed.
///
/// # Errors
/// [`crate::Error::Weights`] where a weight is missing.
pub fn observe(
    model: &Model,
    weights: &Weights,
    batch: &Batch,
    needs: &Needs,
    progress: &Progress,
) -> Result<Observation> {
    let length = model.sizes.sequence;
    let assembled = Assembled::new(&model.decoder, &mut Builder::new(weights.into()), length)?;
    let mut sums = Sums::new(assembled.linears(), needs);
    let passes = if needs.goes_backward() { 3 } else { 1 };
    progress.expect(passes * assembled.parts.len() * model.sizes.batch + sums.expected());
    let sequences = Sequence::of_batch(batch, length);
    let count = Sequence::targets(&sequences);
    let factor = (1.0 / count) as f32;
    let run = |sequence: &Sequence| sequence.run(&assembled, needs, factor, progress);
    for chunk in sequences.chunks(in_chunk(length)) {
        sums.add(chunk.par_iter().map(run).collect::<Result<_>>()?);
    }
    let hidden = sums.hidden();
    let jacobian = |gradient: &[f32]| reduce::positions(gradient, &model.decoder, &model.sizes);
    let mut seen = sums.finish(model.sizes.batch, needs, progress, jacobian);
    seen.loss = seen.loss.map(|sum| sum / count);
    seen.hidden = reduce::hidden(&hidden, needs, &model.decoder);
    Ok(seen)
}

impl Sequence<'_> {
    /// One sequence, its loss multiplied with `factor`; [`Progress`] counts a part of a layer 1 forward and 2 backward.
    fn run(&self, assembled: &Assembled, needs: &Needs, factor: f32, progress: &Progress) -> Result<sums::Sequence> {
        let mut pass = SequencePass::observed(Observer::new(needs).with_hidden(needs), self.tokens.len()).with_maps();
        let (hidden, passes) = assembled.forward(self.tokens, &mut pass, needs.goes_backward(), || progress.advance(1));
        let (mut seen, mut tape) = (pass.seen, Tape::default());
        seen.nans = [hidden.iter().filter(|value| value.is_nan()).count() as f64; 2];
        if needs.loss_is_read() {
            let loss = assembled.words.loss(&hidden, self.targets, factor, None)?;
            seen.loss = Some(loss.sum);
            let mut upstream = loss.gradient;
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

/// The last hidden states of sequences of ids, [T, H] each, one after another.
///
/// # Errors
/// [`crate::Error::Weights`] where a weight is missing.
pub fn hidden(decoder: &Decoder, weights: &Weights, sequences: &[&[u32]]) -> Result<Vec<f32>> {
    let assembled = Assembled::new(decoder, &mut Builder::new(weights.into()), longest(sequences.iter().copied()))?;
    let run = |tokens: &&[u32]| {
        let mut pass = SequencePass::observed(Observer::default(), tokens.len());
        assembled.forward(tokens, &mut pass, false, || {}).0
    };
    Ok(sequences.par_iter().flat_map_iter(run).collect())
}

/// The logits of every word after hidden states [T, H], each in its cluster: [T, V].
///
/// # Errors
/// [`crate::Error::Weights`] where a weight is missing.
pub fn logits(decoder: &Decoder, weights: &Weights, hidden: &[f32]) -> Result<Vec<f32>> {
    let assembled = Assembled::new(decoder, &mut Builder::new(weights.into()), 1)?;
    Ok(assembled.words.word_logits(hidden))
}

/// ln p of every word after hidden states [T, H]: [T, V].
///
/// # Errors
/// [`crate::Error::Weights`] where a weight is missing.
pub fn log_probabilities(decoder: &Decoder, weights: &Weights, hidden: &[f32]) -> Result<Vec<f32>> {
    let assembled = Assembled::new(decoder, &mut Builder::new(weights.into()), 1)?;
    Ok(assembled.words.log_probabilities(hidden))
}

/// The loss, in nats a target, and its gradients in all weights.
///
/// # Errors
/// [`crate::Error::Weights`] where a weight is missing.
pub fn gradients(decoder: &Decoder, weights: &Weights, sequences: &[Sequence]) -> Result<(f64, Weights)> {
    let length = longest(sequences.iter().map(|sequence| sequence.tokens));
    let assembled = Assembled::new(decoder, &mut Builder::new(weights.into()), length)?;
    let mut gradients = Weights::from_fn(names_and_shapes(decoder), |_, shape| vec![0.0; shape.iter().product()]);
    let count = Sequence::targets(sequences);
    let (mut sum, mut tapes) = (0.0, Vec::new());
    for Sequence { tokens, targets } in sequences {
        let (mut pass, mut tape) = (SequencePass::observed(Observer::default(), tokens.len()), Tape::trained());
        let (hidden, passes) = assembled.forward(tokens, &mut pass, true, || {});
        let loss = assembled.words.loss(&hidden, targets, (1.0 / count) as f32, Some(&mut gradients))?;
        sum += loss.sum;
        let upstream = passes.into_iter().rev().fold(loss.gradient, |upstream, backward| backward(upstream, &mut tape));
        assembled.words.embed_backward(tokens, &upstream, &mut gradients)?;
        if assembled.positions.is_some() {
            let positions = &mut gradients.get_mut(POSITIONS)?.values;
            positions.iter_mut().zip(upstream).for_each(|(sum, value)| *sum += value);
        }
        tapes.push(tape);
    }
    add_gradients(&mut gradients, &assembled.linears(), &tapes);
    Ok((sum / count, gradients))
}

/// Tokens of the longest sequence.
fn longest<'a>(sequences: impl Iterator<Item = &'a [u32]>) -> usize {
    sequences.map(<[u32]>::len).max().unwrap_or(0)
}
