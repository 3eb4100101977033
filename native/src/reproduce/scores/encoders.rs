//! Encoders scored again. The published batch and seeds are not known, so ranks and levels are compared, not numbers.

use std::path::Path;
use std::sync::Arc;

use serde::Serialize;
use untrained_core::benchmark::nas_bench_bert::{METRICS, encoders, hooks};
use untrained_core::benchmark::{Benchmark as _, Column, NasBenchBert, replicate};
use untrained_core::device::Device;
use untrained_core::family::Family;
use untrained_core::job::Job;
use untrained_core::metric::{self, Metric};
use untrained_core::network::encoder::{Model, Sizes};
use untrained_core::network::{self, Batch, WeightSource};
use untrained_core::progress::Progress as JobProgress;
use untrained_core::rank::{quantile, tau_b};
use untrained_core::record::Record;
use untrained_core::space::encoder::Configuration;

use super::spread::spread;
use crate::attempt;
use crate::interrupt::Interrupt;
use crate::outcome::{Outcome, Usage};
use crate::progress::Progress;
use crate::report::{self, Format};
use crate::score::recurrent::TextArgs;
use crate::timed::timed;
use crate::word_pieces::WordPieces;

/// The column that counts what it sums up once for every hook the scoring process had placed by then.
const COUNTED_AGAIN: &str = "activation_distance";

/// Encoders from which on a tau tells something.
const TELLING: usize = 20;

/// From which tau on two scorings count as agreeing.
const AGREES: f64 = 0.9;

/// One published column against ours.
#[derive(Debug, Serialize)]
struct Row {
    metric: String,
    rows: usize,
    /// Kendall's tau-b of ours with the published one.
    tau: Option<f64>,
    /// That of two published scorings of the same networks.
    replicate_tau: Option<f64>,
    /// Ours divided by the published one.
    median_ratio: f64,
    agrees: bool,
}

/// What every encoder reads, and what is computed of it.
struct Bench {
    sizes: Sizes,
    batch: Arc<Batch>,
    metrics: Vec<&'static dyn Metric>,
}

/// Scores `limit` encoders, spread evenly, and prints one line per column.
///
/// # Errors
/// No text, or what of it cannot be used.
pub fn run(text: &TextArgs, limit: Option<usize>, format: Format) -> anyhow::Result<Outcome> {
    let (Some(corpus), [vocabulary]) = (&text.corpus, text.vocabulary.as_slice()) else {
        let problem = "the published scores were computed on web text cut into word pieces; give documents with --corpus and one list of word pieces with --vocabulary";
        return Err(Usage(problem.to_owned()).into());
    };
    let bench = Bench::new(corpus, vocabulary, &text.metrics)?;
    let drawn: Vec<Configuration> = encoders().collect();
    let ids = spread(&(0..drawn.len()).collect::<Vec<_>>(), limit);
    let interrupt = Interrupt::listen();
    let progress = Progress::new(ids.len());
    let mut scored = Vec::new();
    for id in ids {
        if interrupt.requested() {
            break;
        }
        let job = bench.job(id, &drawn[id]);
        let of = attempt::on(&Device::Cpu, |device| timed(&job, device, &JobProgress::default()))?;
        scored.push((id, of.records));
        progress.advance();
    }
    progress.finish();
    let table = NasBenchBert.table()?;
    let computed = |column: &&Column| bench.metrics.iter().any(|one| one.about().id == column.id);
    let columns = table.columns.iter().filter(|column| METRICS.contains(&column.id.as_str())).filter(computed);
    let rows: Vec<Row> = columns.filter_map(|column| compare(column, &scored).transpose()).collect::<Result<_, _>>()?;
    report::print(format, &rows)?;
    tell(&rows, scored.len(), &bench.sizes);
    Ok(if interrupt.requested() { Outcome::Interrupted } else { Outcome::Done })
}

impl Bench {
    fn new(corpus: &Path, vocabulary: &Path, metrics: &[String]) -> anyhow::Result<Self> {
        let words = WordPieces::open(vocabulary)?;
        let sizes = Sizes { vocabulary: Sizes::PUBLISHED.vocabulary.max(words.count()), ..Sizes::PUBLISHED };
        let batch = Batch::of_sequences(words.rows(corpus, &sizes)?.ids, None);
        Ok(Self { sizes, batch: Arc::new(batch), metrics: metric::select(Family::Encoder, metrics)? })
    }

    fn job(&self, id: usize, configuration: &Configuration) -> Job {
        let configuration = Arc::new(configuration.as_published());
        Job {
            name: id.to_string(),
            model: network::Model::Encoder(Model { configuration, sizes: self.sizes, weights: WeightSource::Seed(0) }),
            batch: Arc::clone(&self.batch),
            metrics: self.metrics.clone(),
            origin: Default::default(),
        }
    }
}

/// None where a column has no value that both know.
fn compare(column: &Column, scored: &[(usize, Vec<Record>)]) -> anyhow::Result<Option<Row>> {
    let hooks = if column.id == COUNTED_AGAIN { hooks() } else { Vec::new() };
    let pair = |(id, records): &(usize, Vec<Record>)| {
        let ours = records.iter().find(|record| record.metric == column.id)?.value;
        let theirs = column.values[*id] / hooks.get(*id).map_or(1.0, |&hooks| f64::from(hooks));
        Some((ours, theirs)).filter(|(ours, theirs)| ours.is_finite() && theirs.is_finite())
    };
    let (ours, theirs): (Vec<f64>, Vec<f64>) = scored.iter().filter_map(pair).unzip();
    let mut ratios: Vec<f64> = ours.iter().zip(&theirs).map(|(ours, theirs)| ours / theirs).collect();
    ratios.sort_by(f64::total_cmp);
    if ratios.is_empty() {
        return Ok(None);
    }
    let median_ratio = quantile(&ratios, 0.5);
    let tau = tau_b(&ours, &theirs);
    let agrees = tau.is_some_and(|tau| tau >= AGREES);
    let replicate_tau = replicate(NasBenchBert.about(), &column.id)?;
    Ok(Some(Row { metric: column.id.clone(), rows: ours.len(), tau, replicate_tau, median_ratio, agrees }))
}

fn tell(rows: &[Row], count: usize, sizes: &Sizes) {
    let Sizes { batch, sequence, .. } = sizes;
    note!("{count} encoders, drawn again from their ids, as published: batch {batch}, sequence {sequence}, seed 0");
    note!(
        "tau: ours with the published scores; replicate tau: two published scorings of the same networks; agrees: tau is at least {AGREES}"
    );
    let names = |agrees| {
        rows.iter().filter(|row| row.agrees == agrees).map(|row| row.metric.as_str()).collect::<Vec<_>>().join(", ")
    };
    if rows.iter().any(|row| row.metric == COUNTED_AGAIN) {
        note!("{COUNTED_AGAIN}: the published one divided by the hooks that its scoring had placed by then");
    }
    for (words, names) in [("these agree", names(true)), ("these do not", names(false))] {
        if !names.is_empty() {
            note!("{words}: {names}");
        }
    }
    if count < TELLING {
        note!("so few encoders tell little: take at least {TELLING}");
    }
}
