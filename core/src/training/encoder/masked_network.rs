//! An encoder that predicts masked words, on the CPU; and what is random in it and what is found, on any device.

#[cfg(feature = "burn")]
pub mod module;

use std::ops::Range;

use rayon::prelude::*;

use super::masked_batch::MaskedBatch;
use super::shape::EncoderShape;
use crate::Result;
use crate::network::encoder::kernel::prediction_head::{PredictionHead, WORDS};
use crate::network::encoder::kernel::trained::{Forward, TrainedEncoder};
use crate::network::transformer::kernel::builder::Builder;
use crate::network::transformer::kernel::dropout::Dropout;
use crate::network::transformer::kernel::gradients::add_gradients;
use crate::network::transformer::kernel::in_chunk;
use crate::network::transformer::kernel::linear::Tape;
use crate::network::transformer::{Scope, Weights};
use crate::network::vocabulary::Targets;
use crate::random::Placed;

/// Added to the sum of the weights of a mean.
const EPSILON: f64 = 1e-6;

/// An encoder with its head.
pub struct MaskedNetwork<'a> {
    encoder: TrainedEncoder<'a>,
    head: PredictionHead<'a>,
    hidden: usize,
}

/// What is random while sequences are run, and what their losses are multiplied with.
#[derive(Clone, Copy)]
pub struct Randomness {
    /// One for every sequence of the batch by its index.
    pub dropout: Dropout,
    /// Of the samples; none are drawn without.
    pub samples: Option<Placed>,
    /// 1 / (Σ w + 1e-6).
    pub scale: f64,
}

/// Sums over the places of some sequences.
#[derive(Default)]
pub struct Predicted {
    /// Σ nll, nats.
    pub loss: f64,
    /// Places whose word is the most probable one.
    pub correct: usize,
    /// Per sequence and place a word drawn from the prediction.
    pub samples: Vec<Vec<u32>>,
}

impl<'a> MaskedNetwork<'a> {
    /// The network with these weights, and the head `name`.
    pub fn new(shape: &EncoderShape, weights: Scope<'a>, name: &str) -> Result<Self> {
        let encoder = TrainedEncoder::new(&shape.configuration, &mut Builder::new(weights), &shape.sizes)?;
        Ok(Self { encoder, head: PredictionHead::new(weights, name)?, hidden: shape.configuration.hidden })
    }

    /// Runs some sequences of a batch; adds the gradients of scale · Σ nll.
    pub fn run(
        &self,
        batch: &MaskedBatch,
        sequences: Range<usize>,
        random: Randomness,
        gradients: Option<&mut Weights>,
    ) -> Result<Predicted> {
        let trains = gradients.is_some();
        let forward = |index| self.encoder.forward(batch.masked(index), random.dropout.at(index), trains);
        let forwards: Vec<Forward> = sequences.clone().into_par_iter().map(forward).collect();
        let state = |(forward, index): (&Forward, usize)| -> Vec<f32> {
            let places = batch.places[index].iter();
            places.flat_map(|place| &forward.hidden[place * self.hidden..][..self.hidden]).copied().collect()
        };
        let states: Vec<f32> = forwards.iter().zip(sequences.clone()).flat_map(state).collect();
        if states.is_empty() {
            return Ok(Predicted { samples: vec![Vec::new(); sequences.len()], ..Predicted::default() });
        }
        let (z, back) = self.head.forward(states);
        let logits = self.head.words().logits(&z);
        let ids: Vec<u32> = sequences.clone().flat_map(|index| batch.targets(index)).collect();
        let (loss, correct) = logits.loss(&ids);
        let samples = random.samples.map_or_else(Vec::new, |source| {
            let uniforms = uniforms(batch, sequences.clone(), source).into_iter().enumerate();
            by_sequence(batch, sequences.clone(), uniforms.map(|(row, uniform)| logits.sample(row, uniform)))
        });
        if let Some(gradients) = gradients {
            let (of_z, of_logits) = logits.differentiate(Targets { ids: &ids, scale: random.scale });
            of_logits.add_to_table(&mut gradients.get_mut(WORDS)?.values);
            of_logits.add_to_bias(&mut gradients.get_mut(self.head.bias())?.values);
            let mut tape = Tape::trained();
            let of_states = back(of_z, &mut tape);
            add_gradients(gradients, &[self.head.linear()], &[tape]);
            let places = sequences.map(|index| batch.places[index].as_slice());
            self.backward(forwards, places, &of_states, gradients)?;
        }
        Ok(Predicted { loss, correct, samples })
    }

    /// The backward passes of sequences, from the gradients of their states in the given places, [M, H].
    fn backward<'b>(
        &self,
        forwards: Vec<Forward>,
        places: impl Iterator<Item = &'b [usize]>,
        of_states: &[f32],
        gradients: &mut Weights,
    ) -> Result<()> {
        let mut rows = of_states.chunks(self.hidden);
        let upstream = |(forward, places): (&Forward, &[usize])| {
            let mut upstream = vec![0.0; forward.hidden.len()];
            for (place, row) in places.iter().zip(&mut rows) {
                let target = &mut upstream[place * self.hidden..][..self.hidden];
                target.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
            }
            upstream
        };
        let upstream: Vec<Vec<f32>> = forwards.iter().zip(places).map(upstream).collect();
        let pairs = forwards.into_par_iter().zip(upstream);
        let traced = pairs.map(|(forward, upstream)| forward.backward(upstream, Tape::trained())).collect();
        self.encoder.accumulate(gradients, &[], traced)
    }
}

/// The factor of a sum over so many that makes it a mean.
pub fn mean_factor(count: usize) -> f64 {
    1.0 / (count as f64 + EPSILON)
}

/// A uniform number for every place of some sequences; a place that was drawn twice has two.
fn uniforms(batch: &MaskedBatch, sequences: Range<usize>, source: Placed) -> Vec<f64> {
    let of = |index: usize| {
        let (source, places) = (source.at(index as u64), &batch.places[index]);
        let draw = move |(at, place): (usize, &usize)| {
            let before = places[..at].iter().filter(|other| *other == place).count();
            source.uniform((place + before * batch.original.length()) as u32)
        };
        places.iter().enumerate().map(draw)
    };
    sequences.flat_map(of).collect()
}

/// Values of the places of some sequences, sequence by sequence.
fn by_sequence(batch: &MaskedBatch, sequences: Range<usize>, mut values: impl Iterator<Item = u32>) -> Vec<Vec<u32>> {
    sequences.map(|index| values.by_ref().take(batch.places[index].len()).collect()).collect()
}

/// The sequences of a batch in parts that are in memory together.
pub fn chunks(batch: &MaskedBatch) -> impl Iterator<Item = Range<usize>> {
    let (all, size) = (batch.original.sequences(), in_chunk(batch.original.length()));
    (0..all).step_by(size).map(move |first| first..all.min(first + size))
}
