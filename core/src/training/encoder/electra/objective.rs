//! What both networks are trained for: their losses, and the samples that connect them.

use std::ops::Range;

use rayon::prelude::*;

use super::super::masked_batch::MaskedBatch;
use super::super::masked_network::{Predicted, Randomness, mean_factor};
use crate::network::transformer::kernel::dropout::Dropout;
use crate::random::Placed;

/// What the discriminator's loss is multiplied with.
pub const DISCRIMINATOR_WEIGHT: f64 = 50.0;

/// The losses of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ElectraLoss {
    /// Nats a masked place.
    pub generator: f64,
    /// Nats a real token.
    pub discriminator: f64,
    /// generator + 50 · discriminator.
    pub total: f64,
    /// Share of the masked places whose word is the generator's most probable one.
    pub generator_accuracy: f64,
    /// Share of the real tokens that the discriminator labels correctly.
    pub discriminator_accuracy: f64,
}

/// Where the samples come from.
#[derive(Clone, Copy)]
pub enum Samples<'b> {
    /// Drawn from the generator's predictions.
    Drawn(Placed),
    /// Per sequence and place, given.
    Given(&'b [Vec<u32>]),
}

/// What the sums of both losses over a batch are multiplied with in the total.
#[derive(Clone, Copy)]
pub struct Scales {
    /// 1 / (M + 1e-6).
    pub generator: f64,
    /// 50 / (real tokens + 1e-6).
    pub discriminator: f64,
}

impl Scales {
    /// Of a batch.
    pub fn of(batch: &MaskedBatch) -> Self {
        let tokens = mean_factor(batch.original.real_tokens());
        Self { generator: mean_factor(batch.predicted()), discriminator: DISCRIMINATOR_WEIGHT * tokens }
    }
}

impl Samples<'_> {
    /// What is random in the generator.
    pub fn random(&self, dropout: Dropout, scales: Scales) -> Randomness {
        let samples = if let Self::Drawn(source) = self { Some(*source) } else { None };
        Randomness { dropout, samples, scale: scales.generator }
    }

    /// Those of some sequences, in which the generator drew `seen`.
    pub fn of<'s>(&'s self, sequences: &Range<usize>, seen: &'s Predicted) -> &'s [Vec<u32>] {
        match self {
            Self::Drawn(_) => &seen.samples,
            Self::Given(samples) => &samples[sequences.clone()],
        }
    }
}

impl ElectraLoss {
    /// Adds those of a part of a batch: what the generator predicted, and of the discriminator Σ nll and how many tokens
    /// have the correct label.
    pub fn add(&mut self, batch: &MaskedBatch, seen: &Predicted, (nll, correct): (f64, usize)) {
        let (places, tokens) = (batch.predicted(), batch.original.real_tokens());
        self.generator += mean_factor(places) * seen.loss;
        self.generator_accuracy += seen.correct as f64 / places as f64;
        self.discriminator += mean_factor(tokens) * nll;
        self.discriminator_accuracy += correct as f64 / tokens as f64;
        self.total = self.generator + DISCRIMINATOR_WEIGHT * self.discriminator;
    }
}

/// The original ids of some sequences, [T] each, with samples in the masked places. A place that was drawn twice gets the
/// mean of its samples' ids, rounded down: as published, an unrelated word, unless they are equal.
pub fn corrupt(batch: &MaskedBatch, sequences: Range<usize>, samples: &[Vec<u32>]) -> Vec<Vec<u32>> {
    let one = |(index, samples): (usize, &Vec<u32>)| {
        let mut tokens = batch.original.sequence(index).input.tokens.to_vec();
        let places = &batch.places[index];
        for place in places {
            let drawn = places.iter().zip(samples).filter(|(other, _)| *other == place);
            let sum: u64 = drawn.clone().map(|(_, &sample)| u64::from(sample)).sum();
            tokens[*place] = (sum / drawn.count() as u64) as u32;
        }
        tokens
    };
    sequences.into_par_iter().zip(samples).map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::small::masked;
    use super::corrupt;

    /// The first of the small sequences has places 1, 4 and again 4.
    #[test]
    fn a_place_that_is_drawn_twice_gets_the_mean() {
        let samples = [vec![3, 10, 7], vec![1, 2, 3]];
        let corrupted = corrupt(&masked(), 0..2, &samples);
        assert_eq!(corrupted, [[1, 3, 9, 2, 8, 2], [1, 2, 3, 2, 0, 0]]);
    }
}
