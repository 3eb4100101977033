//! The encoder on the CPU: sequence by sequence, with hand-written forward and backward passes.
//!
//! What makes it fast: sequences run in parallel, each on one thread, so that the values of a layer stay in its cache;
//! maps that read the same input are one matrix; no gradient is computed that no metric reads. What saves memory:
//! sequences are taken a chunk at a time, observations are reduced as they come, and the gradients of the weights are
//! summed from chunk to chunk.

mod attention;
mod convolution;
mod encoder;
mod feed_forward;
mod gelu;
mod linear;
mod maker;
mod norm;
mod part;
mod seen;
mod softmax;
mod span;
mod transform;

use rayon::prelude::*;

use super::Weights;
use super::reduce::Product;
use super::seen::Seen;
use crate::Result;
use crate::job::EncoderJob;
use crate::probe::transformer::Probe;
use crate::progress::Progress;
use encoder::Encoder;
use linear::{Linear, Tape};

/// Least number of tokens of the sequences in a chunk.
const TOKENS: usize = 4_096;

/// What [`Progress`] counts: a part of a layer 1 forward and 2 backward, the norms of a matrix and of its gradient
/// this.
const NORMS: usize = 2;

/// The observations of one sequence, and its tape.
struct Sequence {
    seen: Seen,
    tape: Tape,
}

/// The observations of all sequences.
struct Sums<'a> {
    /// Per linear map, [out, in].
    gradients: Vec<(&'a Linear<'a>, Vec<f32>)>,
    seen: Seen,
}

/// Runs the untrained encoder once for every metric.
///
/// # Errors
/// [`crate::Error::Weights`] where a weight is missing.
pub fn observe(job: &EncoderJob, weights: &Weights, progress: &Progress) -> Result<Probe> {
    let sizes = &job.sizes;
    let encoder = Encoder::new(&job.configuration, weights, sizes)?;
    let linears = encoder.linears();
    progress.expect(3 * encoder.parts.len() * sizes.batch + NORMS * linears.len());
    let mut sums = Sums::new(&linears);
    let sequences: Vec<&[u32]> = job.sequences().collect();
    for chunk in sequences.chunks(in_chunk(sizes.sequence)) {
        let run = |tokens: &&[u32]| Sequence::run(&encoder, tokens, progress);
        sums.add(chunk.par_iter().map(run).collect());
    }
    let probe = sums.seen.probe(&job.configuration, sizes, &sums.products());
    progress.advance(NORMS * linears.len());
    Ok(probe)
}

/// The last hidden states, [B, T, H]; zeros at padding.
///
/// # Errors
/// [`crate::Error::Weights`] where a weight is missing.
pub fn hidden(job: &EncoderJob, weights: &Weights) -> Result<Vec<f32>> {
    let encoder = Encoder::new(&job.configuration, weights, &job.sizes)?;
    let run = |tokens: &&[u32]| {
        let mut states = encoder.forward(tokens, &mut Seen::default(), || {}).0;
        states.resize(job.sizes.sequence * job.configuration.hidden, 0.0);
        states
    };
    Ok(job.sequences().collect::<Vec<_>>().par_iter().flat_map_iter(run).collect())
}

/// Number of sequences of this length in a chunk.
pub(super) fn in_chunk(length: usize) -> usize {
    TOKENS.div_ceil(length)
}

impl Sequence {
    fn run(encoder: &Encoder, tokens: &[u32], progress: &Progress) -> Self {
        let (mut seen, mut tape) = (Seen { first: tokens.len(), ..Seen::default() }, Tape::default());
        let (hidden, passes) = encoder.forward(tokens, &mut seen, || progress.advance(1));
        seen.nans = [hidden.iter().filter(|value| value.is_nan()).count() as f64; 2];
        let mut upstream = vec![1.0; hidden.len()];
        for backward in passes.into_iter().rev() {
            upstream = backward(upstream, &mut tape);
            progress.advance(2);
        }
        seen.head_gradients = tape.heads.drain(..).rev().flatten().collect();
        seen.jacobian = upstream;
        Self { seen, tape }
    }
}

impl<'a> Sums<'a> {
    fn new(linears: &[&'a Linear<'a>]) -> Self {
        let gradients = linears.iter().map(|&linear| (linear, vec![0.0; linear.shape().iter().product()])).collect();
        Self { gradients, seen: Seen::default() }
    }

    fn add(&mut self, sequences: Vec<Sequence>) {
        let mut tapes = Vec::new();
        for Sequence { seen, tape } in sequences {
            self.seen.add(seen);
            tapes.push(tape);
        }
        self.gradients.par_iter_mut().for_each(|(linear, gradient)| linear.accumulate(gradient, &tapes));
    }

    fn products(&self) -> Vec<Product<'_>> {
        self.gradients.iter().flat_map(|(linear, gradient)| linear.products(gradient)).collect()
    }
}
