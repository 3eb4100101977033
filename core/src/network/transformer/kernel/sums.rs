//! What the sequences of a batch show, summed up chunk by chunk.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::linear::{Linear, Tape};
use crate::observation::{Moments, Needs, Observation, Observer, Parameter};
use crate::progress::Progress;

/// What [`Progress`] counts for the numbers of a matrix and of its gradient; a part of a layer is 1 forward.
const NORMS: usize = 2;

/// The observations of one sequence, and its tape.
pub struct Sequence {
    /// What was observed.
    pub seen: Observer,
    /// What the gradients of the weights are computed from.
    pub tape: Tape,
}

/// The observations of all sequences.
pub struct Sums<'a> {
    /// Per linear map whose gradient is read, [out, in].
    gradients: Vec<(&'a Linear<'a>, Vec<f32>)>,
    /// None before the first.
    seen: Option<Observer>,
}

impl<'a> Sums<'a> {
    /// Nothing yet, of those of these maps that are read.
    pub fn new(linears: Vec<&'a Linear<'a>>, needs: &Needs) -> Self {
        let is_read = |linear: &&Linear| {
            linear.parts.iter().any(|part| needs.reads(&part.spec) || needs.reads_of_loss(&part.spec))
        };
        let zeros = |linear: &'a Linear<'a>| (linear, vec![0.0; linear.shape().iter().product()]);
        Self { gradients: linears.into_iter().filter(is_read).map(zeros).collect(), seen: None }
    }

    /// The incoming states of the layers whose are read, [B · T, H], taken out.
    pub fn hidden(&mut self) -> BTreeMap<usize, Vec<f32>> {
        self.seen.as_mut().map(|seen| std::mem::take(&mut seen.hidden)).unwrap_or_default()
    }

    /// What [`Self::finish`] advances the progress by.
    pub fn expected(&self) -> usize {
        NORMS * self.gradients.len()
    }

    /// Adds later sequences.
    pub fn add(&mut self, sequences: Vec<Sequence>) {
        let mut tapes = Vec::new();
        for Sequence { seen, tape } in sequences {
            match &mut self.seen {
                Some(sums) => sums.add_later(seen),
                None => self.seen = Some(seen),
            }
            tapes.push(tape);
        }
        self.gradients.par_iter_mut().for_each(|(linear, gradient)| linear.accumulate(0, gradient, &tapes));
    }

    /// What the metrics read, of so many sequences; `jacobian` makes rows of the gradient of the embeddings.
    pub fn finish(
        self,
        sequences: usize,
        needs: &Needs,
        progress: &Progress,
        jacobian: impl FnOnce(&[f32]) -> Moments,
    ) -> Observation {
        let expected = self.expected();
        let gradients = self.gradients.iter();
        let parameters: Vec<Parameter> = gradients.flat_map(|(linear, gradient)| linear.parameters(gradient)).collect();
        let mut seen = self.seen.unwrap_or_default().finish(sequences, jacobian);
        seen.reduce(needs, &parameters);
        seen.reduce_of_loss(needs, &parameters);
        progress.advance(expected);
        seen
    }
}
