//! The command line. Each command has a file with its arguments and its implementation.

use crate::outcome::Outcome;
use crate::{benchmark, correlate, device, explore, import, lists, many, reproduce, score, space, train, work};

/// Predicts how good a language network will be before it is trained.
#[derive(Debug, clap::Parser)]
#[command(version, max_term_width = 100)]
pub struct Args {
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// All commands.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    Metrics(lists::Metrics),
    Benchmarks(lists::Benchmarks),
    Devices(device::Devices),
    Space(space::Space),
    Score(score::Score),
    Benchmark(benchmark::Benchmark),
    Train(train::Train),
    Merge(many::Merge),
    Correlate(correlate::Correlate),
    Reproduce(reproduce::Reproduce),
    Import(import::Import),
    Explore(explore::Explore),
    Work(work::Work),
}

impl Command {
    /// Runs the command.
    ///
    /// # Errors
    /// Why the command failed, for its user.
    pub fn run(self) -> anyhow::Result<Outcome> {
        match self {
            Self::Metrics(command) => command.run(),
            Self::Benchmarks(command) => command.run(),
            Self::Devices(command) => command.run(),
            Self::Space(command) => command.run(),
            Self::Score(command) => command.run(),
            Self::Benchmark(command) => command.run(),
            Self::Train(command) => command.run(),
            Self::Merge(command) => command.run(benchmark::architectures),
            Self::Correlate(command) => command.run(),
            Self::Reproduce(command) => command.run(),
            Self::Import(command) => command.run(),
            Self::Explore(command) => command.run(),
            Self::Work(command) => command.run(),
        }
    }
}
