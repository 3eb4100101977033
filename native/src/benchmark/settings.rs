//! What decides the values of a run: kept beside the records, so that a file is never continued with other settings.

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use untrained_core::device::Device;
use untrained_core::network::recurrent::Sizes;

use crate::outcome::{Usage, unusable};
use crate::output;
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

    /// The settings beside a file of records, where there are any.
    ///
    /// # Errors
    /// One sentence with the path.
    pub fn read(records: &Path) -> anyhow::Result<Option<Self>> {
        let path = beside(records);
        let text = match std::fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            read => read.map_err(|error| unusable("settings", &path, &error))?,
        };
        let read = serde_json::from_str(&text);
        Ok(Some(read.map_err(|error| Usage(format!("settings {}: {error}", path.display())))?))
    }

    /// Writes the settings beside a file of records.
    ///
    /// # Errors
    /// One sentence with the path.
    pub fn write(&self, records: &Path) -> anyhow::Result<()> {
        output::write(&beside(records), &serde_json::to_string(self)?)
    }
}

fn beside(records: &Path) -> PathBuf {
    records.with_added_extension("settings")
}
