//! `untrained`: tells how good a language network will be before it is trained.

#![deny(clippy::print_stderr, reason = "note! panics where standard error is full or closed; output::note! does not")]

#[macro_use]
mod output; // first, for note!

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
mod outcome;
mod progress;
mod quiet;
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
    // Before anything else: a signal ends the program with the same exit code at any moment.
    if let Err(error) = interrupt::install() {
        return outcome::exit(Err(error));
    }
    match args::Args::try_parse() {
        Ok(args) => outcome::exit(args.command.run()),
        Err(answer) => outcome::usage(&answer),
    }
}
