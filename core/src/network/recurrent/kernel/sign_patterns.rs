//! The signs of the activations, as bits.

use faer::Mat;

use super::forward::Trace;
use super::plan::Plan;
use crate::observation::signs;
use crate::simd::simd;

/// Per sample, one bit for every step, layer, activation node and hidden unit: whether the output is above zero.
pub struct SignPatterns {
    bits: Vec<Vec<u64>>,
    /// Number of bits per sample in use; the last 64-bit word of each step may not be full.
    length: usize,
    /// Whether an activation is NaN, which has no sign.
    nan: bool,
}

impl SignPatterns {
    /// Empty patterns of so many samples.
    pub fn new(samples: usize) -> Self {
        Self { bits: vec![Vec::new(); samples], length: 0, nan: false }
    }

    /// Adds the activations of a layer, from a pass that saved them.
    pub fn add(&mut self, plan: &Plan, trace: &Trace) {
        let activations = plan.recipe.nodes().iter().enumerate().filter(|(_, node)| node.operation.is_activation());
        for (node, _) in activations {
            for step in trace.of_node(node).chunks(self.bits.len() * plan.width) {
                self.length += plan.width;
                self.nan |= has_nan(step);
                for (bits, values) in self.bits.iter_mut().zip(step.chunks(plan.width)) {
                    bits.extend(values.chunks(64).map(signs));
                }
            }
        }
    }

    /// [B, B]: the number of bits in which two samples agree, which is Σ c c' + (1 − c)(1 − c)'; all NaN where an
    /// activation is.
    pub fn agreement(&self) -> Mat<f64> {
        let count = self.bits.len();
        if self.nan {
            return Mat::full(count, count, f64::NAN);
        }
        Mat::from_fn(count, count, |i, j| {
            let differing: u32 = self.bits[i].iter().zip(&self.bits[j]).map(|(a, b)| (a ^ b).count_ones()).sum();
            (self.length - differing as usize) as f64
        })
    }
}

/// Whether any value is NaN.
fn has_nan(values: &[f32]) -> bool {
    simd(
        #[inline(always)]
        || values.iter().fold(false, |nan, value| nan | value.is_nan()),
    )
}
