//! What an import has read and made.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use untrained_core::text::without_mark;

use crate::outcome::unusable;

/// What has been read and made so far.
#[derive(Debug, Default)]
pub struct Made {
    /// Folder with the files as published.
    from: PathBuf,
    /// Name and content of each published file that was read.
    pub sources: Vec<(String, Vec<u8>)>,
    /// Name under the output folder and content of each table.
    pub tables: Vec<(String, String)>,
    /// What was met, one sentence each.
    pub notes: Vec<String>,
}

impl Made {
    /// Nothing yet, from the files of a folder.
    pub fn new(from: PathBuf) -> Self {
        Self { from, ..Self::default() }
    }

    /// The content of a published file, in the folder itself or in the one named after its origin.
    pub fn source(&mut self, origin: &str, name: &str) -> anyhow::Result<String> {
        let nested = self.from.join(origin).join(name);
        let path = if nested.exists() { nested } else { self.from.join(name) };
        let bytes = std::fs::read(&path).map_err(|error| unusable("published table", &path, &error))?;
        let text = without_mark(&String::from_utf8_lossy(&bytes)).to_owned();
        self.sources.push((format!("{origin}/{name}"), bytes));
        Ok(text)
    }

    /// Keeps a table of NAS-Bench-NLP: its header and its lines.
    pub fn table(&mut self, name: &str, header: &[&str], lines: impl IntoIterator<Item = String>) {
        self.table_of("nas-bench-nlp", name, header, lines);
    }

    /// Keeps a table of a benchmark.
    pub fn table_of(&mut self, benchmark: &str, name: &str, header: &[&str], lines: impl IntoIterator<Item = String>) {
        let lines = std::iter::once(header.join(",")).chain(lines);
        let name = Path::new(benchmark).join(name).display().to_string();
        self.tables.push((name, lines.map(|line| line + "\n").collect()));
    }

    /// The lines of an ablation: id, number of its repetition, scores.
    pub fn repeated<'a>(rows: impl Iterator<Item = (u32, &'a [String])>) -> (Vec<String>, usize) {
        let mut repetitions: HashMap<u32, u32> = HashMap::new();
        let line = |(id, cells): (u32, &[String])| {
            let next = repetitions.entry(id).or_default();
            *next += 1;
            format!("{id},{},{}", *next - 1, cells.join(","))
        };
        let lines = rows.map(line).collect();
        (lines, repetitions.len())
    }

    /// Keeps what was met, one sentence.
    pub fn note(&mut self, sentence: String) {
        self.notes.push(sentence);
    }
}
