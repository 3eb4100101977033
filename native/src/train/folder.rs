//! The folder of a run: its last two checkpoints, each written completely or not at all, and its log.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use untrained_core::training::Checkpoint;
use untrained_core::training::recurrent::Position;

use super::trainee::Values;
use crate::many::Settings;
use crate::outcome::{Usage, unusable};
use crate::output::{self, Lock};

/// Checkpoints that are kept: the last, and the one before, should the disk have lost the last.
const KEPT: usize = 2;

/// Number of updates, as many digits as sort well.
const PREFIX: &str = "checkpoint-";
const SUFFIX: &str = ".safetensors";

/// What a checkpoint says besides its tensors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Metadata {
    /// What decides the values of the run.
    pub settings: Settings,
    /// Where in the text it is.
    pub position: Position,
    /// Updates after which it ends.
    pub planned: u64,
    /// Seconds of training so far.
    pub seconds: f64,
}

/// One line of the log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Updates so far.
    pub step: u64,
    /// Complete epochs before this update.
    pub epoch: usize,
    /// Tokens read in this update.
    pub tokens: usize,
    /// Of what was read, with dropout.
    pub loss: f64,
    /// Before clipping.
    pub gradient_norm: f64,
    /// Learning rate.
    pub rate: f64,
    /// Seconds of training so far.
    pub seconds: f64,
    /// What else is known of the update, and where the validation text was read, its values.
    #[serde(flatten)]
    pub parts: Values,
}

/// What the names of values of the validation text begin with.
pub const VALIDATION: &str = "validation_";

impl Line {
    /// The loss of the validation text, where it was read.
    pub fn validation_loss(&self) -> Option<f64> {
        self.parts.get("validation_loss").copied()
    }

    /// All values of the validation text, where it was read.
    pub fn validation(&self) -> Option<Values> {
        self.validation_loss()?;
        let values = self.parts.iter().filter_map(|(name, value)| Some((name.strip_prefix(VALIDATION)?, value)));
        Some(values.map(|(name, value)| (name.to_owned(), *value)).collect())
    }
}

/// The folder of a run, which no other run writes to.
pub struct Folder {
    path: PathBuf,
    log: File,
    /// What the log holds.
    pub lines: Vec<Line>,
}

impl Folder {
    /// Opens the folder, makes it where there is none, and reads the last checkpoint. The log is cut to what that
    /// checkpoint knows of.
    ///
    /// # Errors
    /// One sentence: it cannot be written, another run writes it, or it was begun with other settings.
    pub fn open(path: &Path, settings: &Settings) -> anyhow::Result<(Self, Option<(Checkpoint, Metadata)>)> {
        std::fs::create_dir_all(path).map_err(|error| unusable("output", path, &error))?;
        let log_path = path.join("log.jsonl");
        let unusable = |error: io::Error| unusable("output", &log_path, &error);
        let open = || OpenOptions::new().create(true).append(true).open(&log_path);
        let log = open().map_err(unusable)?;
        if let Lock::Busy = output::lock(&log) {
            return Err(Usage(format!("output {}: another run is writing it", path.display())).into());
        }
        let last = last(path)?;
        if let Some((_, metadata)) = &last {
            let begun = &metadata.settings;
            let difference = settings.difference(begun).or_else(|| settings.device_difference(begun));
            if let Some(other) = difference {
                let problem = format!("was begun with {other}; choose another folder");
                return Err(Usage(format!("output {}: {problem}", path.display())).into());
            }
        }
        let updates = last.as_ref().map_or(0, |(checkpoint, _)| checkpoint.updates);
        let text = std::fs::read_to_string(&log_path).map_err(unusable)?;
        let known = text.lines().filter_map(|line| serde_json::from_str::<Line>(line).ok());
        let lines: Vec<Line> = known.filter(|line| line.step <= updates).collect();
        let mut folder = Self { path: path.to_owned(), log, lines: Vec::new() };
        folder.log.set_len(0).map_err(unusable)?;
        folder.add(lines)?;
        Ok((folder, last))
    }

    /// Adds lines to the log.
    ///
    /// # Errors
    /// One sentence with the path.
    pub fn add(&mut self, lines: Vec<Line>) -> anyhow::Result<()> {
        let mut text = String::new();
        for line in &lines {
            text += &serde_json::to_string(line)?;
            text.push('\n');
        }
        let _writing = output::writing();
        let written = self.log.write_all(text.as_bytes());
        written.with_context(|| format!("output {}", self.path.join("log.jsonl").display()))?;
        self.lines.extend(lines);
        Ok(())
    }

    /// Writes a checkpoint and removes those before the last two.
    ///
    /// # Errors
    /// One sentence with the path.
    pub fn save(&self, checkpoint: &Checkpoint, metadata: &Metadata) -> anyhow::Result<()> {
        self.log.sync_data().with_context(|| format!("output {}", self.path.join("log.jsonl").display()))?;
        let name = format!("{PREFIX}{:010}{SUFFIX}", checkpoint.updates);
        output::write(&self.path.join(name), checkpoint.to_bytes(&serde_json::to_string(metadata)?)?)?;
        sync_folder(&self.path);
        for old in checkpoints(&self.path)?.iter().rev().skip(KEPT) {
            // One that cannot be removed takes room, and nothing else.
            let _ = std::fs::remove_file(old);
        }
        Ok(())
    }

    /// Removes all checkpoints; the log stays.
    pub fn remove_weights(&self) {
        for file in checkpoints(&self.path).unwrap_or_default() {
            // One that cannot be removed takes room, and nothing else.
            let _ = std::fs::remove_file(file);
        }
    }

    /// Writes a file of the folder completely or not at all.
    ///
    /// # Errors
    /// One sentence with the path.
    pub fn write(&self, name: &str, bytes: &[u8]) -> anyhow::Result<PathBuf> {
        let path = self.path.join(name);
        output::write(&path, bytes)?;
        Ok(path)
    }
}

/// Brings the names in a folder to the disk, where the system can.
fn sync_folder(path: &Path) {
    if let Ok(folder) = File::open(path) {
        // Windows cannot.
        let _ = folder.sync_all();
    }
}

/// The files of all checkpoints, the oldest first; what a sudden end left of one that was being written is removed.
fn checkpoints(path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let unusable = |error: io::Error| unusable("output", path, &error);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(path).map_err(unusable)? {
        let entry = entry.map_err(unusable)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with(PREFIX) && name.ends_with(SUFFIX) {
            found.push(entry.path());
        } else if name.starts_with(".tmp") {
            let _ = std::fs::remove_file(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

/// The last checkpoint that is whole.
fn last(path: &Path) -> anyhow::Result<Option<(Checkpoint, Metadata)>> {
    let mut damaged: Option<String> = None;
    for file in checkpoints(path)?.into_iter().rev() {
        let bytes = std::fs::read(&file).map_err(|error| unusable("checkpoint", &file, &error))?;
        let read = Checkpoint::from_bytes(&bytes).map_err(anyhow::Error::from).and_then(|(checkpoint, metadata)| {
            Ok((checkpoint, serde_json::from_str::<Metadata>(&metadata).context("its metadata")?))
        });
        match (read, &damaged) {
            (Ok(read), None) => return Ok(Some(read)),
            (Ok(read), Some(problem)) => {
                note!("{problem}; the one before is taken");
                return Ok(Some(read));
            }
            (Err(error), _) => damaged = Some(format!("checkpoint {}: {error:#}", file.display())),
        }
    }
    match damaged {
        Some(problem) => Err(Usage(format!("{problem}; no checkpoint before it is whole")).into()),
        None => Ok(None),
    }
}
