//! Trains networks: one, or all of a benchmark.

mod benchmark;
mod benchmark_options;
mod checkpoint_tasks;
mod curve;
mod decoder;
mod encoder;
mod encoder_folder;
mod folder;
mod glue;
mod glue_files;
mod recurrent;
mod run;
mod sentences;
mod session;
mod table;
mod tasks;
mod text;
mod trainee;
mod trainers;

use clap::{Args, Subcommand};

use crate::allocator::{self, Return};
use crate::outcome::Outcome;

/// Train a network, or all networks of a benchmark; what was interrupted goes on with the same command
#[derive(Debug, Args)]
pub struct Train {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Recurrent(Box<recurrent::RecurrentArgs>),
    Encoder(Box<encoder::EncoderArgs>),
    Decoder(Box<decoder::DecoderArgs>),
    Glue(Box<glue::GlueArgs>),
    Benchmark(Box<benchmark::BenchmarkArgs>),
}

impl Train {
    /// Trains.
    ///
    /// # Errors
    /// What of the input cannot be used, that the loss grew instead of falling, or that a file cannot be written.
    pub fn run(self) -> anyhow::Result<Outcome> {
        allocator::set(Return::Late);
        match self.what {
            What::Recurrent(args) => args.run(),
            What::Encoder(args) => args.run(),
            What::Decoder(args) => args.run(),
            What::Glue(args) => args.run(),
            What::Benchmark(args) => args.run(),
        }
    }
}
