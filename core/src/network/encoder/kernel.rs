//! The encoder on the processor: sequence by sequence, forward and back by hand, without a graph of tensors.
//!
//! What makes it fast: sequences run side by side, each on one thread, so that what a layer makes stays near; maps that
//! read the same are one matrix; nothing is made where no gradient is read. What makes it small: sequences are taken a
//! chunk at a time, what they show is reduced as it comes, and the gradients of the weights are summed from chunk to
//! chunk.

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
use linear::{Linear, Trail};

/// Tokens of the sequences that are kept at a time, at least.
const TOKENS: usize = 4_096;

/// What [`Progress`] counts: a part of a layer forward 1, back 2, the norms of a matrix and its gradient.
const NORMS: usize = 2;

/// What a sequence leaves behind.
struct Sequence {
    seen: Seen,
    trail: Trail,
}

/// What all sequences left behind.
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

/// The last hidden states, [B, T, H]; zeros where there is padding.
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

/// Sequences of this length that are kept at a time.
pub(super) fn in_chunk(length: usize) -> usize {
    TOKENS.div_ceil(length)
}

impl Sequence {
    fn run(encoder: &Encoder, tokens: &[u32], progress: &Progress) -> Self {
        let (mut seen, mut trail) = (Seen { first: tokens.len(), ..Seen::default() }, Trail::default());
        let (hidden, backs) = encoder.forward(tokens, &mut seen, || progress.advance(1));
        seen.nans = [hidden.iter().filter(|value| value.is_nan()).count() as f64; 2];
        let mut upstream = vec![1.0; hidden.len()];
        for back in backs.into_iter().rev() {
            upstream = back(upstream, &mut trail);
            progress.advance(2);
        }
        seen.head_gradients = trail.heads.drain(..).rev().flatten().collect();
        seen.jacobian = upstream;
        Self { seen, trail }
    }
}

impl<'a> Sums<'a> {
    fn new(linears: &[&'a Linear<'a>]) -> Self {
        let gradients = linears.iter().map(|&linear| (linear, vec![0.0; linear.shape().iter().product()])).collect();
        Self { gradients, seen: Seen::default() }
    }

    fn add(&mut self, sequences: Vec<Sequence>) {
        let mut trails = Vec::new();
        for Sequence { seen, trail } in sequences {
            self.seen.add(seen);
            trails.push(trail);
        }
        self.gradients.par_iter_mut().for_each(|(linear, gradient)| linear.accumulate(gradient, &trails));
    }

    fn products(&self) -> Vec<Product<'_>> {
        self.gradients.iter().flat_map(|(linear, gradient)| linear.products(gradient)).collect()
    }
}
