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
    file: Mutex<File>,
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
        let mut options = OpenOptions::new();
        let opened = options.create(true).read(true).write(true).truncate(false).open(path);
        let mut file = opened.map_err(|error| unusable("output", path, &error))?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => {
                return Err(Usage(format!("output {}: another run is writing it", path.display())).into());
            }
            Err(TryLockError::Error(error)) => return Err(unusable("output", path, &error)),
            Ok(()) => {}
        }
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(|error| unusable("output", path, &error))?;
        let whole = text.rfind('\n').map_or(0, |at| at + 1);
        let held = held(&text[..whole], path)?;
        same_settings(path, settings, held.is_empty())?;
        file.set_len(whole as u64)
            .and_then(|()| file.seek(SeekFrom::End(0)))
            .map_err(|error| unusable("output", path, &error))?;
        Ok(Self { file: Mutex::new(file), path: path.to_owned(), held })
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
        let mut file = self.file.lock().map_err(|_| anyhow::anyhow!("a thread that wrote the output failed"))?;
        file.write_all(lines.as_bytes()).with_context(|| format!("output {}", self.path.display()))
    }
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
    let begun = std::fs::read(&beside).ok().and_then(|bytes| serde_json::from_slice::<Settings>(&bytes).ok());
    match begun {
        Some(begun) if !new => match settings.difference(&begun) {
            Some(other) => {
                Err(Usage(format!("output {}: was begun with {other}; choose another file", path.display())).into())
            }
            None => Ok(()),
        },
        None if !new => Err(Usage(format!(
            "output {}: holds records, but {} is not there to tell their settings",
            path.display(),
            beside.display()
        ))
        .into()),
        _ => {
            std::fs::write(&beside, serde_json::to_vec(settings)?).map_err(|error| unusable("output", &beside, &error))
        }
    }
}
