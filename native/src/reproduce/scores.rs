//! Recomputes published scores from nothing but ids, and tells how far they lie from what was published.

mod encoders;
mod spread;

use std::sync::Arc;

use clap::Args;
use rayon::prelude::*;
use serde::Serialize;
use untrained_core::benchmark::nas_bench_nlp::{MISTAKEN, Published, input_covariance, published};
use untrained_core::benchmark::{Benchmark, Column, NasBenchBert, NasBenchNlp, Table};
use untrained_core::device::Device;
use untrained_core::family::Family;
use untrained_core::job::Job;
use untrained_core::memory::Engine;
use untrained_core::metric::Metric;
use untrained_core::network::recurrent::{Sizes, Weights};
use untrained_core::rank::quantile;
use untrained_core::undefined::Undefined;
use untrained_core::{nearest, score};

use crate::interrupt::Interrupt;
use crate::outcome::{Outcome, Usage};
use crate::parse::at_least_one;
use crate::progress::Progress;
use crate::report::{self, Format};
use crate::score::recurrent::{Setup, SizeArgs, TextArgs, check_cells};
use spread::spread;

/// Recompute published scores from ids, with the deviation from the published numbers
#[derive(Debug, Args)]
pub struct Scores {
    /// Whose scores
    #[arg(long, value_name = "NAME", default_value = NasBenchNlp.about().id)]
    benchmark: String,
    #[command(flatten)]
    text: TextArgs,
    /// So many architectures, spread evenly over the published ones
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    limit: Option<usize>,
    /// How to print them
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

/// How near a value has to be to count as reproduced.
const NEAR: f64 = 1e-3;

/// One published column against ours.
#[derive(Debug, Serialize)]
struct Row {
    metric: String,
    rows: usize,
    median_deviation: f64,
    largest_deviation: f64,
    largest_at: u32,
    /// Share of the rows within [`NEAR`].
    share_near: f64,
    not_finite: usize,
}

/// One published architecture and what we make of it.
struct Scored {
    id: u32,
    /// Position in the published table.
    row: usize,
    /// By metric.
    values: Vec<(&'static str, f64)>,
}

impl Scores {
    /// Prints one line per column.
    ///
    /// # Errors
    /// No text, or what of it cannot be used.
    pub fn run(self) -> anyhow::Result<Outcome> {
        let known: [&dyn Benchmark; 2] = [&NasBenchNlp, &NasBenchBert];
        let benchmark = nearest::find("benchmark", &self.benchmark, &known, |benchmark| benchmark.about().id)?;
        if benchmark.about().family == Some(Family::Encoder) {
            return encoders::run(&self.text, self.limit, self.format);
        }
        self.cells()
    }

    fn cells(self) -> anyhow::Result<Outcome> {
        if self.text.corpus.is_none() || self.text.vocabulary.is_empty() {
            let problem = "the published scores were computed on the Penn Treebank test text; give it with --corpus and --vocabulary";
            return Err(Usage(problem.to_owned()).into());
        }
        let networks = published();
        let recipes = || networks.iter().map(|network| network.recipe.as_ref());
        let fits = |sizes: &Sizes, metrics: &[_]| Ok(check_cells(recipes(), Engine::Kernel, (sizes, metrics))?);
        let setup = Setup::new(&self.text, &SizeArgs::published(), None, fits)?;
        let table = NasBenchNlp.table()?.scored();
        let rows = spread(&distinct(&table), self.limit);
        let interrupt = Interrupt::listen();
        let progress = Progress::new(rows.len());
        let scored = rows.par_iter().with_max_len(1).filter_map(|&row| {
            let one = (!interrupt.requested()).then(|| recompute(&setup, &networks, &table, row));
            progress.advance();
            one
        });
        let scored = scored.collect::<anyhow::Result<Vec<Scored>>>()?;
        progress.finish();
        let columns =
            table.columns.iter().filter(|column| setup.metrics.iter().any(|metric| metric.about().id == column.id));
        let lines: Vec<Row> = columns.filter_map(|column| compare(column, &scored)).collect();
        report::print(self.format, &lines)?;
        tell(&lines, scored.len());
        Ok(if interrupt.requested() { Outcome::Interrupted } else { Outcome::Done })
    }
}

/// The first row of every architecture.
fn distinct(table: &Table) -> Vec<usize> {
    let mut seen = std::collections::HashSet::new();
    (0..table.rows.len()).filter(|&row| seen.insert(table.rows[row].architecture)).collect()
}

fn recompute(setup: &Setup, networks: &[Published], table: &Table, row: usize) -> anyhow::Result<Scored> {
    let id = table.rows[row].id;
    let recipe = &networks[id as usize].recipe;
    let (mistaken, metrics) = setup.metrics.iter().copied().partition(|metric| metric.about().id == MISTAKEN);
    let job = Job { metrics, ..setup.job(id.to_string(), Arc::clone(recipe)) };
    let scores = pollster::block_on(score::score(&job, &Device::Cpu))?.values;
    let value = |score: Result<f64, Undefined>| score.unwrap_or_else(|undefined| undefined.value);
    let ids = job.metrics.iter().map(|metric| metric.about().id);
    let mut values: Vec<_> = ids.zip(scores.into_iter().map(value)).collect();
    if let [metric] = Vec::<&dyn Metric>::as_slice(&mistaken) {
        let weights = Weights::from_seed(recipe, &setup.sizes, setup.sizes.layers, setup.seed.into());
        let published = input_covariance(&setup.batch, &weights.embedding, &setup.sizes);
        values.push((metric.about().id, value(published)));
    }
    Ok(Scored { id, row, values })
}

fn compare(column: &Column, scored: &[Scored]) -> Option<Row> {
    let pairs = scored.iter().filter_map(|scored| {
        let (_, value) = scored.values.iter().find(|(metric, _)| *metric == column.id)?;
        Some((scored.id, *value, column.values[scored.row]))
    });
    let (finite, other): (Vec<_>, Vec<_>) = pairs.partition(|(_, ours, theirs)| ours.is_finite() && theirs.is_finite());
    let mut deviations: Vec<(f64, u32)> =
        finite.iter().map(|(id, ours, theirs)| ((ours - theirs).abs() / theirs.abs(), *id)).collect();
    deviations.sort_by(|a, b| a.0.total_cmp(&b.0));
    let &(largest_deviation, largest_at) = deviations.last()?;
    let near = deviations.iter().filter(|(deviation, _)| *deviation <= NEAR).count();
    Some(Row {
        metric: column.id.clone(),
        rows: deviations.len(),
        median_deviation: quantile(&deviations.iter().map(|(deviation, _)| *deviation).collect::<Vec<_>>(), 0.5),
        largest_deviation,
        largest_at,
        share_near: near as f64 / deviations.len() as f64,
        not_finite: other.len(),
    })
}

fn tell(lines: &[Row], count: usize) {
    let Sizes { embedding, hidden, layers, batch, steps, .. } = Sizes::PUBLISHED;
    note!(
        "{count} architectures, regenerated from their ids; embedding {embedding}, hidden {hidden}, layers {layers}, batch {batch}, steps {steps}, seed 0"
    );
    note!(
        "deviations are relative to the published number; share near: the share of the rows within 0.001; not finite: the rows in which either number is not, left out of the rest"
    );
    if lines.iter().any(|line| line.metric == MISTAKEN) {
        note!("{MISTAKEN}: recomputed as it was published, from the embedded words, and not from a gradient");
    }
}
