//! RNN_results.csv and the two ablations: twelve scores of every network.

use std::collections::BTreeMap;

use untrained_core::benchmark::nas_bench_nlp::METRICS;

use super::losses::Losses;
use super::made::Made;
use super::published::{Line, read};
use crate::outcome::Usage;

/// The published spellings of [`METRICS`], in the same order.
const COLUMNS: [&str; METRICS.len()] = [
    "Activation Distance",
    "Synaptic Saliency",
    "Jacobian Covariance",
    "Jacobian Cosine",
    "Large Noise Jacobian",
    "Large Noise Jacobian Cosine",
    "More Noised Jacobian",
    "More Noised Jacobian Cosine",
    "Hidden Synaptic Saliency|Hidden Synflow Saliency",
    "Layer 1 Hidden Covariance",
    "Layer 2 Hidden Covariance",
    "Layer 3 Hidden Covariance",
];

const FILE: &str = "RNN_results.csv";

/// Makes `scores.csv`: one line per architecture, and one more for a run whose scores are not those of its recipe.
///
/// # Errors
/// When the file cannot be read, or its rows are not the runs that `losses.csv` and `scores.csv` together stand for.
pub fn benchmark(made: &mut Made, losses: &Losses) -> anyhow::Result<()> {
    let rows = rows(made, FILE, losses)?;
    let mut first: BTreeMap<u32, &Line> = BTreeMap::new();
    for row in &rows {
        first.entry(losses.architecture(row.id)?).or_insert(row);
    }
    let covered = losses.of.iter().filter(|(id, loss)| *loss != "nan" && first.contains_key(&losses.architecture[id]));
    if covered.count() != rows.len() {
        return Err(Usage(format!("{FILE}: some runs of a recipe are there and some are not")).into());
    }
    let others = rows.iter().filter(|row| first[&losses.architecture[&row.id]].cells != row.cells);
    let others: Vec<(u32, &Line)> = others.map(|row| (row.id, row)).collect();
    made.note(format!(
        "{FILE}: {} rows, {} recipes; the scores of a recipe are the same in all its runs but {}, which keep their own.",
        rows.len(),
        first.len(),
        others.len()
    ));
    let mut lines: Vec<(u32, &Line)> = first.into_iter().chain(others).collect();
    lines.sort_by_key(|(id, _)| *id);
    let header: Vec<&str> = ["id"].into_iter().chain(METRICS).collect();
    made.table("scores.csv", &header, lines.iter().map(|(id, row)| format!("{id},{}", row.cells.join(","))));
    Ok(())
}

/// Makes the table of an ablation: every row with the number of its repetition.
///
/// # Errors
/// When the file cannot be read.
pub fn ablation(made: &mut Made, file: &str, table: &str, losses: &Losses) -> anyhow::Result<()> {
    let rows = rows(made, file, losses)?;
    let (lines, networks) = Made::repeated(rows.iter().map(|row| (row.id, row.cells.as_slice())));
    let header: Vec<&str> = ["id", "repetition"].into_iter().chain(METRICS).collect();
    made.note(format!("{file}: {} rows of {networks} networks.", rows.len()));
    made.table(table, &header, lines);
    Ok(())
}

/// The rows of a file of scores, whose losses must be those already known: they are not kept twice.
fn rows(made: &mut Made, file: &str, losses: &Losses) -> anyhow::Result<Vec<Line>> {
    let text = made.source("training-free-nas", file)?;
    let published = read(file, &text, &COLUMNS)?;
    for row in &published.rows {
        if losses.of.get(&row.id) != Some(&row.loss) {
            let problem = format!("{file}, line {}: the loss is not that of RNN_parameters.csv", row.line);
            return Err(Usage(problem).into());
        }
    }
    Ok(published.rows)
}
