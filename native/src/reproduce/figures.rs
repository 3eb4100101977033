//! The published figures again, each an SVG file named after its metric.

mod ablations;
mod scatters;
mod summary;
mod words;

use std::path::{Path, PathBuf};

use untrained_core::benchmark::{Benchmark as _, NasBenchNlp, Question, Table, Worth, judge};
use untrained_core::chart::{Chart, Theme, svg};
use untrained_core::rank::Resampling;

use super::folder::Folder;
use crate::outcome::Outcome;

/// Draws the published figures: every metric against the loss, the ablations, and what each metric is worth
#[derive(Debug, clap::Args)]
pub struct Figures {
    /// Folder for the SVG files, which is made where it does not exist
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Colours
    #[arg(long, value_enum, default_value = "light")]
    theme: Look,
}

/// Colours of the figures.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Look {
    /// Dark on white.
    Light,
    /// Light on near black.
    Dark,
}

impl Look {
    const fn theme(self) -> Theme {
        match self {
            Self::Light => Theme::LIGHT,
            Self::Dark => Theme::DARK,
        }
    }
}

/// The same as `untrained correlate` does by itself, so that a figure and a table show the same interval.
const RESAMPLING: Resampling = Resampling { resamples: 1_000, seed: 0 };

impl Figures {
    /// Draws all figures.
    ///
    /// # Errors
    /// When a table cannot be read or a file cannot be written.
    pub fn run(self) -> anyhow::Result<Outcome> {
        figures(&self.out, self.theme.theme())
    }
}

/// Draws all figures of NAS-Bench-NLP into the folder `out`.
///
/// # Errors
/// When a table cannot be read or a file cannot be written.
pub fn figures(out: &Path, theme: Theme) -> anyhow::Result<Outcome> {
    let mut desk = Desk { folder: Folder::open(out)?, theme };
    let data = Data::load()?;
    summary::draw(&data, &mut desk)?;
    scatters::draw(&data, &mut desk)?;
    ablations::draw(&mut desk)?;
    eprintln!(
        "{} figures of {} trained networks in {}",
        desk.folder.files,
        words::count(data.table.rows.len()),
        out.display()
    );
    Ok(Outcome::Done)
}

/// What the figures show.
struct Data {
    /// The rows that have scores.
    table: Table,
    /// What each column is worth, in the order of the columns, after the noise ceiling.
    worth: Vec<Worth>,
}

impl Data {
    fn load() -> anyhow::Result<Self> {
        let table = NasBenchNlp.table()?.scored();
        let worth = judge(&table, &Question { resampling: RESAMPLING, average_runs: false, by_states: false });
        Ok(Self { table, worth })
    }
}

/// Where figures are drawn: a folder and a theme.
struct Desk {
    folder: Folder,
    theme: Theme,
}

impl Desk {
    /// Draws `chart` of `size` into the file `name.svg`.
    fn draw(&mut self, name: &str, chart: &impl Chart, size: (u32, u32)) -> anyhow::Result<()> {
        self.folder.write(&format!("{name}.svg"), &svg(chart, size, &self.theme)?)
    }
}
