//! What every family's arguments give: how a network is run, a job, and what is shown with its scores.

use std::path::PathBuf;

use clap::Args;
use untrained_core::benchmark::Table;
use untrained_core::job::Job;

use crate::device::Choice;
use crate::report::Format;

/// How every network is run
#[derive(Debug, Clone, Copy, Args)]
pub struct RunArgs {
    /// Where to run it
    #[arg(long, value_enum, default_value_t = Choice::Auto, help_heading = "Running")]
    pub device: Choice,
    /// How to print the records
    #[arg(long, value_enum, default_value_t = Format::Table, help_heading = "Running")]
    pub format: Format,
}

/// A job, and what is shown with its scores.
pub struct Request {
    /// The job.
    pub job: Job,
    /// What a reader of the scores should know, one sentence each.
    pub remarks: Vec<String>,
    /// The benchmark whose networks the scores can be compared with.
    pub benchmark: Option<Table>,
    /// Whether what each score is computed from is shown.
    pub terms: bool,
    /// Where the last hidden states go.
    pub hidden_states: Option<PathBuf>,
}
