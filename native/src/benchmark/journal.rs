//! The file of a run: records are added whole or not at all, and nothing is ever written twice.

use std::collections::HashSet;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use anyhow::Context as _;
use untrained_core::job::Record;

use super::Settings;
use crate::outcome::{Usage, unusable};

/// The file of a run, open and locked.
pub struct Journal {
    /// The file, and the length of what is whole.
    file: Mutex<(File, u64)>,
    path: PathBuf,
    /// Architecture and metric of every record it held.
    held: HashSet<(String, String)>,
}

impl Journal {
    /// Opens the file, makes it where there is none, and takes away a last line that a sudden end tore.
    ///
    /// # Errors
    /// One sentence: it cannot be written, another run writes it, or it was begun with other settings.
    pub fn open(path: &Path, settings: &Settings) -> anyhow::Result<Self> {
        let unusable = |error: std::io::Error| unusable("output", path, &error);
        if std::fs::metadata(path).is_ok_and(|known| !known.is_file()) {
            return Err(wrong(path, "is no regular file"));
        }
        let mut options = OpenOptions::new();
        let mut file = options.create(true).read(true).write(true).truncate(false).open(path).map_err(unusable)?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => return Err(wrong(path, "another run is writing it")),
            Err(TryLockError::Error(error)) => return Err(unusable(error)),
            Ok(()) => {}
        }
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(unusable)?;
        let whole = whole(&text);
        if !text[whole..].is_empty() && !starts_as_record(&text[whole..]) {
            return Err(wrong(path, "holds something else than records of scores"));
        }
        let held = held(&text[..whole], path)?;
        same_settings(path, settings, held.is_empty())?;
        file.set_len(whole as u64).and_then(|()| file.seek(SeekFrom::End(0))).map_err(unusable)?;
        Ok(Self { file: Mutex::new((file, whole as u64)), path: path.to_owned(), held })
    }

    /// How many records it held when it was opened.
    pub fn found(&self) -> usize {
        self.held.len()
    }

    /// Whether it held this record.
    pub fn holds(&self, architecture: &str, metric: &str) -> bool {
        self.held.contains(&(architecture.to_owned(), metric.to_owned()))
    }

    /// Adds records with one write.
    ///
    /// # Errors
    /// When the disk is full, or the file is gone.
    pub fn add(&self, records: &[Record]) -> anyhow::Result<()> {
        let mut lines = String::new();
        for record in records {
            lines += &serde_json::to_string(record)?;
            lines.push('\n');
        }
        let mut guard = self.file.lock().map_err(|_| anyhow::anyhow!("a thread that wrote the output failed"))?;
        let (file, length) = &mut *guard;
        if let Err(error) = file.write_all(lines.as_bytes()) {
            // Half a line must not stand before the lines of others; where even that fails, the next opening mends it.
            let _ = file.set_len(*length).and_then(|()| file.seek(SeekFrom::End(0)));
            return Err(error).with_context(|| format!("output {}", self.path.display()));
        }
        *length += lines.len() as u64;
        Ok(())
    }
}

fn wrong(path: &Path, problem: &str) -> anyhow::Error {
    Usage(format!("output {}: {problem}", path.display())).into()
}

/// Length of the lines that are whole.
pub fn whole(text: &str) -> usize {
    text.rfind('\n').map_or(0, |at| at + 1)
}

/// Whether half a line is the beginning of a record.
fn starts_as_record(half: &str) -> bool {
    const START: &str = "{\"architecture\":";
    half.starts_with(START) || START.starts_with(half)
}

fn held(text: &str, path: &Path) -> anyhow::Result<HashSet<(String, String)>> {
    let key = |(line, text): (usize, &str)| {
        let record: Record = serde_json::from_str(text)
            .map_err(|error| Usage(format!("output {}, line {line}: no record of a score: {error}", path.display())))?;
        Ok((record.architecture, record.metric))
    };
    (1..).zip(text.lines()).map(key).collect()
}

/// Compares with the settings the file was begun with; writes them where it is new.
fn same_settings(path: &Path, settings: &Settings, new: bool) -> anyhow::Result<()> {
    let beside = path.with_added_extension("settings");
    if new {
        let written = serde_json::to_vec(settings).map_err(std::io::Error::from);
        return written
            .and_then(|json| std::fs::write(&beside, json))
            .map_err(|error| unusable("output", &beside, &error));
    }
    let text = std::fs::read_to_string(&beside).map_err(|error| unusable("settings of the output", &beside, &error))?;
    let begun = serde_json::from_str::<Settings>(&text);
    let begun = begun.map_err(|error| Usage(format!("settings of the output {}: {error}", beside.display())))?;
    match settings.difference(&begun) {
        Some(other) => Err(wrong(path, &format!("was begun with {other}; choose another file"))),
        None => Ok(()),
    }
}
