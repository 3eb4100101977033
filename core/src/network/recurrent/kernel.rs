//! The network on the CPU: the recurrence step by step, with hand-written forward and backward passes.
//!
//! What makes it fast: matrices that read the same source are one matrix; the products with the layer's input, and
//! those of the weight gradients, are computed once for all steps, and once for all positions of the same token; a
//! forward pass without a backward pass saves only states; the noised passes run in parallel with the clean one.

mod backward;
mod buffer;
mod codes;
mod elementwise;
mod forward;
mod panels;
mod plan;
mod words;

pub(super) use panels::bytes as panels;
pub(super) use plan::reads_again;

use rayon::prelude::*;

use super::reduce::{rows_of_samples, tied_saliency};
use super::{Batch, Sizes, Weights, noised};
use crate::job::Job;
use crate::probe::{Needs, Probe, Rows};
use crate::progress::Progress;
use backward::Gradients;
use codes::SignPatterns;
use forward::{Input, Pass, Trace};
use plan::Plan;
use words::DistinctTokens;

/// A network ready to be observed.
struct Network<'a> {
    plans: Vec<Plan<'a>>,
    weights: &'a Weights,
    batch: &'a Batch,
    tokens: DistinctTokens,
    sizes: &'a Sizes,
    progress: &'a Progress<'a>,
}

/// Results of a backward pass through all layers.
struct Backward {
    /// [T, B, E].
    jacobian: Vec<f32>,
    hidden_saliency: f64,
    /// Σ |w · dw| of the cells; 0 where the weights' gradients were not computed.
    saliency: f64,
}

/// Runs the untrained network once for everything that is needed.
///
/// `weights` must have the first [`Needs::layers`] layers at least, and fit the job's recipe and sizes.
pub fn observe(job: &Job, weights: &Weights, needs: &Needs, progress: &Progress) -> Probe {
    let (batch, sizes) = (job.batch.as_ref(), &job.sizes);
    let layers = weights.layers.iter().take(needs.layers(sizes.layers));
    let plans = layers.map(|cell| Plan::new(&job.recipe, cell)).collect();
    let network = Network { plans, weights, batch, tokens: DistinctTokens::new(&batch.tokens), sizes, progress };
    progress.expect(network.steps(needs));
    let embedded = batch.embedded(&weights.embedding, sizes.embedding);
    let pass = |&amplitude: &f64| match amplitude {
        0.0 => network.clean(&embedded, needs),
        _ => network.noised(&embedded, amplitude),
    };
    let mut probe = Probe::default();
    // The clean pass comes first. One pass per thread at a time: more would take more memory and save no time.
    for parallel in needs.passes().chunks(at_once()) {
        let observed: Vec<Probe> = parallel.par_iter().with_max_len(1).map(pass).collect();
        observed.into_iter().for_each(|part| probe.merge(part));
    }
    probe
}

/// Largest number of passes that run in parallel.
pub(super) fn at_once() -> usize {
    rayon::current_num_threads()
}

impl Network<'_> {
    /// Steps of all layers in all passes, as [`Progress`] counts them: 1 forward and 2 backward.
    fn steps(&self, needs: &Needs) -> usize {
        let passes = needs.passes();
        let noised = passes.iter().filter(|amplitude| **amplitude != 0.0).count();
        let clean = if needs.gradient() { 3 } else { passes.len() - noised };
        self.sizes.steps * self.plans.len() * (clean + 3 * noised)
    }

    /// The pass without noise on `embedded` [T, B, E]: hidden states, signs, and where a gradient is needed the
    /// Jacobian and both saliencies.
    fn clean(&self, embedded: &[f32], needs: &Needs) -> Probe {
        let mut probe = Probe::default();
        let save = needs.gradient() || needs.agreement;
        let (traces, hidden) = self.forward(embedded.to_vec(), Some(&self.tokens), save, needs);
        probe.hidden = hidden;
        if needs.agreement {
            let mut patterns = SignPatterns::new(self.sizes.batch);
            self.plans.iter().zip(&traces).for_each(|(plan, trace)| patterns.add(plan, trace));
            probe.agreement = Some(patterns.agreement());
        }
        if needs.gradient() {
            let backward = self.backward(traces, needs.weight_gradients);
            probe.hidden_saliency = Some(backward.hidden_saliency);
            probe.saliency = needs.weight_gradients.then(|| {
                let tied = tied_saliency(&backward.jacobian, &self.weights.embedding, self.batch, self.sizes.embedding);
                backward.saliency + tied
            });
            if needs.jacobian(0.0) {
                probe.merge(Probe::from_jacobian(0.0, rows_of_samples(&backward.jacobian, self.sizes)));
            }
        }
        probe
    }

    /// A pass on `embedded` [T, B, E] with noise of this amplitude: its Jacobian.
    fn noised(&self, embedded: &[f32], amplitude: f64) -> Probe {
        let input = noised(embedded, self.batch.noise(), self.sizes, amplitude);
        // With noise, equal tokens have different rows.
        let (traces, _) = self.forward(input, None, true, &Needs::default());
        Probe::from_jacobian(amplitude, rows_of_samples(&self.backward(traces, false).jacobian, self.sizes))
    }

    /// Runs all layers on an input [T, B, E]; `tokens` is given where a row depends only on its token, not on its
    /// position. The hidden states of a layer are reduced while the next one runs. Without `save` a layer's values are
    /// freed after that.
    fn forward<'a>(
        &'a self,
        input: Vec<f32>,
        tokens: Option<&'a DistinctTokens>,
        save: bool,
        needs: &Needs,
    ) -> (Vec<Trace<'a>>, Vec<Option<Rows>>) {
        let (mut traces, mut hidden): (Vec<Trace>, Vec<Option<Rows>>) = (Vec::new(), Vec::new());
        let reduced = |layer: usize, trace: &Trace| {
            needs.hidden(layer).then(|| Rows::from_columns(trace.incoming(), self.plans[layer - 1].width))
        };
        let mut rows = input;
        for (below, plan) in self.plans.iter().enumerate() {
            if let Some(below) = traces.last() {
                rows = below.outgoing().to_vec();
            }
            let input = Input { rows: std::mem::take(&mut rows), tokens: tokens.filter(|_| below == 0) };
            let pass = Pass { rows: self.sizes.batch, save };
            let (trace, reduced_below) = rayon::join(
                || Trace::run(plan, input, pass, self.progress),
                || traces.last().map(|trace| reduced(below, trace)),
            );
            if !save {
                traces.clear();
            }
            traces.push(trace);
            hidden.extend(reduced_below);
        }
        hidden.extend(traces.last().map(|trace| reduced(self.plans.len(), trace)));
        (traces, hidden)
    }

    /// The gradient of the sum of all outputs. The values of the layers are freed together at the end, so that peak
    /// memory does not depend on how far the parallel passes are.
    #[expect(clippy::needless_pass_by_value, reason = "frees the traces")]
    fn backward(&self, traces: Vec<Trace>, weights: bool) -> Backward {
        let ones = traces.last().map_or(0, |trace| trace.outgoing().len());
        let mut result = Backward { jacobian: vec![1.0; ones], hidden_saliency: 0.0, saliency: 0.0 };
        for (plan, trace) in self.plans.iter().zip(&traces).rev() {
            let gradients = Gradients::run(plan, trace, &result.jacobian, weights, self.progress);
            result.hidden_saliency += gradients.hidden_saliency;
            result.saliency += if weights { gradients.saliency() } else { 0.0 };
            result.jacobian = gradients.input();
        }
        result
    }
}
