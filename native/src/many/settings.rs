//! What decides the values of a run: kept beside the records, so that a file is never continued with other settings.

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use untrained_core::device::Device;
use untrained_core::digest::tokens;
use untrained_core::network::recurrent::Sizes;

use crate::outcome::{damaged, unusable};
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
    /// Names of further devices, where the records of several were merged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    other_devices: Vec<String>,
    /// SHA-256 of the token ids that were read.
    text: String,
}

impl Settings {
    /// The settings of a run.
    pub fn new(benchmark: &str, setup: &Setup, device: &Device) -> Self {
        Self {
            benchmark: benchmark.to_owned(),
            sizes: setup.sizes,
            seed: setup.seed,
            device: device.name().to_owned(),
            other_devices: Vec::new(),
            text: tokens(&setup.batch.tokens),
        }
    }

    /// The first setting that is another one, whatever the device.
    pub fn difference(&self, other: &Self) -> Option<&'static str> {
        let differences = [
            (self.benchmark != other.benchmark, "another benchmark"),
            (self.sizes != other.sizes, "other sizes"),
            (self.seed != other.seed, "another seed"),
            (self.text != other.text, "another text"),
        ];
        differences.into_iter().find_map(|(differs, what)| differs.then_some(what))
    }

    /// That records on this device were not part of a file so far.
    pub fn device_difference(&self, begun: &Self) -> Option<&'static str> {
        (!self.devices().all(|device| begun.devices().any(|known| known == device))).then_some("another device")
    }

    /// Names of all devices.
    fn devices(&self) -> impl Iterator<Item = &String> {
        std::iter::once(&self.device).chain(&self.other_devices)
    }

    /// The same with the devices of `other`, too.
    pub fn with_devices(mut self, other: &Self) -> Self {
        for device in other.devices() {
            if !self.devices().any(|known| known == device) {
                self.other_devices.push(device.clone());
            }
        }
        self
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
        Ok(Some(read.map_err(|error| damaged("settings", &path, &error))?))
    }

    /// Writes the settings beside a file of records.
    ///
    /// # Errors
    /// One sentence with the path.
    pub fn write(&self, records: &Path) -> anyhow::Result<()> {
        output::write(&beside(records), &serde_json::to_string(self)?)
    }
}

impl Settings {
    /// Of which benchmark the architectures are.
    pub fn benchmark(&self) -> &str {
        &self.benchmark
    }

    /// Takes away settings that no longer tell how a file was made.
    ///
    /// # Errors
    /// One sentence with the path.
    pub fn forget(records: &Path) -> anyhow::Result<()> {
        let path = beside(records);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(unusable("settings", &path, &error)),
            _ => Ok(()),
        }
    }
}

fn beside(records: &Path) -> PathBuf {
    records.with_added_extension("settings")
}
