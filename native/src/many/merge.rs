//! Joins the files of several runs.

mod complete;
mod joined;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use clap::Args;
use untrained_core::plain::float;

use super::Settings;
use crate::outcome::{Outcome, Usage};
use crate::output;
use joined::Joined;

/// Join the record files of several shards, sorted, each record once
///
/// A record that comes more than once is taken from the first file. Where its values differ by more than 2e-5 of their
/// size, about as much as two implementations differ by rounding, nothing is written. Exit code 3 means that scores of
/// the benchmark are missing.
#[derive(Debug, Args)]
pub struct Merge {
    /// Files of records, JSON Lines
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// File to write, '-' for standard output: records as JSON Lines, or, where its name ends in .csv, a table of the
    /// values alone
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Significant digits of the values of a table; by default as many as tell any two numbers apart
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=17))]
    digits: Option<u8>,
}

/// What is known of how the files were computed.
#[derive(Default)]
struct Origin {
    /// The settings of all files that have some next to them.
    settings: Option<Settings>,
    /// Files without settings next to them.
    without_settings: usize,
}

impl Merge {
    /// Writes the joined file, complete or not at all. `architectures` gives the names of all architectures of a
    /// benchmark, where they are known.
    ///
    /// # Errors
    /// A line that is no record, two different values of one metric of one architecture, or a file that cannot be used.
    pub fn run(self, architectures: impl Fn(&str) -> Option<Vec<String>>) -> anyhow::Result<Outcome> {
        let origin = Origin::read(&self.files)?;
        let mut joined = Joined::default();
        self.files.iter().try_for_each(|file| joined.add(file))?;
        self.write(&joined, &origin)?;
        note!("{} records from {} files", joined.records.len(), self.files.len());
        joined.notes().iter().for_each(|words| note!("{words}"));
        if origin.without_settings > 0 {
            note!(
                "{} files have no settings next to them: whether they belong together is not known",
                origin.without_settings
            );
        }
        let benchmark = origin.settings.as_ref().and_then(Settings::benchmark);
        let all = benchmark.and_then(|benchmark| Some((benchmark, architectures(benchmark)?)));
        let missing = all.and_then(|(benchmark, all)| complete::missing(benchmark, all, &joined.records));
        Ok(missing.map_or(Outcome::Done, |missing| {
            note!("{missing}");
            Outcome::Partly
        }))
    }

    fn write(&self, joined: &Joined, origin: &Origin) -> anyhow::Result<()> {
        if self.out == Path::new("-") {
            return output::print(joined.lines()).map(drop);
        }
        let table = self.out.extension().is_some_and(|extension| extension == "csv");
        output::write(
            &self.out,
            &if table { csv(joined, self.digits)? } else { joined.lines().collect::<anyhow::Result<String>>()? },
        )?;
        match origin.settings.as_ref().filter(|_| !table && origin.without_settings == 0) {
            Some(settings) => settings.write(&self.out),
            None => Settings::forget(&self.out),
        }
    }
}

impl Origin {
    fn read(files: &[PathBuf]) -> anyhow::Result<Self> {
        let mut origin = Self::default();
        let mut first: Option<&Path> = None;
        for file in files {
            let Some(settings) = Settings::read(file)? else {
                origin.without_settings += 1;
                continue;
            };
            let first = *first.get_or_insert(file);
            origin.settings = Some(match origin.settings {
                None => settings,
                Some(known) => match settings.difference(&known) {
                    None => known.with_devices(&settings),
                    Some(difference) => {
                        let (file, first) = (file.display(), first.display());
                        return Err(Usage(format!("records {file}: made with {difference} than {first}")).into());
                    }
                },
            });
        }
        Ok(origin)
    }
}

/// One line per architecture and one column per metric: the compact form, which `correlate` reads too.
fn csv(joined: &Joined, digits: Option<u8>) -> anyhow::Result<String> {
    let metrics: BTreeSet<&str> = joined.records.values().map(|record| record.metric.as_str()).collect();
    let mut rows: BTreeMap<(u64, &str), BTreeMap<&str, f64>> = BTreeMap::new();
    for ((number, architecture, metric), record) in &joined.records {
        rows.entry((*number, architecture)).or_default().insert(metric, record.value);
    }
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(std::iter::once("architecture").chain(metrics.iter().copied()))?;
    for ((_, architecture), values) in rows {
        let value = |metric: &&str| values.get(metric).map_or(String::new(), |&value| known(value, digits));
        writer.write_record(std::iter::once(architecture.to_owned()).chain(metrics.iter().map(value)))?;
    }
    Ok(String::from_utf8(writer.into_inner()?)?)
}

/// A value in a cell: `nan` is a score, unlike an empty cell.
fn known(value: f64, digits: Option<u8>) -> String {
    match digits {
        _ if value.is_nan() => "nan".to_owned(),
        // The digits are read again, so that a number is written as short as it can be.
        Some(digits) if value.is_finite() => {
            let rounded = format!("{value:.*e}", usize::from(digits) - 1);
            float(rounded.parse().unwrap_or(value))
        }
        _ => float(value),
    }
}
