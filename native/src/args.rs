//! The command line. Each command has a file with its arguments and its implementation.

use std::path::{Path, PathBuf};

use clap::builder::{PathBufValueParser, TypedValueParser};

use crate::outcome::{Outcome, Usage};
use crate::{benchmark, correlate, device, explore, import, lists, reproduce, score, space, work};

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
    Merge(benchmark::Merge),
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
            Self::Merge(command) => command.run(),
            Self::Correlate(command) => command.run(),
            Self::Reproduce(command) => command.run(),
            Self::Import(command) => command.run(),
            Self::Explore(command) => command.run(),
            Self::Work(command) => command.run(),
        }
    }
}

/// A file or folder to write: `-` would be mistaken for standard output.
pub fn file() -> impl TypedValueParser<Value = PathBuf> {
    let file = |path: PathBuf| {
        if path == Path::new("-") {
            let problem = "this is written to a file, not to standard output; './-' is a file of that name";
            return Err(Usage(problem.to_owned()));
        }
        Ok(path)
    };
    PathBufValueParser::new().try_map(file)
}

/// A number that must be at least 1.
///
/// # Errors
/// One sentence where the text is not such a number.
pub fn at_least_one(text: &str) -> Result<usize, Usage> {
    let number = text.parse().ok().filter(|&number| number > 0);
    number.ok_or_else(|| Usage(format!("'{text}' must be a whole number, at least 1")))
}
