//! A decoder in training on the CPU: the loss of sequences, and its gradient in every weight.
//!
//! Sequences are in memory together chunk by chunk. They are run side by side, and everything that is summed over them
//! is summed in their order, so that no value depends on the number of threads.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::kernel::{Assembled, Sequence};
use super::names::POSITIONS;
use super::weights::names_and_shapes;
use crate::Result;
use crate::network::transformer::Weights;
use crate::network::transformer::kernel::builder::Builder;
use crate::network::transformer::kernel::dropout::Dropout;
use crate::network::transformer::kernel::gradients::add_gradients;
use crate::network::transformer::kernel::in_chunk;
use crate::network::transformer::kernel::language::{Start, longest, targets};
use crate::network::transformer::kernel::linear::Tape;
use crate::network::transformer::kernel::part::{Backward, SequencePass};
use crate::observation::Observer;
use crate::random::Placed;
use crate::space::decoder::Decoder;

/// Shares of what is set to zero, each at least 0 and below 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DropoutRates {
    /// Of the embeddings, and of what attention and feed-forward layers add.
    pub hidden: f64,
    /// Of the weights of attention.
    pub attention: f64,
}

/// What is dropped in an update.
#[derive(Debug, Clone, Copy)]
pub struct Dropouts {
    hidden: Dropout,
    attention: Dropout,
}

impl Dropouts {
    /// Nothing.
    pub fn none() -> Self {
        Self { hidden: Dropout::none(), attention: Dropout::none() }
    }

    /// These shares, which follow from the source.
    pub fn new(rates: DropoutRates, source: Placed) -> Self {
        let [hidden, attention] = [rates.hidden, rates.attention].map(|rate| Dropout::new(rate, source));
        Self { hidden, attention }
    }

    /// That of a sequence.
    fn at(self, sequence: usize) -> Self {
        Self { hidden: self.hidden.at(sequence), attention: self.attention.at(sequence) }
    }
}

/// The forward pass of a sequence: the last hidden states, [T, H], and the backward passes to the embeddings.
type Forward<'a> = (Vec<f32>, Vec<Backward<'a>>);

/// The loss, in nats a target, and its gradients in all weights. Dropout differs between the sequences by their place.
///
/// # Errors
/// [`crate::Error::Weights`] where a weight is missing.
pub fn gradients(
    decoder: &Decoder,
    weights: &Weights,
    sequences: &[Sequence],
    dropouts: Dropouts,
) -> Result<(f64, Weights)> {
    let length = longest(sequences.iter().map(|sequence| sequence.tokens));
    let assembled = Assembled::new(decoder, &mut Builder::new(weights.into()), length)?;
    let mut gradients = Weights::from_fn(names_and_shapes(decoder), |_, shape| vec![0.0; shape.iter().product()]);
    let (count, chunk) = (targets(sequences), in_chunk(length.max(1)));
    let mut sum = 0.0;
    for (number, sequences) in sequences.chunks(chunk).enumerate() {
        let forward =
            |(index, sequence): (usize, &Sequence)| forward(&assembled, sequence, dropouts.at(number * chunk + index));
        let forwards = sequences.par_iter().enumerate().map(forward).collect();
        sum += backward(&assembled, sequences, forwards, ((1.0 / count) as f32, &mut gradients))?;
    }
    Ok((sum / count, gradients))
}

/// The loss without dropout, in nats a target.
///
/// # Errors
/// [`crate::Error::Weights`] where a weight is missing.
pub fn loss(decoder: &Decoder, weights: &Weights, sequences: &[Sequence]) -> Result<f64> {
    let assembled = Assembled::new(
        decoder,
        &mut Builder::new(weights.into()),
        longest(sequences.iter().map(|sequence| sequence.tokens)),
    )?;
    let of_sequence = |sequence: &Sequence| {
        let mut pass = SequencePass::observed(Observer::default(), sequence.tokens.len());
        let (hidden, _) = assembled.forward(Start::Tokens(sequence.tokens), &mut pass, false, || {});
        Ok(assembled.words.loss(&hidden, sequence.targets, 1.0, None)?.sum)
    };
    let sums: Vec<f64> = sequences.par_iter().map(of_sequence).collect::<Result<_>>()?;
    Ok(sums.iter().sum::<f64>() / targets(sequences))
}

fn forward<'a>(assembled: &'a Assembled, sequence: &Sequence, dropouts: Dropouts) -> Forward<'a> {
    let observed = SequencePass::observed(Observer::default(), sequence.tokens.len());
    let Dropouts { hidden: dropout, attention: attention_dropout } = dropouts;
    let mut pass = SequencePass { dropout, attention_dropout, ..observed };
    assembled.forward(Start::Tokens(sequence.tokens), &mut pass, true, || {})
}

/// The sum of the losses of a chunk of sequences; adds its gradients, times a factor.
fn backward(
    assembled: &Assembled,
    sequences: &[Sequence],
    forwards: Vec<Forward>,
    (factor, gradients): (f32, &mut Weights),
) -> Result<f64> {
    let (mut sum, mut upstreams, mut passes) = (0.0, Vec::new(), Vec::new());
    // The logits of one sequence at a time are in memory.
    for ((hidden, own), sequence) in forwards.into_iter().zip(sequences) {
        let loss = assembled.words.loss(&hidden, sequence.targets, factor, Some(gradients))?;
        sum += loss.sum;
        upstreams.push(loss.gradient);
        passes.push(own);
    }
    let back = |(passes, upstream): (Vec<Backward>, Vec<f32>)| {
        let mut tape = Tape::trained();
        let embedded = passes.into_iter().rev().fold(upstream, |upstream, backward| backward(upstream, &mut tape));
        (tape, embedded)
    };
    let traced: Vec<(Tape, Vec<f32>)> = passes.into_par_iter().zip(upstreams).map(back).collect();
    for ((_, embedded), sequence) in traced.iter().zip(sequences) {
        assembled.words.embed_backward(sequence.tokens, embedded, gradients)?;
        if assembled.positions.is_some() {
            let positions = &mut gradients.get_mut(POSITIONS)?.values;
            positions.iter_mut().zip(embedded).for_each(|(sum, value)| *sum += value);
        }
    }
    let tapes: Vec<Tape> = traced.into_iter().map(|(tape, _)| tape).collect();
    add_gradients(gradients, &assembled.linears(), &tapes);
    Ok(sum)
}
