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

use super::Model;
use super::weights::normal;
use crate::Result;
use crate::network::Batch;
use crate::network::transformer::kernel::builder::Builder;
pub use crate::network::transformer::kernel::language::Sequence;
use crate::network::transformer::kernel::language::{Reading, Start, Transformer, longest, sums, targets};
use crate::network::transformer::kernel::part::SequencePass;
use crate::network::transformer::{Weights, reduce};
use crate::observation::{Needs, Observation, Observer};
use crate::progress::Progress;
use crate::space::decoder::Decoder;
pub(super) use assembly::Assembled;

/// Runs the decoder once for everything that is needed of the network as it is and of its loss.
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
    let sequences = Sequence::of_batch(batch, length);
    let mut sums = sums(&assembled, &sequences, needs, progress)?;
    let hidden = sums.hidden();
    let lengths: Vec<usize> = sequences.iter().map(|sequence| sequence.tokens.len()).collect();
    let jacobian = |gradient: &[f32]| reduce::positions(gradient, [model.decoder.width, length]);
    let mut seen = sums.finish(&lengths, needs, progress, jacobian);
    seen.loss = seen.loss.map(|sum| sum / targets(&sequences));
    seen.hidden = reduce::hidden(&hidden, needs, [model.decoder.layers.len(), model.decoder.width]);
    Ok(seen)
}

impl Transformer for Model {
    type Assembly<'a> = Assembled<'a>;

    fn assemble<'a>(&self, weights: &'a Weights, reading: Reading) -> Result<Assembled<'a>> {
        Assembled::read(&self.decoder, &mut Builder::new(weights.into()), self.sizes.sequence, reading)
    }

    fn shape(&self) -> [usize; 2] {
        [self.sizes.batch, self.sizes.sequence]
    }

    fn blocks(&self) -> usize {
        self.decoder.blocks()
    }

    fn embedding(&self) -> usize {
        self.decoder.width
    }

    fn normal_weights(&self) -> Option<Weights> {
        self.weights.seed().map(|seed| normal(&self.decoder, seed as u32))
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
        assembled.forward(Start::Tokens(tokens), &mut pass, false, || {}).0
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
