//! The published figures again, each an SVG file named after its metric.

use std::path::{Path, PathBuf};

use untrained_core::benchmark::intervals::Scores;
use untrained_core::benchmark::nas_bench_nlp::short_runs::{Compared, SHORT_RUNS, short_runs};
use untrained_core::benchmark::{About, Benchmark, EvaluationOptions, ablation, evaluate, find};
use untrained_core::chart::{Chart, Theme, svg};
use untrained_core::figure::{self, words};

use super::folder::Folder;
use crate::outcome::Outcome;

/// Draws the published figures: every metric against the loss, the ablations, and what each metric is worth
#[derive(Debug, clap::Args)]
pub struct Figures {
    /// Folder for the SVG files, which is made where it does not exist
    #[arg(long, value_name = "DIR", value_parser = crate::parse::file())]
    out: PathBuf,
    /// Benchmark
    #[arg(long, value_name = "NAME", default_value = "nas-bench-nlp")]
    benchmark: String,
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

/// Width of the summary; its height follows from its rows.
const SUMMARY_WIDTH: u32 = 760;

impl Figures {
    /// Draws all figures.
    ///
    /// # Errors
    /// When a table cannot be read or a file cannot be written.
    pub fn run(self) -> anyhow::Result<Outcome> {
        figures(&self.out, find(&self.benchmark)?, self.theme.theme())
    }
}

/// Draws all figures of a benchmark into the folder `out`.
///
/// # Errors
/// When a table cannot be read or a file cannot be written.
pub fn figures(out: &Path, benchmark: &dyn Benchmark, theme: Theme) -> anyhow::Result<Outcome> {
    let mut desk = Desk { folder: Folder::open(out)?, theme };
    let table = benchmark.table()?.scored();
    let evaluations = evaluate(&table, &EvaluationOptions::default());
    let summary = figure::summary(&table, Scores::Published, &evaluations)?;
    desk.draw("summary", &summary, (SUMMARY_WIDTH, summary.height(SUMMARY_WIDTH, &desk.theme)))?;
    for (column, evaluation) in figure::metrics(&table, &evaluations) {
        desk.draw(&column.id, &figure::scatter(&table, column, evaluation), (720, 480))?;
    }
    if figure::metrics(&table, &evaluations).next().is_some() {
        desk.draw("overview", &figure::overview(&table, &evaluations), (1120, 920))?;
    }
    if table.about.curves {
        let runs = short_runs(SHORT_RUNS)?;
        desk.draw("bought", &figure::training::bought(&Compared::new(&runs, &table)), (SUMMARY_WIDTH, 460))?;
    }
    desk.ablations(&table.about)?;
    note!(
        "{} figures of {} {} in {}",
        desk.folder.files,
        words::count(table.rows.len()),
        table.about.networks,
        out.display()
    );
    Ok(Outcome::Done)
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

    /// One figure per ablation and metric.
    fn ablations(&mut self, about: &About) -> anyhow::Result<()> {
        for (which, _) in about.ablations {
            let table = ablation(about.id, *which)?;
            for column in &table.columns {
                let name = format!("{}_ablation_{}", which.name(), column.id);
                self.draw(&name, &figure::ablation(*which, &table, column), (960, 440))?;
            }
        }
        Ok(())
    }
}
