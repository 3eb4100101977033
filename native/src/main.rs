//! `untrained`: tells how good a language network will be before it is trained.

mod args;
mod correlate;
mod import;
mod outcome;
mod report;
mod reproduce;

use clap::Parser as _;

fn main() -> std::process::ExitCode {
    outcome::exit(args::Args::parse().command.run())
}
