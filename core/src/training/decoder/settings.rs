//! How a decoder is trained.

use serde::{Deserialize, Serialize};

use super::schedule::CosineSchedule;
use crate::network::decoder::training::DropoutRates;
use crate::training::{Adam, Clip, Decay};

/// How a decoder is trained.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The optimiser.
    pub adam: Adam,
    /// Its clipping.
    pub clip: Clip,
    /// Learning rates.
    pub schedule: CosineSchedule,
    /// What is dropped.
    pub dropout: DropoutRates,
    /// B: sequences of an update.
    pub batch: usize,
    /// Of the order of the sequences and of dropout.
    pub seed: u32,
}

/// PyTorch's addition to the norm.
const CLIPPED: f64 = 1e-6;

impl Settings {
    /// As successors of GPT-2 are trained: AdamW, decay of matrices, no dropout; the rates are those of small decoders.
    pub const GPT2: Self = Self {
        adam: Adam {
            beta_1: 0.9,
            beta_2: 0.95,
            epsilon: 1e-8,
            decay: 0.1,
            decay_in: Decay::Weights,
            correction: true,
            trust: None,
        },
        clip: Clip { norm: 1.0, epsilon: CLIPPED },
        schedule: CosineSchedule { rate: 1e-3, least: 1e-4, warm_up: u64::MAX, steps: 0 },
        dropout: DropoutRates { hidden: 0.0, attention: 0.0 },
        batch: 16,
        seed: 0,
    };

    /// As the settings of LTS' code for WikiText-103 have it, for 40,000 updates by sequences of 192 tokens: LAMB
    /// without bias correction and decay. Dropout is where GPT-2 has it, also in Transformer-XL.
    pub const LTS: Self = Self {
        adam: Adam {
            beta_1: 0.9,
            beta_2: 0.999,
            epsilon: 1e-6,
            decay: 0.0,
            decay_in: Decay::Weights,
            correction: false,
            trust: Some(10.0),
        },
        clip: Clip { norm: 0.25, epsilon: CLIPPED },
        schedule: CosineSchedule { rate: 1e-2, least: 1e-3, warm_up: 1_000, steps: 0 },
        dropout: DropoutRates { hidden: 0.1, attention: 0.0 },
        batch: 256,
        seed: 42,
    };
}
