//! Where answers go: standard output, and files that are written whole or not at all.

use std::io::{self, Write as _};
use std::path::Path;

use anyhow::Context as _;
use tempfile::NamedTempFile;

use crate::outcome::unusable;

/// Writes texts to standard output as they come; whether the reader took all of them. One that has seen enough is no
/// error.
///
/// # Errors
/// A text that could not be made, or that standard output is full.
pub fn print(texts: impl IntoIterator<Item = anyhow::Result<String>>) -> anyhow::Result<bool> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    for text in texts {
        if !taken(out.write_all(text?.as_bytes()))? {
            return Ok(false);
        }
    }
    taken(out.flush())
}

fn taken(written: io::Result<()>) -> anyhow::Result<bool> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        written => written.map(|()| true).context("standard output"),
    }
}

/// Writes a file, whole or not at all, over one that may be there.
///
/// # Errors
/// One sentence with the path.
pub fn write(path: &Path, text: impl AsRef<[u8]>) -> anyhow::Result<()> {
    prepare(path, text)?.persist(path).map_err(|failed| unusable("output", path, &failed.error))?;
    Ok(())
}

/// Writes the text beside `path`, from where it can be moved there at once.
///
/// # Errors
/// One sentence with the path.
pub fn prepare(path: &Path, text: impl AsRef<[u8]>) -> anyhow::Result<NamedTempFile> {
    beside(path, text.as_ref()).map_err(|error| unusable("output", path, &error))
}

fn beside(path: &Path, text: &[u8]) -> io::Result<NamedTempFile> {
    if let Ok(known) = std::fs::metadata(path) {
        writable(path, &known)?;
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Created like any other file: a temporary one would be readable by its owner alone.
    let create = |path: &Path| std::fs::File::create_new(path);
    let (file, path) = tempfile::Builder::new().make_in(folder, create)?.into_parts();
    let mut file = NamedTempFile::from_parts(file, path);
    file.write_all(text)?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// A device is never replaced by a file, nor a file that a run is writing.
fn writable(path: &Path, known: &std::fs::Metadata) -> io::Result<()> {
    if known.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if !known.is_file() {
        return Err(io::Error::other("is no regular file"));
    }
    match std::fs::File::open(path)?.try_lock() {
        Err(std::fs::TryLockError::WouldBlock) => Err(io::Error::other("a run is writing it")),
        Err(std::fs::TryLockError::Error(error)) => Err(error),
        Ok(()) => Ok(()),
    }
}
