//! The published ablations: ten cells scored ten times, with other inputs or with other initial weights.

use std::collections::HashMap;

use super::{ABOUT, FILES, LOSSES, METRICS, losses};
use crate::Result;
use crate::benchmark::ablation::load;
use crate::benchmark::{Ablation, File, Row, Table};

/// The table of an ablation.
pub fn file(which: Ablation) -> File<'static> {
    match which {
        Ablation::Batch => File {
            name: "nas-bench-nlp/batch_ablation.csv",
            bytes: include_bytes!("../../../../data/nas-bench-nlp/batch_ablation.csv"),
        },
        Ablation::Initialization => File {
            name: "nas-bench-nlp/initialization_ablation.csv",
            bytes: include_bytes!("../../../../data/nas-bench-nlp/initialization_ablation.csv"),
        },
    }
}

/// The rows of an ablation: one per cell and repetition.
///
/// # Errors
/// [`Error::Table`](crate::Error::Table) with the line that cannot be read.
pub fn ablation(which: Ablation) -> Result<Table> {
    let runs = losses(File::find(FILES, LOSSES)?)?;
    let known: HashMap<u32, (Row, f64)> = runs.iter().map(|run| (run.id, (run.row(true), run.loss))).collect();
    load(&ABOUT, file(which), &METRICS, |id| known.get(&id).copied())
}
