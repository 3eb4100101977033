//! NAS-Bench-BERT: 500 encoders with their GLUE scores, training times and training-free scores, two ablations, and the
//! scores of 20 of them in the course of training.

use std::collections::BTreeMap;

use serde::Deserialize;
use untrained_core::benchmark::nas_bench_bert::{METRICS, SEED, TASKS};
use untrained_core::space::encoder::{Configuration, Sampler};

use super::made::Made;
use crate::outcome::Usage;

const ORIGIN: &str = "training-free-nas";
const FOLDER: &str = "nas-bench-bert";

/// The published spellings of [`METRICS`], in the same order. What the file calls "Jacobian Score Normalized" is the
/// Jacobian cosine.
const COLUMNS: [&str; METRICS.len()] = [
    "Synaptic Diversity",
    "Synaptic Diversity Normalized",
    "Synaptic Saliency",
    "Synaptic Saliency Normalized",
    "Activation Distance",
    "Activation Distance Normalized",
    "Jacobian Score",
    "Jacobian Score Normalized",
    "Number of Parameters",
    "Head Importance",
    "Head Importance Normalized",
    "Head Confidence",
    "Head Confidence Normalized",
    "Head Softmax Confidence",
    "Head Softmax Confidence Normalized",
];

/// An encoder of the benchmark's file.
#[derive(Deserialize)]
struct Encoder {
    id: u32,
    time_to_train: f64,
    scores: BTreeMap<String, f64>,
    hparams: Parameters,
}

#[derive(Deserialize)]
struct Parameters {
    model_hparam_overrides: Configuration,
}

/// An encoder in the course of training: scores by step.
#[derive(Deserialize)]
struct Training {
    id: u32,
    scores: BTreeMap<String, BTreeMap<String, f64>>,
}

/// Makes all tables of the benchmark.
///
/// # Errors
/// When a file cannot be read, or is not what was published.
pub fn read(made: &mut Made) -> anyhow::Result<()> {
    let encoders = encoders(made)?;
    scores(made, &encoders)?;
    ablation(made, "BERT_batch_ablation.csv", "batch_ablation.csv")?;
    ablation(made, "BERT_initialization_ablation.csv", "initialization_ablation.csv")?;
    training(made)
}

/// Makes `encoders.csv`: GLUE, its tasks and the training time; configurations follow from the seed.
fn encoders(made: &mut Made) -> anyhow::Result<Vec<Encoder>> {
    const FILE: &str = "BERT_benchmark.json";
    let text = made.source(ORIGIN, FILE)?;
    let encoders: Vec<Encoder> = serde_json::from_str(&text).map_err(|error| Usage(format!("{FILE}: {error}")))?;
    let header: Vec<&str> = ["id", "glue"].into_iter().chain(TASKS).chain(["seconds"]).collect();
    let mut lines = Vec::new();
    for ((at, encoder), drawn) in (0..).zip(&encoders).zip(Sampler::new(SEED)) {
        if encoder.id != at || encoder.hparams.model_hparam_overrides != drawn {
            return Err(Usage(format!("{FILE}: encoder {at} is not the one that seed {SEED} draws")).into());
        }
        let scores = ["glue"].iter().chain(&TASKS).map(|task| score(&encoder.scores, task, FILE));
        let scores = scores.collect::<anyhow::Result<Vec<_>>>()?;
        lines.push(format!("{at},{},{}", scores.join(","), encoder.time_to_train));
    }
    made.note(format!("{FILE}: {} encoders, each the one that seed {SEED} draws.", encoders.len()));
    made.table_of(FOLDER, "encoders.csv", &header, lines);
    Ok(encoders)
}

fn score(scores: &BTreeMap<String, f64>, task: &str, file: &str) -> anyhow::Result<String> {
    let score = scores.get(task).ok_or_else(|| Usage(format!("{file}: there is no score of {task}")))?;
    Ok(score.to_string())
}

/// Makes `scores.csv`.
fn scores(made: &mut Made, encoders: &[Encoder]) -> anyhow::Result<()> {
    const FILE: &str = "BERT_results_activation.csv";
    let rows = rows(made, FILE)?;
    let known = |row: &Row| encoders.get(row.id as usize).and_then(|encoder| encoder.scores.get("glue"));
    if let Some(row) = rows.iter().find(|row| known(row) != Some(&row.glue)) {
        return Err(Usage(format!("{FILE}: the GLUE score of {} is not that of BERT_benchmark.json", row.id)).into());
    }
    made.note(format!("{FILE}: {} rows.", rows.len()));
    let header: Vec<&str> = ["id"].into_iter().chain(METRICS).collect();
    made.table_of(FOLDER, "scores.csv", &header, rows.iter().map(|row| format!("{},{}", row.id, row.cells.join(","))));
    Ok(())
}

/// Makes the table of an ablation: every row with the number of its repetition.
fn ablation(made: &mut Made, file: &str, table: &str) -> anyhow::Result<()> {
    let rows = rows(made, file)?;
    let (lines, encoders) = Made::repeated(rows.iter().map(|row| (row.id, row.cells.as_slice())));
    made.note(format!("{file}: {} rows of {encoders} encoders.", rows.len()));
    let header: Vec<&str> = ["id", "repetition"].into_iter().chain(METRICS).collect();
    made.table_of(FOLDER, table, &header, lines);
    Ok(())
}

/// A row of a published file of scores.
struct Row {
    id: u32,
    glue: f64,
    /// Scores, as published.
    cells: Vec<String>,
}

fn rows(made: &mut Made, file: &str) -> anyhow::Result<Vec<Row>> {
    let text = made.source(ORIGIN, file)?;
    let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let expected: Vec<&str> = ["ID", "GLUE Score"].into_iter().chain(COLUMNS).collect();
    if reader.headers()?.iter().ne(expected.iter().copied()) {
        return Err(Usage(format!("{file}, line 1: the header is not {}", expected.join(","))).into());
    }
    let row = |(line, row): (u64, Result<csv::StringRecord, csv::Error>)| {
        let row = row.map_err(|error| Usage(format!("{file}, line {line}: {error}")))?;
        let wrong = |cell: &str| Usage(format!("{file}, line {line}: '{cell}' is no number"));
        if let Some(cell) = row.iter().find(|cell| cell.parse::<f64>().is_err()) {
            return Err(wrong(cell).into());
        }
        let cells = row.iter().skip(2).map(str::to_owned).collect();
        let (id, glue) = (row[0].parse().map_err(|_| wrong(&row[0]))?, row[1].parse().map_err(|_| wrong(&row[1]))?);
        Ok(Row { id, glue, cells })
    };
    (2..).zip(reader.into_records()).map(row).collect()
}

/// Makes `training.csv`. The steps 50,000 and 100,000 are flawed, most likely because their names begin like those of
/// the steps 500,000 and 1,000,000: they repeat the scores of these, 1 in the column `flaw`, or add them to their own,
/// 2.
fn training(made: &mut Made) -> anyhow::Result<()> {
    const FILE: &str = "BERT_benchmark_train_ablation.json";
    let text = made.source(ORIGIN, FILE)?;
    let all: Vec<Training> = serde_json::from_str(&text).map_err(|error| Usage(format!("{FILE}: {error}")))?;
    let header: Vec<&str> = ["id", "step", "flaw", "glue"].into_iter().chain(TASKS).collect();
    let (mut lines, mut flawed) = (Vec::new(), 0);
    for training in &all {
        let mut steps: Vec<(u32, &BTreeMap<String, f64>)> = Vec::new();
        for (step, scores) in &training.scores {
            steps.push((step.parse().map_err(|_| Usage(format!("{FILE}: '{step}' is no step")))?, scores));
        }
        steps.sort_by_key(|(step, _)| *step);
        for (step, scores) in steps {
            let later = training.scores.get(&(step * 10).to_string()).filter(|_| step > 0);
            let flaw = later.map_or(0, |later| if later == scores { 1 } else { 2 });
            flawed += usize::from(flaw > 0);
            let scores = ["glue"].iter().chain(&TASKS).map(|task| score(scores, task, FILE));
            let scores = scores.collect::<anyhow::Result<Vec<_>>>()?;
            lines.push(format!("{},{step},{flaw},{}", training.id, scores.join(",")));
        }
    }
    made.note(format!("{FILE}: {} encoders, {} steps, {flawed} flawed steps.", all.len(), lines.len()));
    made.table_of(FOLDER, "training.csv", &header, lines);
    Ok(())
}
