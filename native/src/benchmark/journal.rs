//! The file of a run: records are added whole or not at all, and nothing is ever written twice.

use std::collections::HashSet;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use anyhow::Context as _;
use untrained_core::record::{self, Lines, Record};

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
        let Lines { records, whole } = record::read(&path.display().to_string(), &text)?;
        let held: HashSet<_> = records.into_iter().map(|(_, record)| (record.architecture, record.metric)).collect();
        same_settings(path, settings, held.is_empty())?;
        let end = &text[..whole];
        let end = if end.is_empty() || end.ends_with('\n') { "" } else { "\n" };
        let at_end = file.set_len(whole as u64).and_then(|()| file.seek(SeekFrom::End(0)));
        at_end.and_then(|_| file.write_all(end.as_bytes())).map_err(unusable)?;
        Ok(Self { file: Mutex::new((file, (whole + end.len()) as u64)), path: path.to_owned(), held })
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

/// Compares with the settings the file was begun with; writes them where it is new.
fn same_settings(path: &Path, settings: &Settings, new: bool) -> anyhow::Result<()> {
    if new {
        return settings.write(path);
    }
    let begun = Settings::read(path)?.ok_or_else(|| wrong(path, "has no settings beside it; choose another file"))?;
    match settings.difference(&begun) {
        Some(other) => Err(wrong(path, &format!("was begun with {other}; choose another file"))),
        None => Ok(()),
    }
}
