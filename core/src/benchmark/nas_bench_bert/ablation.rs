//! The published ablations: ten encoders scored ten times, with other inputs or, so it was meant, other initial
//! weights.

use super::{ABOUT, FILES, METRICS, SCORES, TRAINED, keyed, trained};
use crate::Result;
use crate::benchmark::ablation::load;
use crate::benchmark::{Ablation, File, Table};

/// The table of an ablation.
pub fn file(which: Ablation) -> File<'static> {
    match which {
        Ablation::Batch => File {
            name: "nas-bench-bert/batch_ablation.csv",
            bytes: include_bytes!("../../../../data/nas-bench-bert/batch_ablation.csv"),
        },
        Ablation::Initialization => File {
            name: "nas-bench-bert/initialization_ablation.csv",
            bytes: include_bytes!("../../../../data/nas-bench-bert/initialization_ablation.csv"),
        },
    }
}

/// The rows of an ablation: one per encoder and repetition.
///
/// # Errors
/// [`Error::Table`](crate::Error::Table) with the line that cannot be read.
pub fn ablation(which: Ablation) -> Result<Table> {
    let scores = keyed(File::find(FILES, SCORES)?, "id", &METRICS)?;
    let all = trained(File::find(FILES, TRAINED)?, &scores)?;
    load(&ABOUT, file(which), &METRICS, |id| all.get(id as usize).map(|one| (one.row, one.glue)))
}
