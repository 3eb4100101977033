//! The activations, each with its slope.

use super::gelu::gelu;
use crate::simd::{exp, simd};
use crate::space::decoder::Activation;

/// √(2 / π).
const ROOT: f32 = 0.797_884_6;

/// The factor of the cube in the approximation of GELU.
const CUBE: f32 = 0.044_715;

/// The values of an activation, of any shape; `x` is overwritten with the slopes.
pub fn activate(activation: Activation, x: &mut [f32]) -> Vec<f32> {
    match activation {
        Activation::Gelu => gelu(x),
        Activation::GeluTanh => each(x, gelu_tanh),
        Activation::Relu => each(x, |x| if x > 0.0 { (x, 1.0) } else { (0.0, 0.0) }),
        Activation::Silu => each(x, silu),
    }
}

/// Values, and slopes in the place of `x`.
#[inline(always)]
fn each(x: &mut [f32], of: impl Fn(f32) -> (f32, f32)) -> Vec<f32> {
    let mut values = vec![0.0; x.len()];
    simd(
        #[inline(always)]
        || x.iter_mut().zip(&mut values).for_each(|(x, value)| (*value, *x) = of(*x)),
    );
    values
}

/// x / 2 · (1 + tanh u) with u = √(2 / π) · (x + 0.044715 x³) is x · sigmoid(2 u).
#[inline(always)]
fn gelu_tanh(x: f32) -> (f32, f32) {
    let square = x * x;
    let below = sigmoid(2.0 * ROOT * x * (1.0 + CUBE * square));
    let slope = 2.0 * ROOT * (1.0 + 3.0 * CUBE * square);
    (x * below, below + x * below * (1.0 - below) * slope)
}

#[inline(always)]
fn silu(x: f32) -> (f32, f32) {
    let share = sigmoid(x);
    (x * share, share + x * share * (1.0 - share))
}

#[inline(always)]
fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Formula = fn(f64) -> f64;

    /// The formulas in f64, and their slopes by central differences.
    #[test]
    fn values_and_slopes_are_exact_to_a_few_units_in_the_last_place() {
        let tanh = |x: f64| x / 2.0 * (1.0 + ((2.0 / std::f64::consts::PI).sqrt() * (x + 0.044715 * x.powi(3))).tanh());
        let formulas: [(Activation, Formula); 3] = [
            (Activation::GeluTanh, tanh),
            (Activation::Silu, |x| x / (1.0 + (-x).exp())),
            (Activation::Relu, |x| x.max(0.0)),
        ];
        let points: Vec<f32> = (-450..=450).map(|step| step as f32 * 2e-2 + 1e-3).collect();
        for (activation, formula) in formulas {
            let mut slopes = points.clone();
            let values = activate(activation, &mut slopes);
            for ((&x, value), slope) in points.iter().zip(values).zip(slopes) {
                let x = f64::from(x);
                let expected = (formula(x + 1e-5) - formula(x - 1e-5)) / 2e-5;
                assert!((f64::from(value) - formula(x)).abs() < 1e-6, "{activation:?} {x}: {value}");
                assert!((f64::from(slope) - expected).abs() < 2e-6, "{activation:?} {x}: {slope}");
            }
        }
    }
}
