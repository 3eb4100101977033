//! The records of several files, each once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use untrained_core::Error;
use untrained_core::record::{self, Lines, Record};

use crate::input;

/// How far two values of one score may lie apart, relative to the larger one, and still count as the same. Scores are
/// computed in single precision, and another CPU, GPU or library adds in another order. An estimate: most metrics
/// recomputed for the README deviate by at most 1.5e-5 from what PyTorch published; two CPUs were not compared.
pub const ROUNDING: f64 = 2e-5;

/// Number, else name, of the architecture; metric.
type Key = (u64, String, String);

/// The records of several files, each once.
#[derive(Default)]
pub struct Joined {
    /// Sorted by architecture and metric.
    pub records: BTreeMap<Key, Record>,
    /// Files that end in half a record.
    torn: usize,
    /// Records that came again with a value that differs by rounding, and the largest difference.
    rounded: (usize, f64),
    /// Seed of the first record that has one, and its file.
    seed: Option<(u64, String)>,
}

impl Joined {
    /// Adds the records of a file.
    ///
    /// # Errors
    /// A line that is no record, that has another value than a line before it, or another seed.
    pub fn add(&mut self, path: &Path) -> anyhow::Result<()> {
        let (file, bytes) = (path.display().to_string(), input::read_bytes(path, "records")?);
        let Lines { records, whole } = record::read(&file, record::text(&file, &bytes)?)?;
        self.torn += usize::from(whole < bytes.len());
        for (line, record) in records {
            let added = self.same_seed(&file, &record).and_then(|()| self.insert(record));
            added.map_err(|problem| Error::Records { file: file.clone(), line, problem })?;
        }
        Ok(())
    }

    fn same_seed(&mut self, file: &str, record: &Record) -> Result<(), String> {
        let Some(seed) = record.seed else { return Ok(()) };
        match self.seed.get_or_insert_with(|| (seed, file.to_owned())) {
            (known, _) if *known == seed => Ok(()),
            (known, first) => Err(format!("made with seed {seed}, but {first} with seed {known}")),
        }
    }

    fn insert(&mut self, record: Record) -> Result<(), String> {
        let number = record.architecture.parse().unwrap_or(u64::MAX);
        let key = (number, record.architecture.clone(), record.metric.clone());
        let known = self.records.entry(key).or_insert_with(|| record.clone());
        let difference = difference(known.value, record.value);
        if difference > ROUNDING {
            let Record { architecture, metric, value, .. } = record;
            return Err(format!("{metric} of {architecture} is {value}, but {} in another line", known.value));
        }
        if difference > 0.0 {
            self.rounded = (self.rounded.0 + 1, self.rounded.1.max(difference));
        }
        Ok(())
    }

    /// The records as JSON Lines.
    pub fn lines(&self) -> impl Iterator<Item = anyhow::Result<String>> {
        self.records.values().map(|record| Ok(serde_json::to_string(record)? + "\n"))
    }

    /// What should be known of them, one sentence each.
    pub fn notes(&self) -> Vec<String> {
        let devices: BTreeSet<&str> = self.records.values().map(|record| record.device.as_str()).collect();
        let devices: Vec<&str> = devices.into_iter().filter(|device| !device.is_empty()).collect();
        let mixed = (devices.len() > 1)
            .then(|| format!("computed on several devices, whose values differ by rounding: {}", devices.join(", ")));
        let (count, largest) = self.rounded;
        let rounded = (count > 0).then(|| {
            format!(
                "{count} records came again with a value that differs by rounding, at most {largest:.0e} of it (up to \
                 {ROUNDING:e} is allowed): the first one is taken"
            )
        });
        let torn = (self.torn > 0).then(|| {
            let torn = self.torn;
            format!("{torn} files end in half a record, which is left out; the run that writes them goes on from there")
        });
        [mixed, rounded, torn].into_iter().flatten().collect()
    }
}

/// How far two values lie apart, relative to the larger one; infinite where only one of them is a finite number.
fn difference(a: f64, b: f64) -> f64 {
    if a == b || a.is_nan() && b.is_nan() {
        0.0
    } else if a.is_finite() && b.is_finite() {
        (a - b).abs() / a.abs().max(b.abs())
    } else {
        f64::INFINITY
    }
}

#[cfg(test)]
mod tests {
    use super::{ROUNDING, difference};

    #[test]
    fn values_differ_relative_to_their_size() {
        for (a, b) in [(1.0, 1.0 + 1e-5), (-4e-300, -4e-300 * (1.0 + 1e-9)), (-408.407_812_539_654_6, -408.407_812_5)] {
            assert!(difference(a, b) > 0.0 && difference(a, b) < ROUNDING, "{a} {b}");
        }
        for value in [0.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(difference(value, value), 0.0);
        }
        for (a, b) in [
            (1.0, 1.000_1),
            (1e-12, -1e-12),
            (0.0, 1e-300),
            (f64::INFINITY, 1e300),
            (f64::INFINITY, f64::NEG_INFINITY),
            (f64::NAN, 0.0),
        ] {
            assert!(difference(a, b) > ROUNDING && difference(b, a) > ROUNDING, "{a} {b}");
        }
    }
}
