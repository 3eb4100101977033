//! The intervals that the explorer shows, computed again.

use std::path::PathBuf;

use untrained_core::benchmark::intervals;

use super::folder::Folder;
use crate::outcome::Outcome;

/// Computes the intervals of tau-b that the explorer shows, and says whether they are those of `data/`
#[derive(Debug, clap::Args)]
pub struct Intervals {
    /// Folder for the CSV file, which is made where it does not exist
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

impl Intervals {
    /// Writes the table.
    ///
    /// # Errors
    /// When a table cannot be read or the file cannot be written.
    pub fn run(self) -> anyhow::Result<Outcome> {
        let mut folder = Folder::open(&self.out)?;
        let table = intervals::compute()?;
        folder.write(intervals::FILE.name, &table)?;
        let known: std::collections::HashSet<&[u8]> = intervals::FILE.bytes.split(|byte| *byte == b'\n').collect();
        let (same, all) = (table.lines().filter(|line| known.contains(line.as_bytes())).count(), table.lines().count());
        note!("{} of {} intervals are those of this program's table", same.saturating_sub(1), all - 1);
        Ok(if same == all { Outcome::Done } else { Outcome::Partly })
    }
}
