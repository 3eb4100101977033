//! What decides the values of a run: kept beside the records, so that a file is never continued with other settings.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use untrained_core::device::Device;
use untrained_core::network::recurrent::Sizes;

use crate::setup::Setup;

/// What decides the values of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    benchmark: String,
    sizes: Sizes,
    seed: u32,
    /// Name of the device.
    device: String,
    /// SHA-256 of the token ids that were read.
    text: String,
}

impl Settings {
    /// The settings of a run.
    pub fn new(benchmark: &str, setup: &Setup, device: &Device) -> Self {
        let mut hash = Sha256::new();
        setup.batch.tokens.iter().for_each(|id| hash.update(id.to_le_bytes()));
        let text = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Self {
            benchmark: benchmark.to_owned(),
            sizes: setup.sizes,
            seed: setup.seed,
            device: device.name().to_owned(),
            text,
        }
    }

    /// The first setting that is another one.
    pub fn difference(&self, other: &Self) -> Option<&'static str> {
        match () {
            () if self.benchmark != other.benchmark => Some("another benchmark"),
            () if self.sizes != other.sizes => Some("other sizes"),
            () if self.seed != other.seed => Some("another seed"),
            () if self.device != other.device => Some("another device"),
            () if self.text != other.text => Some("another text"),
            () => None,
        }
    }
}
