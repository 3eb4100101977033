//! Learning rates as a function of the step, so that a run that continues has the rates of one that never stopped.
//!
//! ```text
//! η(s) = η (s + 1) / W                                  for s < W
//! η(s) = η₀ + (η − η₀) (1 + cos(π (s − W) / (N − W))) / 2    from there on
//! ```
//!
//! for s updates made before, N in all and W of warm-up. Source: Loshchilov and Hutter 2017; with a linear warm-up as
//! GPT-2's successors were trained. The published code of LTS sets a rate of the warm-up one update later.

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

/// Half a cosine with a linear warm-up.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CosineSchedule {
    /// η: the highest rate.
    pub rate: f64,
    /// η₀: the rate at the end.
    pub least: f64,
    /// W: updates of warm-up; 0 for none.
    pub warm_up: u64,
    /// N: updates in all.
    pub steps: u64,
}

impl CosineSchedule {
    /// So many updates in all, at most a tenth of them warm-up.
    #[must_use]
    pub fn over(self, steps: u64) -> Self {
        Self { warm_up: self.warm_up.min(steps / 10), steps, ..self }
    }

    /// The rate of the update after `step` others; the least from the end on.
    pub fn rate(&self, step: u64) -> f64 {
        let Self { rate, least, warm_up, steps } = *self;
        if step < warm_up {
            return rate * (step + 1) as f64 / warm_up as f64;
        }
        let (done, all) = (step - warm_up, steps.saturating_sub(warm_up));
        let share = if done < all { done as f64 / all as f64 } else { 1.0 };
        least + (rate - least) * (1.0 + (PI * share).cos()) / 2.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// η = 4, η₀ = 2, W = 2, N = 6: 2, 4, then 2 + (1 + cos(k π / 4)) with a half at k = 2, and 2 from the end on.
    #[test]
    fn a_warm_up_and_half_a_cosine() {
        let schedule = CosineSchedule { rate: 4.0, least: 2.0, warm_up: 2, steps: 6 };
        let rates = [0, 1, 2, 4, 6, 9].map(|step| (1e9 * schedule.rate(step)).round() / 1e9);
        assert_eq!(rates, [2.0, 4.0, 4.0, 3.0, 2.0, 2.0]);
        assert_eq!(schedule.over(50), CosineSchedule { steps: 50, ..schedule });
        assert_eq!(schedule.over(10).warm_up, 1);
    }
}
