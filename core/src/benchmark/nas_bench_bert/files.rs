//! The files of NAS-Bench-BERT, and how many encoders they hold.

use crate::benchmark::File;

/// Encoders of the benchmark.
pub const ENCODERS: u32 = 500;

pub const TRAINED: &str = "nas-bench-bert/encoders.csv";
pub const SCORES: &str = "nas-bench-bert/scores.csv";

pub const FILES: &[File<'static>] = &[
    File { name: TRAINED, bytes: include_bytes!("../../../../data/nas-bench-bert/encoders.csv") },
    File { name: SCORES, bytes: include_bytes!("../../../../data/nas-bench-bert/scores.csv") },
];
