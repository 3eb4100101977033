//! The table of trained networks: one row each, as published tables have it.

use std::collections::BTreeSet;
use std::path::Path;

use super::checkpoint_tasks::{self, Judged};
use super::folder::Line;
use crate::output;

/// Writes `results.csv`: per network the last validation loss, the mean training loss of its last windows, what both
/// cost, and where the networks were judged on tasks, what they came to after the last step. Networks that are not finished are left out.
///
/// # Errors
/// One sentence with the path.
pub fn write<'a>(out: &Path, names: impl Iterator<Item = &'a str>) -> anyhow::Result<()> {
    let rows: Vec<(&str, Row)> = names.filter_map(|name| Some((name, row(&out.join(name))?))).collect();
    let tasks: BTreeSet<&String> = rows.iter().flat_map(|(_, row)| row.judged.keys()).collect();
    let mut table = csv::Writer::from_writer(Vec::new());
    let columns = ["architecture", "steps", "validation_loss", "training_loss", "tokens", "seconds"];
    table.write_record(columns.into_iter().chain(tasks.iter().map(|task| task.as_str())))?;
    for (name, row) in &rows {
        let of_task = |task: &&String| row.judged.get(*task).and_then(|measured| measured.value);
        let judged = tasks.iter().map(|task| of_task(task).map_or_else(String::new, |value| value.to_string()));
        table.write_record(std::iter::once((*name).to_owned()).chain(row.losses.clone()).chain(judged))?;
    }
    output::write(&out.join("results.csv"), table.into_inner()?)
}

/// What is known of a network that is finished.
struct Row {
    /// Steps, losses, tokens and seconds.
    losses: [String; 5],
    /// After the last step.
    judged: Judged,
}

fn row(folder: &Path) -> Option<Row> {
    let log = std::fs::read_to_string(folder.join("log.jsonl")).ok()?;
    let lines: Vec<Line> = log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let last = lines.last()?;
    let validation = last.validation_loss()?;
    let window = &lines[lines.len().saturating_sub(LAST)..];
    let training = window.iter().map(|line| line.loss).sum::<f64>() / window.len() as f64;
    let tokens: usize = lines.iter().map(|line| line.tokens).sum();
    let losses = [
        last.step.to_string(),
        validation.to_string(),
        training.to_string(),
        tokens.to_string(),
        last.seconds.to_string(),
    ];
    Some(Row { losses, judged: checkpoint_tasks::found(folder, last.step).unwrap_or_default() })
}

/// Windows whose mean is the training loss.
const LAST: usize = 20;
