//! What can be typed. Each command is a file; its arguments stand there, beside what it does with them.

use crate::outcome::Outcome;
use crate::{correlate, import, reproduce};

/// Tells how good a language network will be before it is trained.
#[derive(Debug, clap::Parser)]
#[command(version, max_term_width = 100)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Everything the program can do.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    Correlate(correlate::Correlate),
    Import(import::Import),
    Reproduce(reproduce::Reproduce),
}

impl Command {
    /// Runs the command.
    ///
    /// # Errors
    /// What the command could not do, in words for its user.
    pub fn run(self) -> anyhow::Result<Outcome> {
        match self {
            Self::Correlate(command) => command.run(),
            Self::Import(command) => command.run(),
            Self::Reproduce(command) => command.run(),
        }
    }
}
