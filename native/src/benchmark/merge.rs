//! Joins the files of several runs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use clap::Args;
use untrained_core::Error;
use untrained_core::plain::float;
use untrained_core::record::{self, Lines, Record};

use super::Settings;
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
        let (settings, untold) = settings(&self.files)?;
        let mut all = BTreeMap::new();
        let mut torn = 0;
        for file in &self.files {
            torn += usize::from(add(&mut all, file)?);
        }
        let compact = self.out.extension().is_some_and(|extension| extension == "csv");
        output::write(&self.out, &if compact { csv(&all)? } else { json_lines(&all)? })?;
        match settings.filter(|_| !compact) {
            Some(settings) => settings.write(&self.out)?,
            None => Settings::forget(&self.out)?,
        }
        eprintln!("{} records from {} files", all.len(), self.files.len());
        if untold > 0 {
            eprintln!("{untold} files have no settings beside them: whether they belong together is not known");
        }
        if torn > 0 {
            eprintln!(
                "{torn} files end in half a record, which is left out; the run that writes them goes on from there"
            );
        }
        Ok(Outcome::Done)
    }
}

/// The settings all files were made with, none where a file does not tell them; and how many do not.
fn settings(files: &[PathBuf]) -> anyhow::Result<(Option<Settings>, usize)> {
    let mut known: Option<(&Path, Settings)> = None;
    let mut untold = 0;
    for file in files {
        match (Settings::read(file)?, &known) {
            (None, _) => untold += 1,
            (Some(settings), None) => known = Some((file, settings)),
            (Some(settings), Some((first, other))) => {
                if let Some(difference) = settings.difference(other) {
                    let (file, first) = (file.display(), first.display());
                    return Err(Usage(format!("records {file}: made with {difference} than {first}")).into());
                }
            }
        }
    }
    Ok((known.map(|(_, settings)| settings).filter(|_| untold == 0), untold))
}

/// Adds the records of a file; whether its last line is torn.
fn add(all: &mut BTreeMap<Key, Record>, path: &Path) -> anyhow::Result<bool> {
    let (file, text) = (path.display().to_string(), setup::read(path, "records")?);
    let Lines { records, whole } = record::read(&file, &text)?;
    for (line, record) in records {
        let number = record.architecture.parse().unwrap_or(u64::MAX);
        let key = (number, record.architecture.clone(), record.metric.clone());
        let known = all.entry(key).or_insert_with(|| record.clone());
        let same = known.value.to_bits() == record.value.to_bits() || known.value.is_nan() && record.value.is_nan();
        if !same {
            let Record { architecture, metric, value, .. } = record;
            let problem = format!("{metric} of {architecture} is {value}, but {} in another line", known.value);
            return Err(Error::Records { file, line, problem }.into());
        }
    }
    Ok(whole < text.len())
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
        let value = |metric: &&str| values.get(metric).map_or(String::new(), |&value| known(value));
        writer.write_record(std::iter::once(architecture.to_owned()).chain(metrics.iter().map(value)))?;
    }
    Ok(String::from_utf8(writer.into_inner()?)?)
}

/// A value in a cell: `nan` is a score, unlike an empty cell.
fn known(value: f64) -> String {
    if value.is_nan() { "nan".to_owned() } else { float(value) }
}
