//! The encoder on the CPU: sequence by sequence, with hand-written forward and backward passes.
//!
//! What makes it fast: sequences run in parallel, each on one thread, so that the values of a layer stay in its cache;
//! maps that read the same input are one matrix; no gradient is computed that no metric reads. What saves memory:
//! sequences are taken a chunk at a time, observations are reduced as they come, and the gradients of the weights are
//! summed from chunk to chunk.

mod assembly;
mod convolution;
mod dynamic_convolution;
pub(super) mod embeddings;
pub(crate) mod trained;
mod transform;

use rayon::prelude::*;

use super::Model;
use super::reduce::positions;
use crate::Result;
use crate::network::Batch;
use crate::network::transformer::Weights;
use crate::network::transformer::kernel::builder::Builder;
use crate::network::transformer::kernel::in_chunk;
use crate::network::transformer::kernel::linear::{Linear, Tape};
use crate::network::transformer::kernel::part::SequencePass;
use crate::observation::{Kind, Needs, Observation, Observer, Parameter};
use crate::progress::Progress;
pub(crate) use assembly::Encoder;
pub(crate) use embeddings::EncoderInput;

/// What [`Progress`] counts: a part of a layer 1 forward and 2 backward, the numbers of a matrix and of its gradient
/// this.
const NORMS: usize = 2;

/// The observations of one sequence, and its tape.
struct Sequence {
    seen: Observer,
    tape: Tape,
}

/// The observations of all sequences.
struct Sums<'a> {
    /// Per linear map whose gradient is read, [out, in].
    gradients: Vec<(&'a Linear<'a>, Vec<f32>)>,
    /// None before the first.
    seen: Option<Observer>,
}

/// Runs the untrained encoder once for everything that is needed.
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
    let sizes = &model.sizes;
    let encoder = Encoder::new(&model.configuration, &mut Builder::new(weights.into()), sizes)?;
    let is_read = |linear: &&Linear| linear.parts.iter().any(|part| needs.reads(&part.spec));
    let linears: Vec<&Linear> = encoder.linears().into_iter().filter(is_read).collect();
    let passes = if needs.gradient() { 3 } else { 1 };
    progress.expect(passes * encoder.parts.len() * sizes.batch + NORMS * linears.len());
    let mut sums = Sums::new(&linears);
    let sequences: Vec<&[u32]> = batch.sequences(sizes.sequence).collect();
    for chunk in sequences.chunks(in_chunk(sizes.sequence)) {
        let run = |tokens: &&[u32]| Sequence::run(&encoder, tokens, needs, progress);
        sums.add(chunk.par_iter().map(run).collect());
    }
    let Sums { gradients, seen } = sums;
    let parameters: Vec<Parameter> =
        gradients.iter().flat_map(|(linear, gradient)| linear.parameters(gradient)).collect();
    let mut seen = seen.unwrap_or_default().finish(sizes.batch, |jacobian| positions(jacobian, sizes));
    seen.reduce(needs, &parameters);
    progress.advance(NORMS * linears.len());
    Ok(seen)
}

/// The last hidden states, [B, T, H]; zeros at padding.
///
/// # Errors
/// [`crate::Error::Weights`] where a weight is missing.
pub fn hidden(model: &Model, weights: &Weights, batch: &Batch) -> Result<Vec<f32>> {
    let encoder = Encoder::new(&model.configuration, &mut Builder::new(weights.into()), &model.sizes)?;
    let run = |tokens: &&[u32]| {
        let mut pass = SequencePass::observed(Observer::default(), tokens.len());
        let mut states = encoder.forward(EncoderInput { tokens, types: &[] }, &mut pass, false, || {}).0;
        states.resize(model.sizes.sequence * model.configuration.hidden, 0.0);
        states
    };
    let sequences: Vec<&[u32]> = batch.sequences(model.sizes.sequence).collect();
    Ok(sequences.par_iter().flat_map_iter(run).collect())
}

impl Sequence {
    fn run(encoder: &Encoder, tokens: &[u32], needs: &Needs, progress: &Progress) -> Self {
        let (mut pass, mut tape) = (SequencePass::observed(Observer::new(needs), tokens.len()), Tape::default());
        let input = EncoderInput { tokens, types: &[] };
        let (hidden, passes) = encoder.forward(input, &mut pass, needs.gradient(), || progress.advance(1));
        let mut seen = pass.seen;
        seen.nans = [hidden.iter().filter(|value| value.is_nan()).count() as f64; 2];
        let mut upstream = vec![1.0; if passes.is_empty() { 0 } else { hidden.len() }];
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
        Self { seen, tape }
    }
}

impl<'a> Sums<'a> {
    fn new(linears: &[&'a Linear<'a>]) -> Self {
        let gradients = linears.iter().map(|&linear| (linear, vec![0.0; linear.shape().iter().product()])).collect();
        Self { gradients, seen: None }
    }

    fn add(&mut self, sequences: Vec<Sequence>) {
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
}
