//! `untrained`: tells how good a language network will be before it is trained.

mod args;
mod benchmark;
mod correlate;
mod device;
mod digest;
mod explore;
mod import;
mod inputs;
mod interrupt;
mod lists;
mod memory;
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

/// A system's own allocator may keep the large blocks of thousands of networks, one after the other, for good.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    outcome::exit(args::Args::parse().command.run())
}
