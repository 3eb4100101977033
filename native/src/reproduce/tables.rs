//! The published tables again, as CSV, and every correlation beside its reference.

use std::path::{Path, PathBuf};

use serde::Serialize;
use untrained_core::benchmark::nas_bench_nlp::{Ablation, ablation};
use untrained_core::benchmark::{Benchmark as _, NasBenchNlp, Table};
use untrained_core::rank::{Measures, measure};

use super::folder::Folder;
use crate::outcome::Outcome;

/// Writes the published tables as CSV, and the correlations with their deviation from the reference
#[derive(Debug, clap::Args)]
pub struct Tables {
    /// Folder for the CSV files, which is made where it does not exist
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

impl Tables {
    /// Writes all tables.
    ///
    /// # Errors
    /// When a table cannot be read or a file cannot be written.
    pub fn run(self) -> anyhow::Result<Outcome> {
        tables(&self.out)
    }
}

/// Correlations with the Penn Treebank test loss over the 8,794 scored rows, computed from the published files apart
/// from this program, to four digits: metric; tau-b, rho and r as far as known. The number of parameters is not among
/// them: the published file lacks it for nine of the rows, where here it is that of the same recipe.
const REFERENCES: &[(&str, [Option<f64>; 3])] = &[
    ("hidden_covariance_layer_1", [Some(-0.3715), Some(-0.5244), Some(-0.4046)]),
    ("hidden_covariance_layer_2", [Some(-0.3141), Some(-0.4566), Some(-0.4157)]),
    ("hidden_covariance_layer_3", [Some(-0.2473), Some(-0.3668), Some(-0.3331)]),
    ("more_noised_jacobian_cosine", [Some(-0.2804), Some(-0.4174), Some(-0.0864)]),
    ("activation_distance", [Some(-0.2230), Some(-0.3380), Some(-0.2323)]),
    ("jacobian_cosine", [Some(-0.2641), None, None]),
    ("hidden_synaptic_saliency", [Some(0.2679), None, None]),
    ("synaptic_saliency", [Some(0.1224), None, None]),
];

/// Half of the last digit of a reference.
const ROUNDING: f64 = 0.5e-4 + 1e-9;

/// One correlation.
#[derive(Debug, Serialize)]
struct Correlation {
    metric: &'static str,
    measure: &'static str,
    value: Option<f64>,
    reference: Option<f64>,
    deviation: Option<f64>,
}

/// Writes all tables of NAS-Bench-NLP into the folder `out`.
///
/// # Errors
/// When a table cannot be read or a file cannot be written.
pub fn tables(out: &Path) -> anyhow::Result<Outcome> {
    let mut folder = Folder::open(out)?;
    let table = NasBenchNlp.table()?.scored();
    let correlations = correlations(&table);
    folder.write("nas_bench_nlp.csv", &rows(&table, "run")?)?;
    folder.write("batch_ablation.csv", &rows(&ablation(Ablation::Batch)?, "repetition")?)?;
    folder.write("initialization_ablation.csv", &rows(&ablation(Ablation::Initialization)?, "repetition")?)?;
    folder.write("correlations.csv", &serialised(&correlations)?)?;
    Ok(tell(&correlations))
}

/// Says how many correlations agree; one that does not makes the outcome partial.
fn tell(correlations: &[Correlation]) -> Outcome {
    let known: Vec<&Correlation> = correlations.iter().filter(|one| one.reference.is_some()).collect();
    let off: Vec<&&Correlation> = known.iter().filter(|one| one.deviation.is_none_or(|d| d.abs() > ROUNDING)).collect();
    eprintln!("{} of {} correlations equal their reference to four digits", known.len() - off.len(), known.len());
    for one in &off {
        let number = |value: Option<f64>| value.map_or_else(|| "undefined".to_owned(), |value| format!("{value:.6}"));
        eprintln!("{} of {}: {}, not {}", one.measure, one.metric, number(one.value), number(one.reference));
    }
    if off.is_empty() { Outcome::Done } else { Outcome::Partly }
}

fn correlations(table: &Table) -> Vec<Correlation> {
    table
        .columns
        .iter()
        .flat_map(|column| compared(column.id, measure(&column.values, &table.loss, table.about.better)))
        .collect()
}

fn compared(metric: &'static str, measures: Measures) -> impl Iterator<Item = Correlation> {
    let references = REFERENCES.iter().find(|(id, _)| *id == metric).map_or([None; 3], |(_, references)| *references);
    let values = [("tau", measures.tau), ("rho", measures.rho), ("r", measures.r)];
    values.into_iter().zip(references).map(move |((measure, value), reference)| {
        let deviation = value.zip(reference).map(|(value, reference)| value - reference);
        Correlation { metric, measure, value, reference, deviation }
    })
}

/// A table with one line per row; `run` names the column that counts runs or repetitions.
fn rows(table: &Table, run: &str) -> anyhow::Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["id", run, "loss"].into_iter().chain(table.columns.iter().map(|column| column.id)))?;
    for (n, row) in table.rows.iter().enumerate() {
        let known = [row.id.to_string(), row.run.to_string(), table.loss[n].to_string()];
        writer
            .write_record(known.into_iter().chain(table.columns.iter().map(|column| column.values[n].to_string())))?;
    }
    Ok(String::from_utf8(writer.into_inner()?)?)
}

fn serialised(rows: &[impl Serialize]) -> anyhow::Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    rows.iter().try_for_each(|row| writer.serialize(row))?;
    Ok(String::from_utf8(writer.into_inner()?)?)
}

#[cfg(test)]
mod tests {
    use untrained_core::benchmark::{Benchmark as _, NasBenchNlp};

    use super::{REFERENCES, ROUNDING, correlations};

    #[test]
    fn every_reference_is_met_to_its_last_digit() {
        let found = correlations(&NasBenchNlp.table().unwrap().scored());
        let off: Vec<_> = found.iter().filter(|one| one.deviation.is_some_and(|d| d.abs() > ROUNDING)).collect();
        assert!(off.is_empty(), "{off:?}");
        let references: usize = REFERENCES.iter().map(|(_, values)| values.iter().flatten().count()).sum();
        assert_eq!(found.iter().filter(|one| one.reference.is_some()).count(), references);
    }
}
