//! The published tables computed again, as CSV, and every correlation next to its reference.

use std::path::{Path, PathBuf};

use serde::Serialize;
use untrained_core::benchmark::{Benchmark, Column, Table, ablation, find};
use untrained_core::rank::{Measures, measure};

use super::folder::Folder;
use super::references::reference;
use crate::outcome::Outcome;

/// Writes the published tables as CSV, and the correlations with their deviation from the reference
#[derive(Debug, clap::Args)]
pub struct Tables {
    /// Folder for the CSV files, which is made where it does not exist
    #[arg(long, value_name = "DIR", value_parser = crate::parse::file())]
    out: PathBuf,
    /// Benchmark
    #[arg(long, value_name = "NAME", default_value = "nas-bench-nlp")]
    benchmark: String,
}

impl Tables {
    /// Writes all tables.
    ///
    /// # Errors
    /// When a table cannot be read or a file cannot be written.
    pub fn run(self) -> anyhow::Result<Outcome> {
        tables(&self.out, find(&self.benchmark)?)
    }
}

/// Half of the last digit of a reference.
const ROUNDING: f64 = 0.5e-4 + 1e-9;

/// One correlation.
#[derive(Debug, Serialize)]
struct Correlation {
    metric: String,
    measure: &'static str,
    value: Option<f64>,
    reference: Option<f64>,
    deviation: Option<f64>,
}

/// Writes all tables of a benchmark into the folder `out`.
///
/// # Errors
/// When a table cannot be read or a file cannot be written.
pub fn tables(out: &Path, benchmark: &dyn Benchmark) -> anyhow::Result<Outcome> {
    let mut folder = Folder::open(out)?;
    let about = benchmark.about();
    let table = benchmark.table()?.scored();
    let correlations = correlations(&table);
    folder.write(&format!("{}.csv", about.id.replace('-', "_")), &rows(&table, "run")?)?;
    for (which, _) in about.ablations {
        folder.write(&format!("{}_ablation.csv", which.name()), &rows(&ablation(about.id, *which)?, "repetition")?)?;
    }
    folder.write("correlations.csv", &serialised(&correlations)?)?;
    Ok(tell(&correlations))
}

/// Says how many correlations agree; one that does not makes the outcome partial.
fn tell(correlations: &[Correlation]) -> Outcome {
    let known: Vec<&Correlation> = correlations.iter().filter(|one| one.reference.is_some()).collect();
    let off: Vec<&&Correlation> = known.iter().filter(|one| one.deviation.is_none_or(|d| d.abs() > ROUNDING)).collect();
    note!("{} of {} correlations equal their reference to four digits", known.len() - off.len(), known.len());
    for one in &off {
        let number = |value: Option<f64>| value.map_or_else(|| "undefined".to_owned(), |value| format!("{value:.6}"));
        note!("{} of {}: {}, not {}", one.measure, one.metric, number(one.value), number(one.reference));
    }
    if off.is_empty() { Outcome::Done } else { Outcome::Partly }
}

fn correlations(table: &Table) -> Vec<Correlation> {
    let about = &table.about;
    let compared = |column: &Column| {
        let measures = measure(&column.values, &table.results, about.target.better);
        compared(&column.id, measures, reference(about.id, &column.id))
    };
    table.columns.iter().flat_map(compared).collect()
}

fn compared(
    metric: &str,
    measures: Measures,
    references: [Option<f64>; 3],
) -> impl Iterator<Item = Correlation> + use<> {
    let metric = metric.to_owned();
    let values = [("tau", measures.tau), ("rho", measures.rho), ("r", measures.r)];
    values.into_iter().zip(references).map(move |((measure, value), reference)| {
        let deviation = value.zip(reference).map(|(value, reference)| value - reference);
        Correlation { metric: metric.clone(), measure, value, reference, deviation }
    })
}

/// A table with one line per row; `run` names the column that counts runs or repetitions.
fn rows(table: &Table, run: &str) -> anyhow::Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(table.header(run))?;
    (0..table.rows.len()).try_for_each(|row| writer.write_record(table.cells(row)))?;
    Ok(String::from_utf8(writer.into_inner()?)?)
}

fn serialised(rows: &[impl Serialize]) -> anyhow::Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    rows.iter().try_for_each(|row| writer.serialize(row))?;
    Ok(String::from_utf8(writer.into_inner()?)?)
}

#[cfg(test)]
mod tests {
    use untrained_core::benchmark::BENCHMARKS;

    use super::super::references::REFERENCES;
    use super::{ROUNDING, correlations};

    #[test]
    fn every_reference_is_met_to_its_last_digit() {
        let tables = BENCHMARKS.iter().map(|benchmark| benchmark.table().unwrap().scored());
        let found: Vec<_> = tables.flat_map(|table| correlations(&table)).collect();
        let off: Vec<_> = found.iter().filter(|one| one.deviation.is_some_and(|d| d.abs() > ROUNDING)).collect();
        assert!(off.is_empty(), "{off:?}");
        let columns = REFERENCES.iter().flat_map(|(_, columns)| columns.iter());
        let references: usize = columns.map(|(_, values)| values.iter().flatten().count()).sum();
        assert_eq!(found.iter().filter(|one| one.reference.is_some()).count(), references);
    }
}
