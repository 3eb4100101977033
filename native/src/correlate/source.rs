//! Where scores and results come from: a benchmark or files.

use std::path::Path;

use anyhow::Context as _;
use untrained_core::benchmark::records::{self, Joined};
use untrained_core::benchmark::scores::Scores;
use untrained_core::benchmark::title::is_computed;
use untrained_core::benchmark::user::{Results, Roles};
use untrained_core::benchmark::{Benchmark, Table, find};
use untrained_core::{nearest, record};

use super::args::{Better, Correlate};
use crate::input;
use crate::many::Settings;
use crate::outcome::Usage;

/// The rows to evaluate, and what to know of them, one sentence each.
pub struct Source {
    /// Rows with the metrics to evaluate, what they are compared with, and baselines.
    pub table: Table,
    /// How the files were read.
    pub notes: Vec<String>,
}

/// Reads what the command line names.
///
/// # Errors
/// One sentence on what cannot be used.
pub fn read(command: &Correlate) -> anyhow::Result<Source> {
    match &command.against {
        Some(results) => of_files(command, results),
        None => of_benchmark(command, find(command.benchmark.as_deref().unwrap_or_default())?),
    }
}

fn of_benchmark(command: &Correlate, benchmark: &'static dyn Benchmark) -> anyhow::Result<Source> {
    let about = benchmark.about();
    if let Some(by) = command.by.as_ref().filter(|by| **by != about.group) {
        return Err(nearest::unknown("property", by, [&*about.group]).into());
    }
    if command.all_networks && !about.one_measure {
        return Err(incomparable(about.id).into());
    }
    let table = benchmark.table()?;
    let table = if command.all_networks { table } else { table.scored() };
    let Some(path) = &command.file else {
        command.check(&table)?;
        return Ok(Source { table, notes: Vec::new() });
    };
    check_origin(path, about.id)?;
    let scores = scores(command, path)?;
    let joined = records::join(&table, &records::of_benchmark(&scores, benchmark)?);
    let is_known = |metric: &str| is_computed(metric) || table.column(metric).is_some();
    let notes = read_notes(&scores, is_known);
    source(command, &scores, joined, notes, about.id)
}

fn of_files(command: &Correlate, results: &Path) -> anyhow::Result<Source> {
    let Some(path) = &command.file else { return Err(Usage("name a file of scores".to_owned()).into()) };
    if path == results && path == Path::new("-") {
        return Err(Usage("scores and results cannot both come from standard input".to_owned()).into());
    }
    let roles = Roles {
        target: command.target.clone(),
        better: command.better.map(Better::direction),
        group: command.group.clone(),
    };
    let name = input::named(results);
    let own = Results::read(&name, &input::read(results, "results")?, &roles)?;
    let scores = scores(command, path)?;
    let joined = own.join(&scores);
    let notes = own.notes.iter().cloned().chain(read_notes(&scores, is_computed)).collect();
    source(command, &scores, joined, notes, &name)
}

/// The scores of a file.
fn scores(command: &Correlate, path: &Path) -> anyhow::Result<Scores> {
    let name = input::named(path);
    let scores = Scores::read(&name, record::text(&name, &input::read_bytes(path, "scores")?)?, &command.metric)?;
    if !scores.scores.is_empty() {
        return Ok(scores);
    }
    let unused = match scores.unused.as_slice() {
        [] => String::new(),
        unused => format!("; columns without numbers: {}", unused.join(", ")),
    };
    Err(Usage(format!("scores {name}: the file holds no score{unused}")).into())
}

/// How the columns of scores were taken.
fn read_notes(scores: &Scores, is_known: impl Fn(&str) -> bool) -> Vec<String> {
    let own: Vec<&str> = scores.metrics().into_iter().filter(|metric| !is_known(metric)).collect();
    let own = (!own.is_empty()).then(|| format!("Metrics of your own: {}.", own.join(", ")));
    own.into_iter().chain(scores.unused()).collect()
}

/// The joined rows, checked.
fn source(
    command: &Correlate,
    scores: &Scores,
    joined: Joined,
    mut notes: Vec<String>,
    results: &str,
) -> anyhow::Result<Source> {
    let name = &scores.file;
    notes.extend(joined.notes(name));
    let table = joined.table;
    if table.rows.is_empty() {
        return Err(Usage(format!("scores {name}: none of its architectures has a result in {results}")).into());
    }
    command.check(&table).with_context(|| format!("scores {name}"))?;
    Ok(Source { table, notes })
}

fn incomparable(id: &str) -> Usage {
    Usage(format!("{id}: the networks without published scores were measured otherwise, so --all-networks has no use"))
}

/// Whether a file holds scores of this benchmark, as far as the settings stored with it say.
fn check_origin(path: &Path, benchmark: &str) -> anyhow::Result<()> {
    match Settings::read(path)?.filter(|settings| settings.benchmark() != Some(benchmark)) {
        Some(other) => {
            let (name, other) = (input::named(path), other.benchmark().unwrap_or("another source").to_owned());
            Err(Usage(format!("scores {name}: they are of {other}, not of {benchmark}")).into())
        }
        None => Ok(()),
    }
}
