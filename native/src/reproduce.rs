//! Makes what was published again, from the published tables.

mod figures;
mod folder;
mod intervals;
mod references;
mod results;
mod scores;
mod tables;

use crate::outcome::Outcome;

/// Makes the published tables and figures again, with the deviation from the published numbers
#[derive(Debug, clap::Args)]
pub struct Reproduce {
    /// What to make
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    Figures(figures::Figures),
    Intervals(intervals::Intervals),
    Results(results::Results),
    Scores(scores::Scores),
    Tables(tables::Tables),
}

impl Reproduce {
    /// Runs the requested reproduction.
    ///
    /// # Errors
    /// When a table cannot be read or a file cannot be written.
    pub fn run(self) -> anyhow::Result<Outcome> {
        match self.what {
            What::Figures(figures) => figures.run(),
            What::Intervals(intervals) => intervals.run(),
            What::Results(results) => results.run(),
            What::Scores(scores) => scores.run(),
            What::Tables(tables) => tables.run(),
        }
    }
}
