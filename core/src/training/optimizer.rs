//! Adam in the forms that the benchmarks were trained with, and clipping by the global norm.
//!
//! With gradient g, rate η and decay λ, for every entry w of a tensor, at update t counted from 1:
//!
//! ```text
//! g = c · g                      c = min(1, C / (‖g‖ + δ)) over all tensors
//! g = g + λ w                    decay in the gradient (L2)
//! m = β₁ m + (1 − β₁) g          v = β₂ v + (1 − β₂) g²
//! w = w − η λ w                  decoupled decay
//! w = w − η m̂ / (√v̂ + ε)         m̂ = m / (1 − β₁ᵗ), v̂ = v / (1 − β₂ᵗ); m and v themselves without correction
//! ```
//!
//! PyTorch's Adam has L2, its AdamW decoupled decay, both with correction; ELECTRA's Adam has decoupled decay and no
//! correction. LAMB takes the step of a whole tensor times its trust ratio, decay with it:
//!
//! ```text
//! w = w − η τ u                  u = m̂ / (√v̂ + ε) + λ w
//! τ = min(‖w‖, M) / (‖u‖ + ε)    1 where either norm is 0
//! ```
//!
//! Source: Kingma and Ba 2015; Loshchilov and Hutter 2019; the published code of ELECTRA; You et al. 2020, with the bound
//! M and the ε of NVIDIA's code.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::simd::simd;

/// Entries that one thread updates at a time; also the parts of a norm, so that it does not depend on the threads.
const SHARE: usize = 65_536;

/// Settings of Adam.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Adam {
    /// β₁, of the mean of the gradients.
    pub beta_1: f64,
    /// β₂, of the mean of their squares.
    pub beta_2: f64,
    /// ε.
    pub epsilon: f64,
    /// λ.
    pub decay: f64,
    /// Where λ w is added.
    pub decay_in: Decay,
    /// Whether m and v are divided by 1 − βᵗ.
    pub correction: bool,
    /// M: the step of a tensor is as long as its weights, which count as no longer than this (LAMB); none for Adam.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust: Option<f64>,
}

/// Where weight decay is added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decay {
    /// To the gradient, before the moments: L2 regularisation.
    Gradient,
    /// To the weights, past the moments.
    Weights,
}

/// Clipping by the norm of all gradients together.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clip {
    /// C: the largest norm.
    pub norm: f64,
    /// δ: added to the norm; PyTorch adds 1e-6, TensorFlow nothing.
    pub epsilon: f64,
}

impl Clip {
    /// c: what gradients of this norm are multiplied with.
    pub fn factor(&self, norm: f64) -> f64 {
        (self.norm / (norm + self.epsilon)).min(1.0)
    }
}

/// The moments of one tensor, as long as it is.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TensorState {
    /// m.
    pub first: Vec<f32>,
    /// v.
    pub second: Vec<f32>,
}

/// One tensor of an update.
#[derive(Debug)]
pub struct Update<'a> {
    /// Its entries.
    pub weights: &'a mut [f32],
    /// Of the loss, as long as the weights; none of a tensor that is not trained.
    pub gradient: Option<&'a [f32]>,
    /// η.
    pub rate: f64,
    /// Whether λ applies to it.
    pub decays: bool,
}

/// An optimiser with its state: all that a checkpoint needs to continue.
#[derive(Debug, Clone, PartialEq)]
pub struct Optimizer {
    adam: Adam,
    clip: Clip,
    /// Per tensor, in the order of the updates; empty of a tensor that was never trained.
    pub states: Vec<TensorState>,
    /// Updates so far.
    pub updates: u64,
}

impl Optimizer {
    /// An optimiser of so many tensors before its first update.
    pub fn new(adam: Adam, clip: Clip, tensors: usize) -> Self {
        Self { adam, clip, states: vec![TensorState::default(); tensors], updates: 0 }
    }

    /// Updates all tensors, which come in the same order each time. Returns the norm of the gradients before clipping.
    pub fn update(&mut self, tensors: Vec<Update>) -> f64 {
        let norm = global_norm(tensors.iter().filter_map(|tensor| tensor.gradient));
        let factor = self.clip.factor(norm);
        self.updates += 1;
        let step = Step::new(&self.adam, self.updates, factor);
        for (Update { weights, gradient, rate, decays }, state) in tensors.into_iter().zip(&mut self.states) {
            let Some(gradient) = gradient else { continue };
            state.first.resize(weights.len(), 0.0);
            state.second.resize(weights.len(), 0.0);
            let decay = if decays { self.adam.decay } else { 0.0 };
            match self.adam.trust {
                None => step.apply_to_all((weights, gradient), state, rate, decay),
                Some(longest) => {
                    // What is taken from zeros is the step itself.
                    let mut change = vec![0.0; weights.len()];
                    step.apply_to_all((&mut change, gradient), state, 1.0, 0.0);
                    change.iter_mut().zip(&*weights).for_each(|(change, weight)| *change -= decay as f32 * weight);
                    let size = (rate * step.trust(longest, weights, &change)) as f32;
                    weights.iter_mut().zip(&change).for_each(|(weight, change)| *weight += size * change);
                }
            }
        }
        norm
    }

    /// The same with moments of 0 for tensors of these lengths, as a checkpoint before the first update has them.
    #[must_use]
    pub fn with_moments(mut self, lengths: impl Iterator<Item = usize>) -> Self {
        let zeros = lengths.map(|length| TensorState { first: vec![0.0; length], second: vec![0.0; length] });
        self.states = zeros.collect();
        self
    }
}

/// What one update has in common for all tensors.
struct Step {
    adam: Adam,
    factor: f32,
    /// 1 − β₁ᵗ; 1 without correction.
    first: f64,
    /// √(1 − β₂ᵗ); 1 without correction.
    second: f64,
}

impl Step {
    fn new(adam: &Adam, update: u64, factor: f64) -> Self {
        let corrected = |beta: f64| if adam.correction { 1.0 - beta.powf(update as f64) } else { 1.0 };
        Self {
            adam: *adam,
            factor: factor as f32,
            first: corrected(adam.beta_1),
            second: corrected(adam.beta_2).sqrt(),
        }
    }

    /// Updates a tensor.
    fn apply_to_all(&self, (weights, gradient): (&mut [f32], &[f32]), state: &mut TensorState, rate: f64, decay: f64) {
        let moments = state.first.par_chunks_mut(SHARE).zip(state.second.par_chunks_mut(SHARE));
        let entries = weights.par_chunks_mut(SHARE).zip(gradient.par_chunks(SHARE));
        entries.zip(moments).for_each(|(entries, moments)| self.apply(entries, moments, rate, decay));
    }

    /// τ of weights and their step.
    fn trust(&self, longest: f64, weights: &[f32], step: &[f32]) -> f64 {
        let [of_weights, of_step] = [weights, step].map(|values| global_norm(std::iter::once(values)));
        if of_weights == 0.0 || of_step == 0.0 {
            return 1.0;
        }
        of_weights.min(longest) / (of_step + self.adam.epsilon)
    }

    /// Updates entries with their gradients and moments.
    fn apply(
        &self,
        (weights, gradient): (&mut [f32], &[f32]),
        (first, second): (&mut [f32], &mut [f32]),
        rate: f64,
        decay: f64,
    ) {
        let Adam { beta_1, beta_2, epsilon, decay_in, .. } = self.adam;
        let (in_gradient, in_weights) = match decay_in {
            Decay::Gradient => (decay as f32, 0.0),
            Decay::Weights => (0.0, (rate * decay) as f32),
        };
        let (keep_first, keep_second) = (beta_1 as f32, beta_2 as f32);
        let (add_first, add_second) = ((1.0 - beta_1) as f32, (1.0 - beta_2) as f32);
        let (size, root, epsilon) = ((rate / self.first) as f32, self.second as f32, epsilon as f32);
        let factor = self.factor;
        simd(
            #[inline(always)]
            || {
                let moments = first.iter_mut().zip(second);
                for ((w, &g), (m, v)) in weights.iter_mut().zip(gradient).zip(moments) {
                    let g = factor * g + in_gradient * *w;
                    *m = keep_first * *m + add_first * g;
                    *v = keep_second * *v + add_second * g * g;
                    *w -= in_weights * *w + size * *m / (v.sqrt() / root + epsilon);
                }
            },
        );
    }
}

/// The norm of all gradients together, summed in f64 in a fixed order.
pub fn global_norm<'a>(gradients: impl Iterator<Item = &'a [f32]>) -> f64 {
    let squares = |part: &[f32]| part.iter().map(|&value| f64::from(value).powi(2)).sum::<f64>();
    let of_tensor = |gradient: &[f32]| {
        let parts: Vec<f64> = gradient.par_chunks(SHARE).map(squares).collect();
        parts.iter().sum::<f64>()
    };
    gradients.map(of_tensor).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADAM: Adam = Adam {
        beta_1: 0.9,
        beta_2: 0.99,
        epsilon: 0.0,
        decay: 0.5,
        decay_in: Decay::Gradient,
        correction: true,
        trust: None,
    };
    const CLIP: Clip = Clip { norm: 5.0, epsilon: 0.0 };

    fn after(adam: Adam, clip: Clip, gradients: &[[f32; 2]]) -> ([f32; 2], f64) {
        let (mut optimizer, mut weights, mut norm) = (Optimizer::new(adam, clip, 2), [2.0, 0.0], 0.0);
        let mut frozen = [7.0];
        for gradient in gradients {
            norm = optimizer.update(vec![
                Update { weights: &mut weights, gradient: Some(gradient), rate: 0.1, decays: true },
                Update { weights: &mut frozen, gradient: None, rate: 0.1, decays: true },
            ]);
        }
        assert_eq!(frozen, [7.0]);
        (weights, norm)
    }

    fn close(found: [f32; 2], expected: [f32; 2]) {
        found.iter().zip(expected).for_each(|(a, b)| assert!((a - b).abs() < 1e-6, "{found:?}, not {expected:?}"));
    }

    /// ‖(6, 8)‖ = 10, so both are halved to (3, 4). The first corrected update of an entry with ε = 0 is η · sign(g):
    /// g = 3 + 0.5 · 2 and 4, so w = (2 − 0.1, −0.1).
    #[test]
    fn the_first_update_has_the_size_of_the_rate() {
        let (weights, norm) = after(ADAM, CLIP, &[[6.0, 8.0]]);
        close(weights, [1.9, -0.1]);
        assert!((norm - 10.0).abs() < 1e-12);
    }

    /// Without correction m = 0.1 g and v = 0.01 g², so m / √v = sign(g); decoupled decay takes 0.1 · 0.5 · 2 more.
    /// A second update with gradients (0, 0): m = 0.09 g, √v = √0.0099 g, so 0.1 · 0.904534 less, and the decay of 1.8.
    #[test]
    fn without_correction_and_with_decoupled_decay() {
        let electra = Adam { decay_in: Decay::Weights, correction: false, ..ADAM };
        close(after(electra, CLIP, &[[3.0, 4.0]]).0, [1.8, -0.1]);
        close(
            after(electra, CLIP, &[[3.0, 4.0], [0.0, 0.0]]).0,
            [1.8 - 0.09 - 0.090_453_4, -0.1 + 0.005 - 0.090_453_4],
        );
    }

    /// w = (2, 0), u = (1, 1) + 0.5 · (2, 0) = (2, 1), so ‖w‖ / ‖u‖ = 2 / √5, with the length of w cut to 1 half of it;
    /// of weights that are all 0 the step is Adam's.
    #[test]
    fn a_trusted_step_is_as_long_as_the_weights() {
        let lamb = |longest| Adam { decay_in: Decay::Weights, trust: Some(longest), ..ADAM };
        let step = 0.1 * 2.0 / 5_f32.sqrt();
        close(after(lamb(10.0), CLIP, &[[3.0, 4.0]]).0, [2.0 - 2.0 * step, -step]);
        close(after(lamb(1.0), CLIP, &[[3.0, 4.0]]).0, [2.0 - step, -step / 2.0]);
        let (mut optimizer, mut zeros) = (Optimizer::new(lamb(10.0), CLIP, 1), [0.0]);
        optimizer.update(vec![Update { weights: &mut zeros, gradient: Some(&[3.0]), rate: 0.1, decays: true }]);
        assert!((zeros[0] + 0.1).abs() < 1e-6, "{zeros:?}");
    }
}
