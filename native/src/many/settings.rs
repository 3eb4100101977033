//! What decides the values of a run: saved next to its records, so that a file is never continued with other settings.

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use untrained_core::device::Device;
use untrained_core::digest;
use untrained_core::job::Job;

use crate::input::damaged;
use crate::outcome::unusable;
use crate::output;

/// The benchmark that the architectures are of.
const BENCHMARK: &str = "benchmark";

/// Settings whose difference has a name of its own; the first one that differs is named.
const NAMED: [(&str, &str); 9] = [
    (BENCHMARK, "another benchmark"),
    ("architecture", "another architecture"),
    ("recipes", "other recipes"),
    ("version", "another version of this program"),
    ("training", "other settings of training"),
    ("sizes", "other sizes"),
    ("seed", "another seed"),
    ("as_published", "another choice of --as-published"),
    ("text", "another text"),
];

/// What decides the values of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Name of the device.
    device: String,
    /// Names of further devices, where the records of several were merged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    other_devices: Vec<String>,
    /// Everything else, by name. Nothing here knows what it means, so a setting that only another version writes is
    /// compared, too.
    #[serde(flatten)]
    further: Map<String, Value>,
}

impl Settings {
    /// The settings of all jobs that differ from this one in the architecture alone. What does not apply is left out;
    /// the text is the SHA-256 of the token ids.
    pub fn of(job: &Job, device: &Device) -> Self {
        let subject = job.subject();
        let further = [
            (BENCHMARK, json!(subject.origin.benchmark)),
            ("sizes", json!(subject.origin.sizes)),
            ("seed", json!(subject.seed)),
            ("as_published", json!(subject.origin.as_published)),
            ("text", json!(digest::tokens(&job.batch.tokens))),
        ];
        let applies = further.into_iter().filter(|(_, value)| !value.is_null());
        Self {
            device: device.name().to_owned(),
            other_devices: Vec::new(),
            further: applies.map(|(name, value)| (name.to_owned(), value)).collect(),
        }
    }

    /// The same with one more setting.
    #[must_use]
    pub fn with(mut self, name: &str, value: String) -> Self {
        self.further.insert(name.to_owned(), Value::String(value));
        self
    }

    /// These settings on a device, by name.
    pub fn from_named(device: &str, further: Map<String, Value>) -> Self {
        Self { device: device.to_owned(), other_devices: Vec::new(), further }
    }

    /// The first setting that is another one, whatever the device.
    pub fn difference(&self, other: &Self) -> Option<String> {
        let differs = |name: &str| self.further.get(name) != other.further.get(name);
        if let Some((_, what)) = NAMED.iter().find(|(name, _)| differs(name)) {
            return Some((*what).to_owned());
        }
        let mut names = self.further.keys().chain(other.further.keys());
        names.find(|name| differs(name)).map(|name| format!("another setting '{name}'"))
    }

    /// That records on this device were not part of a file so far.
    pub fn device_difference(&self, begun: &Self) -> Option<String> {
        let known = self.devices().all(|device| begun.devices().any(|known| known == device));
        (!known).then(|| "another device".to_owned())
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

    /// Of which benchmark the architectures are, where they are of one.
    pub fn benchmark(&self) -> Option<&str> {
        self.further.get(BENCHMARK)?.as_str()
    }

    /// The settings next to a file of records, where there are any.
    ///
    /// # Errors
    /// One sentence with the path.
    pub fn read(records: &Path) -> anyhow::Result<Option<Self>> {
        let path = next_to(records);
        let text = match std::fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            read => read.map_err(|error| unusable("settings", &path, &error))?,
        };
        let read = serde_json::from_str(&text);
        Ok(Some(read.map_err(|error| damaged("settings", &path, &error))?))
    }

    /// Writes the settings next to a file of records.
    ///
    /// # Errors
    /// One sentence with the path.
    pub fn write(&self, records: &Path) -> anyhow::Result<()> {
        output::write(&next_to(records), &serde_json::to_string(self)?)
    }

    /// Removes settings that no longer say how a file was computed.
    ///
    /// # Errors
    /// One sentence with the path.
    pub fn forget(records: &Path) -> anyhow::Result<()> {
        let path = next_to(records);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(unusable("settings", &path, &error)),
            _ => Ok(()),
        }
    }
}

fn next_to(records: &Path) -> PathBuf {
    records.with_added_extension("settings")
}

#[cfg(test)]
mod tests {
    use untrained_core::devices;
    use untrained_core::job::Job;
    use untrained_core::task::Task;

    use super::Settings;

    /// As they were written before encoders had runs.
    const CELLS: &str = "{\"benchmark\":\"nas-bench-nlp\",\"sizes\":{\"vocabulary\":30,\"embedding\":8,\"hidden\":8,\
                         \"layers\":1,\"batch\":4,\"steps\":6},\"seed\":0,\"device\":\"cpu\",\"text\":\"b03a\"}";

    fn read(json: &str) -> Settings {
        serde_json::from_str(json).unwrap()
    }

    fn job(seed: u32, benchmark: &str) -> Job {
        let task: Task = serde_json::from_str(&format!(
            r#"{{"space": "recurrent", "seed": {seed}, "metrics": ["depth"],
            "recipe": {{"h_new_0": {{"op": "linear", "input": ["x", "h_prev_0"]}}}},
            "sizes": {{"vocabulary": 30, "embedding": 8, "hidden": 8, "layers": 1, "batch": 4, "steps": 6}}}}"#
        ))
        .unwrap();
        let mut job = task.job(usize::MAX).unwrap();
        job.origin.benchmark = Some(benchmark.to_owned());
        job
    }

    /// A run that an earlier version began goes on: only the digest of the text, which is not known here, is replaced.
    #[test]
    fn settings_of_earlier_versions_are_the_same() {
        let new = Settings::of(&job(0, "nas-bench-nlp"), &devices::flex());
        let text = new.further["text"].as_str().unwrap();
        let old = read(&CELLS.replace("b03a", text).replace("cpu", "flex"));
        assert_eq!((new.difference(&old), new.device_difference(&old)), (None, None));
        assert_eq!(new, old);
        assert_eq!(read(&serde_json::to_string(&new).unwrap()), old);
    }

    #[test]
    fn a_difference_has_a_name() {
        let cells = read(CELLS);
        let cases = [
            ("nas-bench-nlp", "nas-bench-bert", "another benchmark"),
            ("\"steps\":6", "\"steps\":7", "other sizes"),
            ("\"steps\":6", "\"sequence\":6", "other sizes"),
            ("\"seed\":0", "\"seed\":1", "another seed"),
            ("\"seed\":0", "\"seed\":0,\"as_published\":true", "another choice of --as-published"),
            ("b03a", "b03b", "another text"),
            ("\"seed\":0", "\"seed\":0,\"padding\":\"read\"", "another setting 'padding'"),
        ];
        for (from, to, name) in cases {
            let other = read(&CELLS.replace(from, to));
            assert_eq!(cells.difference(&other).as_deref(), Some(name));
            assert_eq!(other.difference(&cells).as_deref(), Some(name));
        }
        let device = read(&CELLS.replace("cpu", "wgpu"));
        assert_eq!((cells.difference(&device), device.device_difference(&cells).is_some()), (None, true));
        let both = cells.clone().with_devices(&device);
        assert_eq!((device.device_difference(&both), both.benchmark()), (None, Some("nas-bench-nlp")));
        assert!(both.device_difference(&cells).is_some());
    }

    #[test]
    fn a_job_decides_by_seed_and_benchmark() {
        let of = |seed, benchmark| Settings::of(&job(seed, benchmark), &devices::flex());
        assert_eq!(of(0, "a").difference(&of(1, "a")).as_deref(), Some("another seed"));
        assert_eq!(of(0, "a").difference(&of(1, "b")).as_deref(), Some("another benchmark"));
    }

    #[test]
    fn what_are_no_settings_is_refused() {
        for damaged in ["", "{}", "[1]", r#"{"seed": 0}"#] {
            assert!(serde_json::from_str::<Settings>(damaged).is_err(), "{damaged}");
        }
    }
}
