//! `untrained import`: makes the tables of `data/` from the files as published, and says what it met in them.

mod curves;
mod decoders;
mod encoders;
mod losses;
mod published;
mod scores;
mod write;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use untrained_core::benchmark::nas_bench_nlp::published as networks;
use untrained_core::text::without_mark;

use crate::outcome::{Outcome, unusable};

/// Makes the tables of data/ from the files as published
///
/// Reads RNN_results.csv, RNN_parameters.csv, RNN_batch_ablation.csv and RNN_initialization_ablation.csv of
/// training-free-nas and wikitext2_training.jsonl of nas-bench-nlp; and BERT_benchmark.json, BERT_results_activation.csv,
/// BERT_batch_ablation.csv, BERT_initialization_ablation.csv and BERT_benchmark_train_ablation.json of training-free-nas;
/// and random_GPT2_wt103.csv, random_GPT2_lm1b.csv, random_TransXL_wt103.csv, random_TransXL_wt103_homogeneous.csv and
/// random_TransXL_lm1b.csv of lts; in one folder or in folders of these names.
#[derive(Debug, clap::Args)]
pub struct Import {
    /// Folder with the files as published
    from: PathBuf,
    /// Folder to write to
    #[arg(long, value_name = "DIR", default_value = "data", value_parser = crate::args::file())]
    out: PathBuf,
}

impl Import {
    /// Reads everything, then writes everything.
    pub fn run(self) -> anyhow::Result<Outcome> {
        let mut made = Made { from: self.from, ..Made::default() };
        let losses = losses::read(&mut made)?;
        scores::benchmark(&mut made, &losses)?;
        scores::ablation(&mut made, "RNN_batch_ablation.csv", "batch_ablation.csv", &losses)?;
        scores::ablation(&mut made, "RNN_initialization_ablation.csv", "initialization_ablation.csv", &losses)?;
        curves::read(&mut made)?;
        encoders::read(&mut made)?;
        decoders::read(&mut made)?;
        write::all(&self.out, &made.tables)?;
        made.notes.iter().for_each(|note| note!("{note}"));
        Ok(write::verify(&self.out, &made))
    }
}

/// What has been read and made so far.
#[derive(Debug, Default)]
struct Made {
    from: PathBuf,
    /// Name and content of each published file that was read.
    sources: Vec<(String, Vec<u8>)>,
    /// Name under the output folder and content of each table.
    tables: Vec<(String, String)>,
    /// What was met, one sentence each.
    notes: Vec<String>,
}

impl Made {
    /// The content of a published file, in the folder itself or in the one named after its origin.
    fn source(&mut self, origin: &str, name: &str) -> anyhow::Result<String> {
        let nested = self.from.join(origin).join(name);
        let path = if nested.exists() { nested } else { self.from.join(name) };
        let bytes = std::fs::read(&path).map_err(|error| unusable("published table", &path, &error))?;
        let text = without_mark(&String::from_utf8_lossy(&bytes)).to_owned();
        self.sources.push((format!("{origin}/{name}"), bytes));
        Ok(text)
    }

    /// Keeps a table of NAS-Bench-NLP: its header and its lines.
    fn table(&mut self, name: &str, header: &[&str], lines: impl IntoIterator<Item = String>) {
        self.table_of("nas-bench-nlp", name, header, lines);
    }

    /// Keeps a table of a benchmark.
    fn table_of(&mut self, benchmark: &str, name: &str, header: &[&str], lines: impl IntoIterator<Item = String>) {
        let lines = std::iter::once(header.join(",")).chain(lines);
        let name = Path::new(benchmark).join(name).display().to_string();
        self.tables.push((name, lines.map(|line| line + "\n").collect()));
    }

    /// The lines of an ablation: id, number of its repetition, scores.
    fn repeated<'a>(rows: impl Iterator<Item = (u32, &'a [String])>) -> (Vec<String>, usize) {
        let mut repetitions: HashMap<u32, u32> = HashMap::new();
        let line = |(id, cells): (u32, &[String])| {
            let next = repetitions.entry(id).or_default();
            *next += 1;
            format!("{id},{},{}", *next - 1, cells.join(","))
        };
        let lines = rows.map(line).collect();
        (lines, repetitions.len())
    }

    fn note(&mut self, sentence: String) {
        self.notes.push(sentence);
    }
}

/// The architecture of every published id.
fn architectures() -> HashMap<u32, u32> {
    networks().into_iter().map(|network| (network.id, network.architecture)).collect()
}
