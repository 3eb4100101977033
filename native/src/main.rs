//! `untrained`: tells how good a language network will be before it is trained.

mod args;
mod benchmark;
mod correlate;
mod device;
mod explore;
mod import;
mod inputs;
mod interrupt;
mod lists;
mod outcome;
mod output;
mod progress;
mod report;
mod reproduce;
mod score;
mod setup;
mod space;
mod word_pieces;
mod work;

use clap::Parser as _;

fn main() -> std::process::ExitCode {
    outcome::exit(args::Args::parse().command.run())
}
