//! The file of a run: records are added whole or not at all, and nothing is ever written twice.

use std::collections::HashSet;
use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};

use anyhow::Context as _;
use untrained_core::record::{self, Lines, Record};

use super::Settings;
use crate::outcome::{Usage, reason, unusable};
use crate::output::{self, Lock};

/// The file of a run, open and, where its file system has locks, locked.
pub struct Journal {
    file: Mutex<Appended>,
    path: PathBuf,
    /// Architecture and metric of every record it held.
    held: HashSet<(String, String)>,
}

/// A file that only this run writes to.
struct Appended {
    file: File,
    /// Bytes that this run knows of. Another length means that another program writes the file.
    length: u64,
}

impl Journal {
    /// Opens the file, makes it where there is none, and takes away a last line that a sudden end tore.
    ///
    /// # Errors
    /// One sentence: it cannot be written, another run writes it, or it was begun with other settings.
    pub fn open(path: &Path, settings: &Settings) -> anyhow::Result<Self> {
        let unusable = |error: io::Error| unusable("output", path, &error);
        if std::fs::metadata(path).is_ok_and(|known| !known.is_file()) {
            return Err(wrong(path, "is not a regular file"));
        }
        // In append mode a file that was cut is never filled up with zeros. Windows could not repair a torn one then.
        let mut options = OpenOptions::new();
        options.create(true).read(true).write(true).append(cfg!(unix)).truncate(false);
        let mut file = options.open(path).map_err(unusable)?;
        lock(path, &file)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(unusable)?;
        let name = path.display().to_string();
        let text = record::text(&name, &bytes)?;
        let Lines { records, whole } = record::read(&name, text)?;
        let held: HashSet<_> = records.into_iter().map(|(_, record)| (record.architecture, record.metric)).collect();
        same_settings(path, settings, held.is_empty(), bytes.is_empty())?;
        let length = repair(&mut file, &text[..whole]).map_err(unusable)?;
        Ok(Self { file: Mutex::new(Appended { file, length }), path: path.to_owned(), held })
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
    /// When the disk is full, or the file was removed, renamed or changed.
    pub fn add(&self, records: &[Record]) -> anyhow::Result<()> {
        let mut lines = String::new();
        for record in records {
            lines += &serde_json::to_string(record)?;
            lines.push('\n');
        }
        let mut appended = self.appended()?;
        appended.check(&self.path)?;
        let _writing = output::writing();
        let Appended { file, length } = &mut *appended;
        if let Err(error) = file.write_all(lines.as_bytes()) {
            // Half a line must not come before the lines of others; where even that fails, the next opening repairs it.
            let _ = file.set_len(*length).and_then(|()| file.seek(SeekFrom::End(0)));
            return Err(error).with_context(|| format!("output {}", self.path.display()));
        }
        *length += lines.len() as u64;
        Ok(())
    }

    /// Brings everything to the disk, and checks that it is still where it was written.
    ///
    /// # Errors
    /// When the file was removed, renamed or changed, or the disk failed.
    pub fn finish(&self) -> anyhow::Result<()> {
        let appended = self.appended()?;
        appended.check(&self.path)?;
        appended.file.sync_all().with_context(|| format!("output {}", self.path.display()))
    }

    fn appended(&self) -> anyhow::Result<MutexGuard<'_, Appended>> {
        self.file.lock().map_err(|_| anyhow::anyhow!("a thread that wrote the output failed"))
    }
}

impl Appended {
    /// Checks that the path still leads to this file, and that nobody else changed it.
    fn check(&self, path: &Path) -> anyhow::Result<()> {
        let problem = match (std::fs::metadata(path), self.file.metadata()) {
            (Ok(there), Ok(ours)) if identity(&there) != identity(&ours) => "was replaced by another file".to_owned(),
            (Ok(_), Ok(ours)) if ours.len() == self.length => return Ok(()),
            (Ok(_), Ok(ours)) if ours.len() < self.length => "was cut by another program".to_owned(),
            (Ok(_), Ok(_)) => "was written to by another program".to_owned(),
            (Err(error), _) if error.kind() == io::ErrorKind::NotFound => "was removed or renamed".to_owned(),
            (Err(error), _) | (_, Err(error)) => format!("can no longer be read: {}", reason(&error)),
        };
        anyhow::bail!("output {}: {problem} during this run; no more is written", path.display())
    }
}

/// Tells files apart: one that is open keeps its number.
#[cfg(unix)]
fn identity(file: &Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt as _;
    (file.dev(), file.ino())
}

/// Elsewhere an open file cannot be replaced.
#[cfg(not(unix))]
fn identity(_file: &Metadata) {}

/// Cuts a torn end off and puts a line break where the last line has none; the length after that.
fn repair(file: &mut File, whole: &str) -> io::Result<u64> {
    let _writing = output::writing();
    let end = if whole.is_empty() || whole.ends_with('\n') { "" } else { "\n" };
    file.set_len(whole.len() as u64)?;
    file.seek(SeekFrom::End(0))?;
    file.write_all(end.as_bytes())?;
    Ok((whole.len() + end.len()) as u64)
}

fn lock(path: &Path, file: &File) -> anyhow::Result<()> {
    match output::lock(file) {
        Lock::Held => {}
        Lock::Busy => return Err(wrong(path, "another run is writing it")),
        Lock::Unknown(error) => note!(
            "output {}: it cannot be locked here ({}), so take care that no second run writes it",
            path.display(),
            reason(&error)
        ),
    }
    Ok(())
}

fn wrong(path: &Path, problem: &str) -> anyhow::Error {
    Usage(format!("output {}: {problem}", path.display())).into()
}

/// Compares with the settings the file was begun with; writes them where it holds no record. One that holds something
/// else, such as half a record or zeros, is a run's only where settings are beside it.
fn same_settings(path: &Path, settings: &Settings, new: bool, empty: bool) -> anyhow::Result<()> {
    let begun = Settings::read(path)?;
    if new && (empty || begun.is_some()) {
        return settings.write(path);
    }
    let begun = begun.ok_or_else(|| wrong(path, "has no settings beside it; choose another file"))?;
    let difference = settings.difference(&begun).or_else(|| settings.device_difference(&begun));
    match difference {
        Some(other) => Err(wrong(path, &format!("was begun with {other}; choose another file"))),
        None => Ok(()),
    }
}
