//! The table of trained networks: one row each, as published tables have it.

use std::path::Path;

use super::folder::Line;
use crate::output;

/// Writes `results.csv`: per network the last validation loss, the mean training loss of its last windows, and what
/// both cost. Networks that are not finished are left out.
///
/// # Errors
/// One sentence with the path.
pub fn write<'a>(out: &Path, names: impl Iterator<Item = &'a str>) -> anyhow::Result<()> {
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(["architecture", "steps", "validation_loss", "training_loss", "tokens", "seconds"])?;
    for name in names {
        let Ok(log) = std::fs::read_to_string(out.join(name).join("log.jsonl")) else { continue };
        let lines: Vec<Line> = log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let Some((last, validation)) = lines.last().and_then(|last| Some((last, last.validation_loss()?))) else {
            continue;
        };
        let window = &lines[lines.len().saturating_sub(LAST)..];
        let training = window.iter().map(|line| line.loss).sum::<f64>() / window.len() as f64;
        let tokens: usize = lines.iter().map(|line| line.tokens).sum();
        table.write_record([
            name.to_owned(),
            last.step.to_string(),
            validation.to_string(),
            training.to_string(),
            tokens.to_string(),
            last.seconds.to_string(),
        ])?;
    }
    output::write(&out.join("results.csv"), table.into_inner()?)
}

/// Windows whose mean is the training loss.
const LAST: usize = 20;
