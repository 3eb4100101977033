//! Scores a whole benchmark, every distinct architecture once; can be stopped at any moment and goes on where it was.

mod journal;
mod merge;
mod settings;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use clap::Args;
use rayon::prelude::*;
use untrained_core::benchmark::{self as benchmarks, Benchmark as _, NasBenchNlp};
use untrained_core::device::Device;
use untrained_core::job::Job;
use untrained_core::memory::Engine;
use untrained_core::metric::Metric;
use untrained_core::network::recurrent::{Demand, Sizes};
use untrained_core::origin::Origin;
use untrained_core::probe::Needs;
use untrained_core::space::recurrent::{Published, Recipe, published};

use crate::args::{at_least_one, file};
use crate::device::{Choice, Lazy};
use crate::interrupt::Interrupt;
use crate::memory;
use crate::outcome::{Outcome, Usage};
use crate::progress::Progress;
use crate::score;
use crate::setup::{Setup, SizeArgs, TextArgs};
use journal::Journal;
pub use merge::Merge;
pub use settings::Settings;

/// Score every architecture of a benchmark once, into a file that is continued when it exists
#[derive(Debug, Args)]
pub struct Benchmark {
    /// Benchmark, a recurrent one
    #[arg(default_value = NasBenchNlp.about().id)]
    name: String,
    /// File of records, JSON Lines; what it already holds is kept and skipped
    #[arg(long, value_name = "FILE.jsonl", value_parser = file())]
    out: PathBuf,
    #[command(flatten)]
    text: TextArgs,
    /// Only the first N architectures of the shard
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    limit: Option<usize>,
    /// Only the I-th of N parts, counted from 1, so that several machines can share the work
    #[arg(long, value_name = "I/N", default_value = "1/1", value_parser = shard)]
    shard: (usize, usize),
    #[command(flatten)]
    size: SizeArgs,
    /// Where to run it
    #[arg(long, value_enum, default_value_t = Choice::Cpu, help_heading = "Running")]
    device: Choice,
}

/// A run over many architectures.
struct Run {
    setup: Setup,
    device: Device,
    journal: Journal,
    progress: Progress,
    interrupt: Interrupt,
    failed: AtomicUsize,
}

impl Benchmark {
    /// Scores what is missing in the file.
    ///
    /// # Errors
    /// What of the input cannot be used, or that the file cannot be written.
    pub fn run(self) -> anyhow::Result<Outcome> {
        let benchmark = recurrent(&self.name)?;
        let networks: Vec<Published> = distinct().collect();
        let chosen = Lazy::new(self.device);
        let fits = |sizes: &Sizes, needs: &Needs| chosen.check(|engine| check(&networks, engine, (sizes, needs)));
        let setup = Setup::new(&self.text, &self.size, None, fits)?;
        // Of the whole benchmark, so that all shards of one are scored on the same kind of device.
        let operations = |network: &Published| setup.job("", Arc::clone(&network.recipe)).operations();
        let device = chosen.get_for(networks.iter().map(operations).sum())?.clone();
        check(&networks, device.engine(), (&setup.sizes, &setup.needs()))?;
        let journal = Journal::open(&self.out, &Settings::new(benchmark.about().id, &setup, &device))?;
        let jobs = self.missing(networks, &setup, &journal);
        self.text.remark().iter().for_each(|remark| note!("{remark}"));
        note!("{} architectures to score, {} records already there", jobs.len(), journal.found());
        let interrupt = Interrupt::listen();
        let progress = Progress::new(jobs.len());
        let run = Run { setup, device, journal, progress, interrupt, failed: AtomicUsize::new(0) };
        let done = run.all(&jobs);
        run.progress.finish();
        // That the output is gone says more than what it made fail.
        run.journal.finish()?;
        done?;
        Ok(run.outcome(&self.out))
    }

    /// The jobs of this shard that the file does not hold, each with the metrics it lacks.
    fn missing(&self, networks: Vec<Published>, setup: &Setup, journal: &Journal) -> Vec<Missing> {
        let (part, parts) = self.shard;
        let shard = networks.into_iter().skip(part - 1).step_by(parts).take(self.limit.unwrap_or(usize::MAX));
        let missing = shard.map(|network| {
            let architecture = network.id.to_string();
            let lacks = |metric: &&&dyn Metric| !journal.holds(&architecture, metric.about().id);
            let metrics = setup.metrics.iter().filter(lacks).copied().collect();
            Missing { architecture, recipe: network.recipe, metrics }
        });
        missing.filter(|missing: &Missing| !missing.metrics.is_empty()).collect()
    }
}

/// The benchmark of that name, whose architectures are cells.
fn recurrent(name: &str) -> anyhow::Result<NasBenchNlp> {
    let (found, cells) = (benchmarks::find(name)?.about().id, NasBenchNlp.about().id);
    if found != cells {
        let told = format!("{found} holds no cells, and only cells can be scored as a whole benchmark: {cells}");
        return Err(Usage(told).into());
    }
    Ok(NasBenchNlp)
}

/// Checks every architecture before anything is made or written. On the CPU several are in memory at a time.
fn check(networks: &[Published], engine: Engine, (sizes, needs): (&Sizes, &Needs)) -> untrained_core::Result<()> {
    let at_once = if engine == Engine::Kernel { rayon::current_num_threads() } else { 1 };
    let memory = memory::available() / at_once;
    networks.iter().try_for_each(|network| {
        let recipe = &network.recipe;
        Demand { recipe, sizes, needs, words: None, weights_given: false, engine }.check(memory)
    })
}

/// Every architecture once.
fn distinct() -> impl Iterator<Item = Published> {
    published().into_iter().filter(|network| network.architecture == network.id)
}

/// An architecture, and the metrics it still lacks.
struct Missing {
    architecture: String,
    recipe: Arc<Recipe>,
    metrics: Vec<&'static dyn Metric>,
}

impl Run {
    /// On the processor several at a time, on another device one after another.
    fn all(&self, jobs: &[Missing]) -> anyhow::Result<()> {
        if matches!(self.device, Device::Processor) {
            jobs.par_iter().with_max_len(1).try_for_each(|job| self.one(job))
        } else {
            jobs.iter().try_for_each(|job| self.one(job))
        }
    }

    fn one(&self, missing: &Missing) -> anyhow::Result<()> {
        if self.interrupt.requested() {
            return Ok(());
        }
        let job = self.setup.job(missing.architecture.clone(), Arc::clone(&missing.recipe));
        let origin = Origin { benchmark: Some(NasBenchNlp.about().id.to_owned()), ..job.origin };
        match score::score(&Job { metrics: missing.metrics.clone(), origin, ..job }, &self.device) {
            Ok(records) => self.journal.add(&records)?,
            Err(error) => {
                self.failed.fetch_add(1, Ordering::Relaxed);
                self.progress.say(&format!("architecture {}: {error:#}", missing.architecture));
            }
        }
        self.progress.advance();
        Ok(())
    }

    fn outcome(&self, out: &std::path::Path) -> Outcome {
        let failed = self.failed.load(Ordering::Relaxed);
        if self.interrupt.requested() {
            note!("stopped; {} keeps what is finished, and the same command goes on", out.display());
            Outcome::Interrupted
        } else if failed > 0 {
            note!("{failed} architectures failed; the same command tries them again");
            Outcome::Partly
        } else {
            Outcome::Done
        }
    }
}

fn shard(text: &str) -> Result<(usize, usize), Usage> {
    let parsed = text.split_once('/').and_then(|(part, parts)| Some((part.parse().ok()?, parts.parse().ok()?)));
    match parsed {
        Some((part, parts)) if (1..=parts).contains(&part) => Ok((part, parts)),
        _ => Err(Usage(format!("'{text}' is no shard; write 1/4 for the first of four"))),
    }
}
