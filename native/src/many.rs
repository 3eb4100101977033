//! Many jobs, of any family and any command: planned, split into shards, written to a journal as they finish, and
//! continued where they ended.

mod journal;
mod merge;
mod plan;
mod settings;

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use clap::Args;
use rayon::prelude::*;
use untrained_core::device::Device;
use untrained_core::job::Job;
use untrained_core::progress::Progress as JobProgress;

use crate::attempt;
use crate::device::Lazy;
use crate::interrupt::Interrupt;
use crate::memory;
use crate::outcome::Outcome;
use crate::parse::{at_least_one, file};
use crate::progress::Progress;
use crate::timed::timed;
pub use journal::Journal;
pub use merge::Merge;
pub use plan::Plan;
use plan::Shard;
pub use settings::Settings;

/// Where the records of many jobs go, and which of the jobs are run
#[derive(Debug, Args)]
pub struct ManyArgs {
    /// File of records, JSON Lines; what it already holds is kept and skipped
    #[arg(long, value_name = "FILE.jsonl", value_parser = file())]
    out: PathBuf,
    #[command(flatten)]
    part: PartArgs,
}

/// Which of many jobs are run
#[derive(Debug, Clone, Copy, Args)]
pub struct PartArgs {
    /// Only the first N architectures of the shard
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    limit: Option<usize>,
    /// Only the I-th of N parts, counted from 1, so that several machines can share the work
    #[arg(long, value_name = "I/N", default_value = "1/1")]
    shard: Shard,
}

impl PartArgs {
    /// Its part of all jobs.
    pub fn of<T>(self, all: &[T]) -> impl Iterator<Item = &T> {
        self.shard.of(all, self.limit)
    }
}

impl ManyArgs {
    /// Scores what the file lacks of a plan. The device is chosen, and memory is checked, for all jobs of the plan, so
    /// that all of its shards are scored on the same kind of device.
    ///
    /// # Errors
    /// What does not fit into memory, that the device cannot be opened, or that the file cannot be written.
    pub fn run(&self, plan: &Plan, device: &Lazy) -> anyhow::Result<Outcome> {
        let device = device.get_for(plan.operations())?;
        plan.check_on(device.engine(), memory::available())?;
        let journal = Journal::open(&self.out, &plan.settings(device))?;
        let jobs =
            plan.missing(self.part.shard, self.part.limit, |architecture, metric| journal.holds(architecture, metric));
        plan.remarks.iter().for_each(|remark| note!("{remark}"));
        jobs.first().and_then(|job| job.remark_on(device.engine())).iter().for_each(|remark| note!("{remark}"));
        note!("{} architectures to score, {} records already there", jobs.len(), journal.found());
        let interrupt = Interrupt::listen();
        let progress = Progress::new(jobs.len());
        let run = Run { device, journal, progress, interrupt, failed: AtomicUsize::new(0) };
        let done = run.all(&jobs, plan.side_by_side(device.engine()));
        run.progress.finish();
        // That the output is gone says more than the failures that follow from it.
        run.journal.finish()?;
        done?;
        Ok(run.outcome(&self.out))
    }
}

/// A run over many jobs.
struct Run<'a> {
    device: &'a Device,
    journal: Journal,
    progress: Progress,
    interrupt: Interrupt,
    failed: AtomicUsize,
}

impl Run<'_> {
    fn all(&self, jobs: &[Job], side_by_side: bool) -> anyhow::Result<()> {
        if side_by_side {
            jobs.par_iter().with_max_len(1).try_for_each(|job| self.one(job))
        } else {
            jobs.iter().try_for_each(|job| self.one(job))
        }
    }

    fn one(&self, job: &Job) -> anyhow::Result<()> {
        if self.interrupt.requested() {
            return Ok(());
        }
        match attempt::on(self.device, |device| timed(job, device, &JobProgress::default())) {
            Ok(scored) => self.journal.add(&scored.records)?,
            Err(error) => {
                self.failed.fetch_add(1, Ordering::Relaxed);
                self.progress.say(&format!("architecture {}: {error:#}", &job.name));
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
