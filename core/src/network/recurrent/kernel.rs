//! The network on the CPU: the recurrence step by step, with hand-written forward and backward passes.
//!
//! What makes it fast: matrices that read the same source are one matrix; the products with the layer's input, and
//! those of the weight gradients, are computed once for all steps, and once for all positions of the same token; a
//! forward pass without a backward pass saves only states; the noised passes run in parallel with the clean one.

mod backward;
mod buffer;
mod distinct_tokens;
mod elementwise;
pub(super) mod forward;
pub(super) mod language;
pub(super) mod panels;
pub(super) mod plan;
mod sign_patterns;
pub(super) mod training;

use rayon::prelude::*;

use super::memory::at_once;
use super::reduce::{Tied, rows_of_samples};
use super::{Model, Sizes, Weights, noised};
use crate::network::Batch;
use crate::observation::{GradientOf, Moments, Needs, Observation};
use crate::progress::Progress;
use backward::Gradients;
use distinct_tokens::DistinctTokens;
use forward::{Input, Pass, Saves, Trace};
use plan::Plan;
use sign_patterns::SignPatterns;
pub use training::{evaluate, gradient};

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
    /// What is computed from the parameters of the cells, from the last layer on.
    parameters: Observation,
}

/// Runs the untrained network once for everything that is needed.
///
/// `weights` must have the first [`Needs::layers`] layers at least, and fit the recipe and the sizes.
pub fn observe(model: &Model, weights: &Weights, batch: &Batch, needs: &Needs, progress: &Progress) -> Observation {
    let sizes = &model.sizes;
    let layers = weights.layers.iter().take(needs.layers(sizes.layers));
    let plans = layers.map(|cell| Plan::new(&model.recipe, cell)).collect();
    let network = Network { plans, weights, batch, tokens: DistinctTokens::new(&batch.tokens), sizes, progress };
    progress.expect(network.steps(needs));
    let embedded = batch.embedded(&weights.embedding, sizes.embedding);
    let pass = |&amplitude: &f64| match amplitude {
        0.0 => network.clean(&embedded, needs),
        _ => network.noised(&embedded, amplitude),
    };
    let mut seen = Observation::default();
    // The clean pass comes first. One pass per thread at a time: more would take more memory and save no time.
    for parallel in needs.passes().chunks(at_once()) {
        let observed: Vec<Observation> = parallel.par_iter().with_max_len(1).map(pass).collect();
        observed.into_iter().for_each(|part| seen.merge(part));
    }
    seen
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
    fn clean(&self, embedded: &[f32], needs: &Needs) -> Observation {
        let mut seen = Observation::default();
        let save = needs.gradient() || needs.signs;
        let (traces, hidden) = self.forward(embedded.to_vec(), Some(&self.tokens), save, needs);
        seen.hidden = hidden;
        if needs.signs {
            let mut patterns = SignPatterns::new(self.sizes.batch);
            self.plans.iter().zip(&traces).for_each(|(plan, trace)| patterns.add(plan, trace));
            seen.agreement = Some(patterns.agreement());
        }
        if needs.gradient() {
            let Backward { jacobian, hidden_saliency, parameters } = self.backward(traces, needs);
            seen.hidden_saliency = Some(hidden_saliency);
            seen.merge(parameters);
            if needs.weight_gradients() {
                let tied = Tied::new(&jacobian, &self.weights.embedding, self.batch, self.sizes.embedding);
                seen.reduce(needs, GradientOf::Output, &[tied.parameter()]);
            }
            if needs.jacobian(0.0) {
                seen.merge(Observation::from_jacobian(0.0, rows_of_samples(&jacobian, self.sizes)));
            }
        }
        seen
    }

    /// A pass on `embedded` [T, B, E] with noise of this amplitude: its Jacobian.
    fn noised(&self, embedded: &[f32], amplitude: f64) -> Observation {
        let input = noised(embedded, self.batch.noise(), self.sizes, amplitude);
        // With noise, equal tokens have different rows.
        let nothing = Needs::default();
        let (traces, _) = self.forward(input, None, true, &nothing);
        Observation::from_jacobian(amplitude, rows_of_samples(&self.backward(traces, &nothing).jacobian, self.sizes))
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
    ) -> (Vec<Trace<'a>>, Vec<Option<Moments>>) {
        let (mut traces, mut hidden): (Vec<Trace>, Vec<Option<Moments>>) = (Vec::new(), Vec::new());
        let reduced = |layer: usize, trace: &Trace| {
            needs.hidden(layer).then(|| Moments::from_columns(trace.incoming(), self.plans[layer - 1].width))
        };
        let mut rows = input;
        for (below, plan) in self.plans.iter().enumerate() {
            if let Some(below) = traces.last() {
                rows = below.outgoing().to_vec();
            }
            let input = Input { rows: std::mem::take(&mut rows), tokens: tokens.filter(|_| below == 0) };
            let saves = if save { Saves::ForGradients } else { Saves::States };
            let pass = Pass { rows: self.sizes.batch, states: &[], saves };
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
    fn backward(&self, traces: Vec<Trace>, needs: &Needs) -> Backward {
        let ones = traces.last().map_or(0, |trace| trace.outgoing().len());
        let parameters = Observation::default();
        let mut back = Backward { jacobian: vec![1.0; ones], hidden_saliency: 0.0, parameters };
        for (layer, (plan, trace)) in self.plans.iter().zip(&traces).enumerate().rev() {
            let gradients = Gradients::run(plan, trace, &back.jacobian, needs.weight_gradients(), self.progress);
            back.hidden_saliency += gradients.hidden_saliency;
            gradients.parameters(layer, needs, &mut |parameter| {
                back.parameters.reduce(needs, GradientOf::Output, &[*parameter]);
            });
            back.jacobian = gradients.input();
        }
        back
    }
}
