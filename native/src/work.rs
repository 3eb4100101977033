//! The worker of the companion: a separate process that scores and trains, one task after another, so that a task that fails, takes
//! too long or is cancelled can be ended without affecting anything else.

use std::collections::BTreeSet;
use std::io::{self, BufRead as _, Write as _};
use std::sync::mpsc::{self, Receiver};

use anyhow::Context as _;
use clap::Args;
use untrained_core::device::Device;
use untrained_core::memory::Engine;
use untrained_core::progress::Progress;
use untrained_core::task::{AnyTask, Event, Task, TrainingTask};

use crate::attempt;
use crate::device::Choice;
use crate::memory;
use crate::outcome::Outcome;
use crate::timed::{Scored, timed};

/// Run the tasks on standard input, one a line, and write their events to standard output
#[derive(Debug, Args)]
#[command(hide = true)]
pub struct Work {
    /// Where to run them
    #[arg(long, value_enum, default_value_t = Choice::Auto)]
    device: Choice,
}

impl Work {
    /// Runs tasks until there are no more.
    ///
    /// # Errors
    /// When the device cannot be opened, or the companion is gone.
    pub fn run(&self) -> anyhow::Result<Outcome> {
        let mut opened = None;
        for line in tasks() {
            let task = serde_json::from_str(&line?).context("a line that is not a task")?;
            let records = match task {
                AnyTask::Score(task) => self.score(&task, &mut opened),
                AnyTask::Train(task) => self.train(&task, &mut opened),
            };
            let last = match records {
                Ok(records) => Event::Finished { records },
                Err(error) => Event::Problem(error.to_string()),
            };
            report(&last)?;
        }
        Ok(Outcome::Done)
    }

    /// The device for work of so many operations. A GPU is opened for the first task that is worth it.
    fn device(&self, operations: f64, opened: &mut Option<Device>) -> anyhow::Result<Device> {
        if self.device.is_small(operations) {
            return Ok(Device::Cpu);
        }
        match opened {
            Some(device) => Ok(device.clone()),
            None => Ok(opened.insert(self.device.open()?).clone()),
        }
    }

    /// Scores a task and reports its records.
    fn score(&self, task: &Task, opened: &mut Option<Device>) -> anyhow::Result<usize> {
        let memory = memory::available();
        let job = match task.job_on(Engine::Kernel, memory) {
            Err(_) if self.device != Choice::Cpu => task.job_on(Engine::GPU, memory)?,
            job => job?,
        };
        let device = self.device(job.operations(), opened)?;
        job.check_on(device.engine(), memory)?;
        report(&Event::Started { device: device.name().to_owned() })?;
        // If the companion no longer reads, it has ended this process.
        let progress = |share| report(&Event::Progress(share)).unwrap_or_default();
        let run = |device: &Device| timed(&job, device, &Progress::new(&progress));
        let Scored { records, .. } = attempt::on_chosen(self.device, &device, |sentence| note!("{sentence}"), run)?;
        let count = records.len();
        records.into_iter().try_for_each(|record| report(&Event::Record(record)))?;
        Ok(count)
    }

    /// Trains cells in turns and reports their losses; there are no records.
    fn train(&self, task: &TrainingTask, opened: &mut Option<Device>) -> anyhow::Result<usize> {
        let memory = memory::available();
        match task.check_on(Engine::Kernel, memory) {
            Err(_) if self.device != Choice::Cpu => task.check_on(Engine::GPU, memory)?,
            checked => checked?,
        }
        let device = self.device(task.operations(), opened)?;
        task.check_on(device.engine(), memory)?;
        let run = |device: &Device| {
            report(&Event::Started { device: device.name().to_owned() }).unwrap_or_default();
            let mut comparison = task.comparison()?;
            let mut ended = BTreeSet::new();
            for (cell, updates, validate) in task.turns() {
                if ended.contains(&cell) {
                    continue;
                }
                let trained = pollster::block_on(comparison.advance(cell, updates, validate, device))?;
                if trained.diverged.is_some() {
                    ended.insert(cell);
                }
                // If the companion no longer reads, it has ended this process.
                report(&Event::Trained(trained)).unwrap_or_default();
            }
            Ok(0)
        };
        Ok(attempt::on_chosen(self.device, &device, |sentence| note!("{sentence}"), run)?)
    }
}

/// The lines of standard input. When they end, the companion is gone and the current task is no longer needed.
fn tasks() -> Receiver<io::Result<String>> {
    let (sender, tasks) = mpsc::channel();
    std::thread::spawn(move || {
        for line in io::stdin().lock().lines() {
            // The receiver ends with this process.
            _ = sender.send(line);
        }
        std::process::exit(0);
    });
    tasks
}

/// Writes an event to standard output.
fn report(event: &Event) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{}", serde_json::to_string(event)?)?;
    out.flush().context("standard output")
}
