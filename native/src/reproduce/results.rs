//! `tests/RESULTS.md`: what the metrics are worth, computed from the tables, and what was measured and checked, from
//! recorded files. No number in it is typed.

mod recorded;
mod worth;

use std::path::PathBuf;

use untrained_core::benchmark::BENCHMARKS;

use crate::outcome::Outcome;
use crate::output;
use recorded::{Kind, Recorded};

/// Writes `tests/RESULTS.md`: correlations are computed, measurements and checks are read from recorded files
#[derive(Debug, clap::Args)]
pub struct Results {
    /// Markdown file to write
    #[arg(long, value_name = "FILE", value_parser = crate::parse::file())]
    out: PathBuf,
    /// Folder with the recorded files (JSON)
    #[arg(long, value_name = "DIR", default_value = "tests/results")]
    recorded: PathBuf,
}

impl Results {
    /// Writes the document.
    ///
    /// # Errors
    /// When a table or a recorded file cannot be read, or the document cannot be written.
    pub fn run(self) -> anyhow::Result<Outcome> {
        let recorded = recorded::read(&self.recorded)?;
        output::write(&self.out, document(&recorded)?)?;
        note!("{} recorded files in {}", recorded.len(), self.out.display());
        Ok(Outcome::Done)
    }
}

/// What the document says first.
const HEAD: &str = "\
# Results

Written by `untrained reproduce results --out tests/RESULTS.md`; do not edit. The correlations are computed from the tables
in `data/`, the measurements and checks are read from the files in `tests/results/`.

## What the metrics are worth

";

fn document(recorded: &[Recorded]) -> anyhow::Result<String> {
    let mut text = HEAD.to_owned() + &worth::overview()? + "\n" + &worth::measures() + "\n";
    for benchmark in BENCHMARKS {
        text += &worth::section(*benchmark)?;
    }
    text += &worth::recomputed()?;
    text += &worth::training()?;
    text += &worth::short_runs()?;
    for (kind, title) in [(Kind::Check, "What was checked"), (Kind::Measurement, "What was measured")] {
        text += &format!("## {title}\n\n");
        text.extend(recorded.iter().filter(|one| one.kind == kind).map(Recorded::section));
    }
    Ok(text.trim_end().to_owned() + "\n")
}
