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
pub(super) mod language;
pub(crate) mod prediction_head;
pub(crate) mod trained;
mod transform;

use rayon::prelude::*;

use super::Model;
use crate::Result;
use crate::network::Batch;
use crate::network::transformer::kernel::builder::Builder;
use crate::network::transformer::kernel::in_chunk;
use crate::network::transformer::kernel::linear::Tape;
use crate::network::transformer::kernel::part::SequencePass;
use crate::network::transformer::kernel::sums::{Sequence, Sums};
use crate::network::transformer::{Weights, reduce};
use crate::observation::{Kind, Needs, Observation, Observer};
use crate::progress::Progress;
pub(crate) use assembly::Encoder;
pub(crate) use embeddings::EncoderInput;

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
    let mut sums = Sums::new(&encoder.linears(), needs);
    let passes = if needs.gradient() { 3 } else { 1 };
    progress.expect(passes * encoder.parts.len() * sizes.batch + sums.expected());
    let sequences: Vec<&[u32]> = batch.sequences(sizes.sequence).collect();
    for chunk in sequences.chunks(in_chunk(sizes.sequence)) {
        let run = |tokens: &&[u32]| run(&encoder, tokens, needs, progress);
        sums.add(chunk.par_iter().map(run).collect());
    }
    let lengths: Vec<usize> = sequences.iter().map(|tokens| tokens.len()).collect();
    let states = sums.hidden();
    let mut seen = sums
        .finish(&lengths, needs, progress, |jacobian| reduce::positions(jacobian, [sizes.embedding, sizes.positions]));
    seen.hidden = reduce::hidden(&states, needs, [model.configuration.layers.len(), model.configuration.hidden]);
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
        let mut states = encoder.forward(EncoderInput { tokens, types: &[] }.into(), &mut pass, false, || {}).0;
        states.resize(model.sizes.sequence * model.configuration.hidden, 0.0);
        states
    };
    let sequences: Vec<&[u32]> = batch.sequences(model.sizes.sequence).collect();
    Ok(sequences.par_iter().flat_map_iter(run).collect())
}

/// One sequence; [`Progress`] counts a part of a layer 1 forward and 2 backward.
fn run(encoder: &Encoder, tokens: &[u32], needs: &Needs, progress: &Progress) -> Sequence {
    let (mut pass, mut tape) =
        (SequencePass::observed(Observer::new(needs).with_hidden(needs), tokens.len()), Tape::default());
    let input = EncoderInput { tokens, types: &[] };
    let (hidden, passes) = encoder.forward(input.into(), &mut pass, needs.gradient(), || progress.advance(1));
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
    Sequence { seen, tape }
}
