//! A map and its activation, which is multiplied with a second map of the same input where it is a gate.

use super::activation::activate;
use super::linear::{Linear, Tape};
use super::part::{Backward, Part, SequencePass};
use crate::space::decoder::Activation;

/// f(x W₁ᵀ + b₁), or f(x W₁ᵀ + b₁) · (x W₂ᵀ + b₂).
pub struct Activated<'a> {
    /// The map; gate and second map as one where there are two.
    pub linear: Linear<'a>,
    /// f.
    pub activation: Activation,
}

impl Part for Activated<'_> {
    fn forward(&self, x: Vec<f32>, pass: &mut SequencePass) -> (Vec<f32>, Backward<'_>) {
        let mapped = self.linear.forward(&x);
        pass.show(&self.linear, &mapped);
        let (mut slopes, factors) = self.split(mapped);
        pass.seen.activated(&slopes);
        let values = activate(self.activation, &mut slopes);
        pass.activation(&self.linear, &values);
        let mut out = values.clone();
        if let Some(factors) = &factors {
            multiply_by(&mut out, factors);
        }
        let back = move |upstream: Vec<f32>, tape: &mut Tape| {
            let mut gradient = upstream;
            if let Some(factors) = factors {
                let mut of_factors = gradient.clone();
                multiply_by(&mut of_factors, &values);
                multiply_by(&mut gradient, &factors);
                multiply_by(&mut gradient, &slopes);
                gradient = self.join(&gradient, &of_factors);
            } else {
                multiply_by(&mut gradient, &slopes);
            }
            let back = self.linear.backward(&gradient);
            tape.save(&self.linear, x, gradient);
            back
        };
        (out, Box::new(back))
    }

    fn linears(&self) -> Vec<&Linear<'_>> {
        vec![&self.linear]
    }
}

impl Activated<'_> {
    /// Width of each map.
    fn width(&self) -> usize {
        self.linear.output() / self.linear.parts.len()
    }

    /// What is activated and what it is multiplied with, from the joined maps [T, out].
    fn split(&self, mapped: Vec<f32>) -> (Vec<f32>, Option<Vec<f32>>) {
        if self.linear.parts.len() == 1 {
            return (mapped, None);
        }
        let width = self.width();
        let half =
            |first: usize| mapped.chunks(2 * width).flat_map(|token| &token[first..][..width]).copied().collect();
        (half(0), Some(half(width)))
    }

    /// [T, 2 · width], from two of [T, width].
    fn join(&self, first: &[f32], second: &[f32]) -> Vec<f32> {
        let tokens = first.chunks(self.width()).zip(second.chunks(self.width()));
        tokens.flat_map(|(first, second)| first.iter().chain(second)).copied().collect()
    }
}

/// Multiplies values, entry by entry.
fn multiply_by(values: &mut [f32], factors: &[f32]) {
    values.iter_mut().zip(factors).for_each(|(value, factor)| *value *= factor);
}
