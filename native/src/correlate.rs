//! `untrained correlate`: how well training-free scores predict the results of training, those of a published benchmark
//! or of a user's own.

mod notes;
mod source;

use std::path::PathBuf;

use untrained_core::benchmark::{Evaluation, EvaluationOptions, Kind, Table, evaluate};
use untrained_core::nearest;
use untrained_core::rank::{Direction, Resampling};

use crate::outcome::{Outcome, Usage};
use crate::report::{self, Format};

/// Architectures without which nothing can be said of a metric.
const FEWEST: usize = 2;

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
    file: Option<PathBuf>,
    /// Evaluate the scores that were published for the benchmark
    #[arg(long)]
    published: bool,
    /// Benchmark whose results are to be predicted
    #[arg(long, value_name = "NAME", required_unless_present = "against")]
    benchmark: Option<String>,
    /// Results of your own to predict, as CSV
    #[arg(long, value_name = "RESULTS", conflicts_with_all = ["benchmark", "published", "all_networks", "by"])]
    against: Option<PathBuf>,
    /// Column of the results to predict; by default the one named result, target, loss, perplexity or accuracy, or the
    /// only one
    #[arg(long, value_name = "COLUMN", requires = "against")]
    target: Option<String>,
    /// Which values of the target are better; by default what its name suggests
    #[arg(long, value_enum, requires = "against")]
    better: Option<Better>,
    /// Column of the results whose values are evaluated separately
    #[arg(long, value_name = "COLUMN", requires = "against")]
    group: Option<String>,
    /// Metric to evaluate, one of your own too; may be repeated; all of the file by default
    #[arg(long, value_name = "ID")]
    metric: Vec<String>,
    /// Count an architecture once, with the mean result of its runs, instead of once per run
    #[arg(long)]
    average_runs: bool,
    /// Evaluate groups of networks separately: by 'states' in nas-bench-nlp, by 'layers' in the others
    #[arg(long, value_name = "PROPERTY")]
    by: Option<String>,
    /// Also use the networks with a result that the published scores leave out
    #[arg(long, conflicts_with = "published")]
    all_networks: bool,
    /// Resamples of the architectures for the 95 % intervals; 0 for none
    #[arg(long, default_value_t = Resampling::STANDARD.resamples)]
    resamples: u32,
    /// Seed of the resamples
    #[arg(long, default_value_t = Resampling::STANDARD.seed)]
    seed: u32,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

/// Which values of a target are better, as it is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Better {
    /// Low values, as of a loss.
    Lower,
    /// High values, as of an accuracy.
    Higher,
}

impl Better {
    const fn direction(self) -> Direction {
        match self {
            Self::Lower => Direction::Lower,
            Self::Higher => Direction::Higher,
        }
    }
}

impl Correlate {
    /// Evaluates, prints the numbers on standard output and what to know about them on standard error.
    ///
    /// # Errors
    /// What of the files cannot be used, or that standard output is full.
    pub fn run(self) -> anyhow::Result<Outcome> {
        let source::Source { mut table, mut notes } = source::read(&self)?;
        table.columns.retain(|column| column.kind != Kind::Metric || self.selects(&column.id));
        let mut evaluations = evaluate(&table, &self.options());
        for group in evaluations.chunk_by_mut(|a, b| a.group == b.group) {
            let order = |a: &Evaluation, b: &Evaluation| a.kind.cmp(&b.kind).then(strength(b).total_cmp(&strength(a)));
            group.sort_by(|a, b| order(a, b).then_with(|| a.metric.cmp(&b.metric)));
        }
        check_enough(&evaluations)?;
        match self.format {
            Format::Table | Format::Markdown => {
                report::print(self.format, &notes::lines(&evaluations, self.is_grouped()))?
            }
            _ => report::print(self.format, &evaluations)?,
        }
        notes.extend(notes::values(&table));
        notes.extend(notes::not_defined(&evaluations));
        notes.extend(notes::measures(&self, &table, &evaluations));
        notes.extend(table.about.problems.iter().map(|&problem| problem.to_owned()));
        notes::below(&notes);
        Ok(Outcome::Done)
    }

    fn selects(&self, id: &str) -> bool {
        self.metric.is_empty() || self.metric.iter().any(|metric| metric == id)
    }

    const fn is_grouped(&self) -> bool {
        self.by.is_some() || self.group.is_some()
    }

    fn options(&self) -> EvaluationOptions {
        EvaluationOptions {
            resampling: Resampling { resamples: self.resamples, seed: self.seed },
            average_runs: self.average_runs,
            by_group: self.is_grouped(),
            compare: self.file.is_some(),
        }
    }

    /// Whether all metrics that were named are there.
    fn check(&self, table: &Table) -> anyhow::Result<()> {
        let known = || table.columns.iter().filter(|column| column.kind != Kind::Published);
        let known = || known().map(|column| column.id.as_str());
        match self.metric.iter().find(|metric| known().all(|known| known != metric.as_str())) {
            Some(unknown) => Err(nearest::unknown("metric", unknown, known()).into()),
            None => Ok(()),
        }
    }
}

/// Whether there is something to correlate.
fn check_enough(evaluations: &[Evaluation]) -> Result<(), Usage> {
    let metrics = || evaluations.iter().filter(|evaluation| evaluation.kind == Kind::Metric);
    if metrics().next().is_none() || metrics().any(|evaluation| evaluation.architectures >= FEWEST) {
        return Ok(());
    }
    let most = metrics().map(|evaluation| evaluation.architectures).max().unwrap_or(0);
    Err(Usage(format!("architectures with a value and a result here: {most}; at least {FEWEST} are needed")))
}

fn strength(evaluation: &Evaluation) -> f64 {
    evaluation.measures.tau.map_or(0.0, f64::abs)
}
