//! The operations without weights, entry by entry, and their gradients. Arrays may have any shape, the same for all
//! arguments of a function.
//!
//! The two transcendental functions are written without branches, so that the compiler computes many entries at a time.
//! Both are within a relative 2e-7 of the exact value, where it is not below the smallest normal number.

use crate::network::wide::{exp, wide};
use crate::space::recurrent::Operation;

/// out = activation(values).
pub fn activate(operation: Operation, values: &[f32], out: &mut [f32]) {
    match operation {
        Operation::Tanh => map(values, out, tanh),
        Operation::Sigmoid => map(values, out, |v| 1.0 / (1.0 + exp(-v))),
        _ => map(values, out, |v| if v > 0.0 { v } else { Operation::LEAK * v }),
    }
}

/// gradient += upstream · activation'(v), from the activation's output alone.
pub fn activate_backward(operation: Operation, out: &[f32], upstream: &[f32], gradient: &mut [f32]) {
    match operation {
        Operation::Tanh => add_product(gradient, upstream, out, |y| 1.0 - y * y),
        Operation::Sigmoid => add_product(gradient, upstream, out, |y| y * (1.0 - y)),
        _ => add_product(gradient, upstream, out, |y| if y > 0.0 { 1.0 } else { Operation::LEAK }),
    }
}

/// gradient += a · f(b), entry by entry.
pub fn add_product(gradient: &mut [f32], a: &[f32], b: &[f32], f: impl Fn(f32) -> f32) {
    wide(
        #[inline(always)]
        || gradient.iter_mut().zip(a).zip(b).for_each(|((gradient, &a), &b)| *gradient += a * f(b)),
    );
}

/// out += values.
pub fn add(out: &mut [f32], values: &[f32]) {
    wide(
        #[inline(always)]
        || out.iter_mut().zip(values).for_each(|(out, value)| *out += value),
    );
}

/// out *= values.
pub fn multiply(out: &mut [f32], values: &[f32]) {
    wide(
        #[inline(always)]
        || out.iter_mut().zip(values).for_each(|(out, value)| *out *= value),
    );
}

/// out = z · a + (1 − z) · b, inputs in this order.
pub fn blend(out: &mut [f32], z: &[f32], a: &[f32], b: &[f32]) {
    wide(
        #[inline(always)]
        || out.iter_mut().zip(z).zip(a.iter().zip(b)).for_each(|((out, &z), (&a, &b))| *out = z * a + (1.0 - z) * b),
    );
}

#[inline(always)]
fn map(values: &[f32], out: &mut [f32], function: impl Fn(f32) -> f32) {
    wide(
        #[inline(always)]
        || out.iter_mut().zip(values).for_each(|(out, &value)| *out = function(value)),
    );
}

/// tanh v: an odd polynomial of Cephes (`tanhf`) below 0.625, 1 − 2 / (e^2v + 1) above.
#[inline(always)]
fn tanh(v: f32) -> f32 {
    let size = v.abs();
    let square = v * v;
    let p = -5.704_988_7e-3;
    let p = p * square + 2.063_909e-2;
    let p = p * square - 5.373_971_6e-2;
    let p = p * square + 1.333_144_2e-1;
    let p = p * square - 3.333_328e-1;
    let small = p * square * v + v;
    let large = (1.0 - 2.0 / (exp(2.0 * size) + 1.0)).copysign(v);
    if size < 0.625 { small } else { large }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(operation: Operation, values: &[f32]) -> Vec<f32> {
        let mut out = vec![0.0; values.len()];
        activate(operation, values, &mut out);
        out
    }

    #[test]
    fn activations_are_exact_to_three_units_in_the_last_place() {
        let values: Vec<f32> = (-40_000..=40_000).map(|i| i as f32 * 5e-4).collect();
        for (operation, exact) in
            [(Operation::Tanh, f64::tanh as fn(f64) -> f64), (Operation::Sigmoid, |v| 1.0 / (1.0 + (-v).exp()))]
        {
            for (&v, &y) in values.iter().zip(&applied(operation, &values)) {
                let exact = exact(f64::from(v));
                assert!((f64::from(y) - exact).abs() <= 3.6e-7 * exact.abs(), "{operation:?}({v}) = {y}, not {exact}");
            }
        }
    }

    #[test]
    fn extreme_values_saturate() {
        let extreme = [-1e30, -200.0, 0.0, 200.0, 1e30];
        assert_eq!(applied(Operation::Tanh, &extreme), [-1.0, -1.0, 0.0, 1.0, 1.0]);
        let sigmoid = applied(Operation::Sigmoid, &extreme);
        assert!(sigmoid[0] < 1e-37 && sigmoid[2] == 0.5 && sigmoid[4] == 1.0, "{sigmoid:?}");
        assert_eq!(applied(Operation::LeakyRelu, &[-2.0, 3.0]), [-0.02, 3.0]);
    }
}
