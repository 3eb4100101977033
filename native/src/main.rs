//! `untrained`: predicts how good a language network will be before it is trained.

#![deny(clippy::print_stderr, reason = "eprintln! panics where standard error is full or closed; note! does not")]

#[macro_use]
mod output; // first, for note!

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

/// The allocator of the system may never return the large blocks of thousands of networks. mimalloc does; without huge
/// pages, with which each block would take up to 2 MiB more than its size, and which make nothing faster here.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Number of mimalloc's option `purge_delay`.
const PURGE_DELAY: libmimalloc_sys::mi_option_t = 15;

/// Milliseconds until freed memory is returned to the system. The default is a second, in which a network would hold
/// much more memory than it uses.
const DELAY: std::ffi::c_long = 10;

fn main() -> std::process::ExitCode {
    // SAFETY: no other thread runs yet.
    unsafe { libmimalloc_sys::mi_option_set(PURGE_DELAY, DELAY) };
    // Before anything else: a signal ends the program with the same exit code at any moment.
    if let Err(error) = interrupt::install() {
        return exit::exit(Err(error));
    }
    match args::Args::try_parse() {
        Ok(args) => exit::exit(args.command.run()),
        Err(answer) => exit::usage(answer),
    }
}
