//! `untrained correlate`: what training-free scores are worth on a published benchmark.

mod told;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use untrained_core::benchmark::{Benchmark, Kind, Question, Table, Worth, find, judge, records};
use untrained_core::metric::{METRICS, transformer};
use untrained_core::rank::Resampling;
use untrained_core::{Error, nearest, record};

use crate::benchmark::Settings;
use crate::outcome::{Outcome, Usage};
use crate::report::{self, Format};
use crate::setup;

/// Architectures without which nothing can be said of a metric.
const FEWEST: usize = 2;

/// Tells what training-free scores are worth on a benchmark, beside its noise ceiling and trivial baselines
#[derive(Debug, clap::Args)]
pub struct Correlate {
    /// Scores as `untrained benchmark` or `untrained merge` writes them; '-' for standard input
    #[arg(required_unless_present = "published", conflicts_with = "published")]
    file: Option<PathBuf>,
    /// Judge the scores that were published for the benchmark
    #[arg(long)]
    published: bool,
    /// Benchmark whose losses are the truth
    #[arg(long, value_name = "NAME")]
    benchmark: String,
    /// Metric to judge, one of your own too; may be repeated; all known ones by default
    #[arg(long, value_name = "ID")]
    metric: Vec<String>,
    /// Count an architecture once, with the mean loss of its runs, instead of once per run
    #[arg(long)]
    average_runs: bool,
    /// Judge groups of networks apart: by 'states' in nas-bench-nlp, by 'layers' in the others
    #[arg(long, value_name = "PROPERTY")]
    by: Option<String>,
    /// Also use the networks with a loss that the published scores leave out
    #[arg(long, conflicts_with = "published")]
    all_networks: bool,
    /// Resamples of the architectures for the 95 % interval of tau; 0 for none
    #[arg(long, default_value_t = Resampling::STANDARD.resamples)]
    resamples: u32,
    /// Seed of the resamples
    #[arg(long, default_value_t = Resampling::STANDARD.seed)]
    seed: u32,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

impl Correlate {
    /// Judges, prints the numbers on standard output and what to know about them on standard error.
    pub fn run(self) -> anyhow::Result<Outcome> {
        let benchmark = find(&self.benchmark)?;
        let group = benchmark.about().group;
        if let Some(by) = self.by.as_ref().filter(|by| *by != group) {
            return Err(nearest::unknown("property", by, [group]).into());
        }
        let table = match self.all_networks {
            true if !benchmark.about().one_measure => return Err(incomparable(benchmark).into()),
            true => benchmark.table()?,
            false => benchmark.table()?.scored(),
        };
        let (mut table, mut notes) = (table, Vec::new());
        if let Some(path) = &self.file {
            check_origin(path, benchmark)?;
            table = scored_by(path, benchmark, &table, (&self.metric, &mut notes))?;
            check(&self.metric, &table).with_context(|| format!("scores {}", setup::named(path)))?;
        }
        check(&self.metric, &table)?;
        table.columns.retain(|column| column.kind == Kind::Baseline || self.chosen(column.id));
        let mut worth = judge(&table, &self.question());
        for group in worth.chunk_by_mut(|a, b| a.group == b.group) {
            let order = |a: &Worth, b: &Worth| a.kind.cmp(&b.kind).then(strength(b).total_cmp(&strength(a)));
            group.sort_by(|a, b| order(a, b).then(a.metric.cmp(b.metric)));
        }
        check_enough(&worth)?;
        match self.format {
            Format::Table | Format::Markdown => report::print(self.format, &told::lines(&worth, self.by.is_some()))?,
            _ => report::print(self.format, &worth)?,
        }
        notes.extend(told::values(&table));
        notes.extend(told::not_defined(&worth));
        notes.extend(told::measures(&self, benchmark.about().loss));
        notes.extend(benchmark.about().problems.iter().map(|&problem| problem.to_owned()));
        told::below(&notes);
        Ok(Outcome::Done)
    }

    fn chosen(&self, id: &str) -> bool {
        self.metric.is_empty() || self.metric.iter().any(|metric| metric == id)
    }

    fn question(&self) -> Question {
        Question {
            resampling: Resampling { resamples: self.resamples, seed: self.seed },
            average_runs: self.average_runs,
            by_group: self.by.is_some(),
        }
    }
}

fn incomparable(benchmark: &dyn Benchmark) -> Usage {
    let id = benchmark.about().id;
    Usage(format!("{id}: the networks without published scores were measured otherwise, so --all-networks has no use"))
}

/// Whether a file holds scores of this benchmark, as far as the settings beside it tell.
fn check_origin(path: &Path, benchmark: &dyn Benchmark) -> anyhow::Result<()> {
    let (asked, name) = (benchmark.about().id, setup::named(path));
    match Settings::read(path)?.filter(|settings| settings.benchmark() != asked) {
        Some(other) => Err(Usage(format!("scores {name}: they are of {}, not of {asked}", other.benchmark())).into()),
        None => Ok(()),
    }
}

/// Whether there is something to correlate.
fn check_enough(worth: &[Worth]) -> Result<(), Usage> {
    let metrics = || worth.iter().filter(|worth| worth.kind == Kind::Metric);
    if metrics().next().is_none() || metrics().any(|worth| worth.architectures >= FEWEST) {
        return Ok(());
    }
    let most = metrics().map(|worth| worth.architectures).max().unwrap_or(0);
    Err(Usage(format!("architectures with a value and a result here: {most}; at least {FEWEST} are needed")))
}

fn strength(worth: &Worth) -> f64 {
    worth.measures.tau.map_or(0.0, f64::abs)
}

fn check(metrics: &[String], table: &Table) -> anyhow::Result<()> {
    match metrics.iter().find(|metric| table.column(metric).is_none()) {
        Some(unknown) => Err(nearest::unknown("metric", unknown, table.columns.iter().map(|column| column.id)).into()),
        None => Ok(()),
    }
}

/// Metrics that a file may hold: those of the table, those this program computes, and those that are `named`.
fn known_metrics(table: &Table, named: &[String]) -> Vec<&'static str> {
    let published = table.columns.iter().map(|column| column.id);
    let computed = METRICS.iter().map(|metric| metric.about());
    let computed = computed.chain(transformer::METRICS.iter().map(|metric| metric.about())).map(|about| about.id);
    // Typed once, and a column keeps its name for good.
    let own = named.iter().map(|name| &*name.clone().leak());
    let unpublished = computed.chain(own).filter(|id| table.column(id).is_none());
    published.chain(unpublished).collect()
}

/// What else an unknown metric may be.
fn hint(mut error: Error) -> Error {
    if let Error::Records { problem, .. } = &mut error
        && problem.starts_with("unknown metric")
    {
        problem.push_str(" (a metric of your own is named with --metric, too)");
    }
    error
}

/// The rows of the table for which the file has scores, of metrics that are known or `named`.
fn scored_by(
    path: &Path,
    benchmark: &dyn Benchmark,
    table: &Table,
    (named, notes): (&[String], &mut Vec<String>),
) -> anyhow::Result<Table> {
    let name = setup::named(path);
    let known = known_metrics(table, named);
    let scores =
        records::read(&name, record::text(&name, &setup::read_bytes(path, "scores")?)?, benchmark.about(), &known)
            .map_err(hint)?;
    if scores.is_empty() {
        return Err(Usage(format!("scores {name}: the file holds no score")).into());
    }
    let joined = records::join(table, &scores);
    if joined.table.rows.is_empty() {
        let id = benchmark.about().id;
        return Err(Usage(format!("scores {name}: none of its architectures has a loss in {id}")).into());
    }
    if joined.without_loss > 0 {
        notes.push(format!("{} architectures of {name} have no loss here, and are left out.", joined.without_loss));
    }
    if joined.repeated > 0 {
        notes
            .push(format!("{} scores of {name} repeat a metric of an architecture; means are taken.", joined.repeated));
    }
    Ok(joined.table)
}
