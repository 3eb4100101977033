//! The arguments of `untrained correlate`.

use std::path::PathBuf;

use untrained_core::benchmark::{EvaluationOptions, Kind, Table};
use untrained_core::nearest;
use untrained_core::rank::{Direction, Resampling};

use crate::report::Format;

/// Evaluates training-free scores against the results of training, with the noise ceiling and trivial baselines
///
/// The results are those of a published benchmark (--benchmark), or a CSV file of your own (--against) with a column
/// 'architecture' or 'id', a column to predict, and any counts to use as baselines. Networks that were trained more
/// than once have a row for each run. Scores are JSON Lines as 'untrained benchmark' writes them, or CSV with a column
/// per metric.
#[derive(Debug, clap::Args)]
pub struct Correlate {
    /// Scores: JSON Lines, JSON or CSV; '-' for standard input
    #[arg(required_unless_present = "published", conflicts_with = "published")]
    pub(super) file: Option<PathBuf>,
    /// Evaluate the scores that were published for the benchmark
    #[arg(long)]
    pub(super) published: bool,
    /// Benchmark whose results are to be predicted
    #[arg(long, value_name = "NAME", required_unless_present = "against")]
    pub(super) benchmark: Option<String>,
    /// Results of your own to predict, as CSV
    #[arg(long, value_name = "RESULTS", conflicts_with_all = ["benchmark", "published", "all_networks", "by"])]
    pub(super) against: Option<PathBuf>,
    /// Column of the results to predict; by default the one named result, target, loss, perplexity or accuracy, or the
    /// only one
    #[arg(long, value_name = "COLUMN", requires = "against")]
    pub(super) target: Option<String>,
    /// Which values of the target are better; by default what its name suggests
    #[arg(long, value_enum, requires = "against")]
    pub(super) better: Option<Better>,
    /// Column of the results whose values are evaluated separately
    #[arg(long, value_name = "COLUMN", requires = "against")]
    pub(super) group: Option<String>,
    /// Metric to evaluate, one of your own too; may be repeated; all of the file by default
    #[arg(long, value_name = "ID")]
    pub(super) metric: Vec<String>,
    /// Count an architecture once, with the mean result of its runs, instead of once per run
    #[arg(long)]
    pub(super) average_runs: bool,
    /// Evaluate groups of networks separately: by 'states' in nas-bench-nlp, by 'layers' in the others
    #[arg(long, value_name = "PROPERTY")]
    pub(super) by: Option<String>,
    /// Also use the networks with a result that the published scores leave out
    #[arg(long, conflicts_with = "published")]
    pub(super) all_networks: bool,
    /// Resamples of the architectures for the 95 % intervals; 0 for none
    #[arg(long, default_value_t = Resampling::STANDARD.resamples)]
    pub(super) resamples: u32,
    /// Seed of the resamples
    #[arg(long, default_value_t = Resampling::STANDARD.seed)]
    pub(super) seed: u32,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(super) format: Format,
}

/// Which values of a target are better, as it is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Better {
    /// Low values, as of a loss.
    Lower,
    /// High values, as of an accuracy.
    Higher,
}

impl Better {
    pub(super) const fn direction(self) -> Direction {
        match self {
            Self::Lower => Direction::Lower,
            Self::Higher => Direction::Higher,
        }
    }
}

impl Correlate {
    /// Whether a metric is evaluated.
    pub(super) fn selects(&self, id: &str) -> bool {
        self.metric.is_empty() || self.metric.iter().any(|metric| metric == id)
    }

    /// Whether groups are evaluated separately.
    pub(super) const fn is_grouped(&self) -> bool {
        self.by.is_some() || self.group.is_some()
    }

    /// How the metrics are evaluated.
    pub(super) fn options(&self) -> EvaluationOptions {
        EvaluationOptions {
            resampling: Resampling { resamples: self.resamples, seed: self.seed },
            average_runs: self.average_runs,
            by_group: self.is_grouped(),
            compare: self.file.is_some(),
        }
    }

    /// Whether all metrics that were named are there.
    pub(super) fn check(&self, table: &Table) -> anyhow::Result<()> {
        let known = || table.columns.iter().filter(|column| column.kind != Kind::Published);
        let known = || known().map(|column| column.id.as_str());
        match self.metric.iter().find(|metric| known().all(|known| known != metric.as_str())) {
            Some(unknown) => Err(nearest::unknown("metric", unknown, known()).into()),
            None => Ok(()),
        }
    }
}
