//! `untrained`: predicts how good a language network will be before it is trained.

#![deny(clippy::print_stderr, reason = "eprintln! panics where standard error is full or closed; note! does not")]

#[macro_use]
mod output; // first, for note!

mod allocator;
mod architectures;
mod args;
mod attempt;
mod benchmark;
mod caught;
mod correlate;
mod device;
mod exit;
mod explore;
mod import;
mod input;
mod interrupt;
mod lists;
mod many;
mod memory;
mod outcome;
mod parse;
mod progress;
mod quiet;
mod report;
mod reproduce;
mod score;
mod space;
mod timed;
mod train;
mod word_pieces;
mod work;

use clap::Parser as _;

fn main() -> std::process::ExitCode {
    allocator::set(allocator::Return::Soon);
    // Before anything else: a signal ends the program with the same exit code at any moment.
    if let Err(error) = interrupt::install() {
        return exit::exit(Err(error));
    }
    match args::Args::try_parse() {
        Ok(args) => exit::exit(args.command.run()),
        Err(answer) => exit::usage(answer),
    }
}
