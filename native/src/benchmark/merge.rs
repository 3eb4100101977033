//! Joins the files of several runs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use clap::Args;
use untrained_core::job::Record;

use super::journal;
use crate::outcome::{Outcome, Usage};
use crate::output;
use crate::setup;

/// Join the record files of several shards, sorted, each record once
#[derive(Debug, Args)]
pub struct Merge {
    /// Files of records, JSON Lines
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// File to write: records as JSON Lines, or, where its name ends in .csv, a table of the values alone
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Number, else name, of the architecture; metric.
type Key = (u64, String, String);

impl Merge {
    /// Writes the joined file, whole or not at all.
    ///
    /// # Errors
    /// A line that is no record, two different values of one metric of one architecture, or a file that cannot be used.
    pub fn run(self) -> anyhow::Result<Outcome> {
        let mut all = BTreeMap::new();
        let mut torn = 0;
        for file in &self.files {
            torn += add(&mut all, file)?;
        }
        let compact = self.out.extension().is_some_and(|extension| extension == "csv");
        output::write(&self.out, &if compact { csv(&all)? } else { json_lines(&all)? })?;
        eprintln!("{} records from {} files", all.len(), self.files.len());
        if torn > 0 {
            eprintln!(
                "{torn} files end in half a record, which is left out; the run that writes them goes on from there"
            );
        }
        Ok(Outcome::Done)
    }
}

/// Adds the records of a file; 1 where its last line is torn.
fn add(all: &mut BTreeMap<Key, Record>, path: &Path) -> anyhow::Result<usize> {
    let text = setup::read(path, "records")?;
    let whole = journal::whole(&text);
    for (line, text) in (1..).zip(text[..whole].lines()) {
        let wrong = |problem: String| Usage(format!("records {}, line {line}: {problem}", path.display()));
        let record: Record =
            serde_json::from_str(text).map_err(|error| wrong(format!("no record of a score: {error}")))?;
        let number = record.architecture.parse().unwrap_or(u64::MAX);
        let key = (number, record.architecture.clone(), record.metric.clone());
        let known = all.entry(key).or_insert_with(|| record.clone());
        let same = known.value.to_bits() == record.value.to_bits() || known.value.is_nan() && record.value.is_nan();
        if !same {
            let (architecture, metric) = (&record.architecture, &record.metric);
            return Err(wrong(format!(
                "{metric} of {architecture} is {}, but {} in another line",
                record.value, known.value
            ))
            .into());
        }
    }
    Ok(usize::from(whole < text.len()))
}

/// One object a line.
fn json_lines(all: &BTreeMap<Key, Record>) -> anyhow::Result<String> {
    all.values().map(|record| Ok(serde_json::to_string(record)? + "\n")).collect()
}

/// One line per architecture and one column per metric: the compact form, which `correlate` reads too.
fn csv(all: &BTreeMap<Key, Record>) -> anyhow::Result<String> {
    let metrics: BTreeSet<&str> = all.values().map(|record| record.metric.as_str()).collect();
    let mut rows: BTreeMap<(u64, &str), BTreeMap<&str, f64>> = BTreeMap::new();
    for ((number, architecture, metric), record) in all {
        rows.entry((*number, architecture)).or_default().insert(metric, record.value);
    }
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(std::iter::once("architecture").chain(metrics.iter().copied()))?;
    for ((_, architecture), values) in rows {
        let value = |metric: &&str| values.get(metric).map_or(String::new(), |value| value.to_string().to_lowercase());
        writer.write_record(std::iter::once(architecture.to_owned()).chain(metrics.iter().map(value)))?;
    }
    Ok(String::from_utf8(writer.into_inner()?)?)
}
