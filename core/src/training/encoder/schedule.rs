//! Learning rates as functions of the step, so that a run that continues has the rates of one that never stopped.
//!
//! ```text
//! η(s) = η · (1 − s / N) · min(1, s / W)
//! ```
//!
//! for s updates made before, N in all and W of warm-up. Decay and warm-up multiply, so the largest rate is below η,
//! and the first update has rate 0. Source: the published code of ELECTRA (`optimization.py`).

use serde::{Deserialize, Serialize};

/// Linear decay to 0 with a linear warm-up.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinearSchedule {
    /// η.
    pub rate: f64,
    /// W: updates of warm-up; 0 for none.
    pub warm_up: u64,
    /// N: updates in all.
    pub steps: u64,
}

impl LinearSchedule {
    /// So many updates in all, the first tenth of them warm-up.
    #[must_use]
    pub fn over(self, steps: u64) -> Self {
        Self { warm_up: steps / 10, steps, ..self }
    }

    /// The rate of the update after `step` others; 0 from the end on.
    pub fn rate(&self, step: u64) -> f64 {
        let decay = 1.0 - step.min(self.steps) as f64 / self.steps.max(1) as f64;
        let warm_up = if step < self.warm_up { step as f64 / self.warm_up as f64 } else { 1.0 };
        self.rate * decay * warm_up
    }
}

/// The factor of the rate of a weight in fine-tuning, by its depth: d^(n + 2 − depth), with depth 0 of the embeddings
/// and their projection, i + 1 of layer i, and n + 2 of everything else, the head.
///
/// The published runs have n = 12, the layers of ELECTRA's small model, whatever the network has: the top layer of two
/// learns at 0.069 of the rate. With its own number of layers, as meant, it learns at 0.64.
pub fn layer_factor(name: &str, decay: f64, layers: usize) -> f64 {
    let layer = name.strip_prefix("encoder.layer.").and_then(|rest| rest.split('.').next()?.parse::<usize>().ok());
    let top = layers + 2;
    let depth = match layer {
        Some(layer) => layer + 1,
        None if name.starts_with("embeddings") => 0,
        None => top,
    };
    decay.powf(top as f64 - depth as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// η = 1, W = 2, N = 4: 0, (1 − 1/4) / 2, 1 − 2/4, 1 − 3/4, 0.
    #[test]
    fn warm_up_and_decay_multiply() {
        let schedule = LinearSchedule { rate: 1.0, warm_up: 2, steps: 4 };
        assert_eq!([0, 1, 2, 3, 4, 9].map(|step| schedule.rate(step)), [0.0, 0.375, 0.5, 0.25, 0.0, 0.0]);
        assert_eq!(LinearSchedule { warm_up: 0, ..schedule }.rate(0), 1.0);
    }

    /// 0.5^(2 + 2 − depth) with two layers.
    #[test]
    fn lower_layers_learn_slower() {
        let factor = |name| layer_factor(name, 0.5, 2);
        assert_eq!(factor("embeddings.LayerNorm.bias"), 0.0625);
        assert_eq!(factor("embeddings_project.weight"), 0.0625);
        assert_eq!(factor("encoder.layer.0.output.dense.weight"), 0.125);
        assert_eq!(factor("encoder.layer.1.output.dense.weight"), 0.25);
        assert_eq!(factor("head.weight"), 1.0);
        // Above twelve layers the published factor exceeds 1.
        assert_eq!(layer_factor("encoder.layer.14.output.dense.weight", 0.5, 12), 2.0);
    }
}
