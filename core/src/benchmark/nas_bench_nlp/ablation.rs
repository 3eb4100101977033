//! The published ablations: ten cells scored ten times, with other inputs or with other initial weights.

use std::collections::HashMap;

use super::{ABOUT, FILES, LOSSES, METRICS, Run, losses};
use crate::Result;
use crate::benchmark::sheet::{read, whole};
use crate::benchmark::{Column, File, Kind, Table};

/// What was varied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ablation {
    /// The minibatch: windows of the same text, each one token later.
    Batch,
    /// The seed of the initial weights.
    Initialization,
}

impl Ablation {
    /// Both, in the order in which they are shown.
    pub const ALL: [Self; 2] = [Self::Batch, Self::Initialization];

    /// Its table.
    pub fn file(self) -> File<'static> {
        match self {
            Self::Batch => File {
                name: "nas-bench-nlp/batch_ablation.csv",
                bytes: include_bytes!("../../../../data/nas-bench-nlp/batch_ablation.csv"),
            },
            Self::Initialization => File {
                name: "nas-bench-nlp/initialization_ablation.csv",
                bytes: include_bytes!("../../../../data/nas-bench-nlp/initialization_ablation.csv"),
            },
        }
    }
}

/// The rows of an ablation: one per cell and repetition, which is the `run` of the row.
///
/// # Errors
/// [`Error::Table`](crate::Error::Table) with the line that cannot be read.
pub fn ablation(which: Ablation) -> Result<Table> {
    load(which.file(), File::find(FILES, LOSSES)?)
}

/// The rows of an ablation from the bytes of its table and of the losses.
///
/// # Errors
/// [`Error::Table`](crate::Error::Table) with the line that cannot be read, or whose network has no loss.
pub fn load(scores: File<'_>, of: File<'_>) -> Result<Table> {
    let header: Vec<&str> = ["id", "repetition"].into_iter().chain(METRICS).collect();
    let runs: HashMap<u32, Run> = losses(of)?.into_iter().map(|run| (run.id, run)).collect();
    let rows: Vec<(Run, u32, Vec<f64>)> = read(scores.name, &header, scores.bytes, |cells| {
        let id = whole(cells[0])?;
        let run = runs.get(&id).ok_or_else(|| format!("network {id} has no loss"))?;
        Ok((*run, whole(cells[1])?, cells[2..].to_vec()))
    })?;
    let column = |(at, id): (usize, &'static str)| Column {
        id,
        kind: Kind::Metric,
        values: rows.iter().map(|(.., scores)| scores[at]).collect(),
    };
    Ok(Table {
        about: &ABOUT,
        columns: METRICS.into_iter().enumerate().map(column).collect(),
        loss: rows.iter().map(|(run, ..)| run.loss).collect(),
        rows: rows
            .iter()
            .map(|(run, repetition, _)| crate::benchmark::Row { run: *repetition, ..run.row(true) })
            .collect(),
    })
}
