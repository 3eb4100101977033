//! Output: standard output, standard error, and files that are written completely or not at all.

use std::fs::{File, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tempfile::NamedTempFile;
use untrained_core::plain::escaped;

use crate::outcome::{reason, unusable};
use crate::quiet;

/// Writes a line to standard error, with the syntax of `format!`. The only way in which this program writes there:
/// unlike `eprintln!` it never panics.
macro_rules! note {
    ($($message:tt)*) => {
        $crate::output::line(format_args!($($message)*))
    };
}

/// Writes a line to standard error, with control characters escaped. A message that cannot be written is dropped.
pub fn line(message: std::fmt::Arguments<'_>) {
    // One write, so that the lines of several processes are not mixed.
    _ = quiet::stderr().write_all(format!("{}\n", escaped(&message.to_string())).as_bytes());
}

/// Writes texts to standard output as they come; returns whether the reader took all of them. A reader that closes the
/// pipe is not an error.
///
/// # Errors
/// The error of a text, or that standard output is full.
pub fn print(texts: impl IntoIterator<Item = anyhow::Result<String>>) -> anyhow::Result<bool> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    for text in texts {
        if !taken(out.write_all(text?.as_bytes()))? {
            return Ok(false);
        }
    }
    taken(out.flush())
}

/// Whether the reader of standard output took what was written.
///
/// # Errors
/// One sentence when standard output is full.
pub fn taken(written: io::Result<()>) -> anyhow::Result<bool> {
    match written {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => anyhow::bail!("standard output: {}", reason(&error)),
    }
}

/// Held while a file is written: a signal ends the program before or after, so that no file is left incomplete.
pub fn writing() -> MutexGuard<'static, ()> {
    static WRITING: Mutex<()> = Mutex::new(());
    WRITING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Writes a file completely or not at all, replacing an existing one; a symbolic link is followed.
///
/// # Errors
/// One sentence with the path.
pub fn write(path: &Path, text: impl AsRef<[u8]>) -> anyhow::Result<()> {
    let _writing = writing();
    prepare(path, text)?.persist()
}

/// Writes the text to a temporary file next to `path`, which can then be moved there atomically.
///
/// # Errors
/// One sentence with the path.
pub fn prepare(path: &Path, text: impl AsRef<[u8]>) -> anyhow::Result<Prepared> {
    let unusable = |error| unusable("output", path, &error);
    let target = target(path).map_err(unusable)?;
    let file = temporary(&target, text.as_ref()).map_err(unusable)?;
    Ok(Prepared { file, target })
}

/// A written file that is not yet in its place.
#[derive(Debug)]
pub struct Prepared {
    file: NamedTempFile,
    target: PathBuf,
}

impl Prepared {
    /// Moves it to its place.
    ///
    /// # Errors
    /// One sentence with the path.
    pub fn persist(self) -> anyhow::Result<()> {
        let persisted = self.file.persist(&self.target);
        persisted.map_err(|failed| unusable("output", &self.target, &failed.error))?;
        Ok(())
    }
}

/// Largest number of symbolic links that are followed, as in Linux.
const LINKS: usize = 40;

/// The file that a path refers to: the target of a symbolic link, which need not exist.
fn target(path: &Path) -> io::Result<PathBuf> {
    let mut target = path.to_owned();
    for _ in 0..LINKS {
        if !std::fs::symlink_metadata(&target).is_ok_and(|known| known.is_symlink()) {
            return Ok(target);
        }
        let named = std::fs::read_link(&target)?;
        target = target.parent().unwrap_or(Path::new("")).join(named);
    }
    Err(io::Error::other("too many symbolic links"))
}

/// A temporary file with this text in the folder of `path`.
fn temporary(path: &Path, text: &[u8]) -> io::Result<NamedTempFile> {
    if let Ok(known) = std::fs::metadata(path) {
        writable(path, &known)?;
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Created with the usual permissions: the default for temporary files is to be readable by their owner alone.
    let create = |path: &Path| File::create_new(path);
    let (file, path) = tempfile::Builder::new().make_in(folder, create)?.into_parts();
    let mut file = NamedTempFile::from_parts(file, path);
    file.write_all(text)?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// Checks that the path can be replaced: not a folder, a device, or a file that a run is writing.
fn writable(path: &Path, known: &std::fs::Metadata) -> io::Result<()> {
    if known.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if !known.is_file() {
        return Err(io::Error::other("is not a regular file"));
    }
    match lock(&File::open(path)?) {
        Lock::Busy => Err(io::Error::other("a run is writing it")),
        Lock::Held | Lock::Unknown(_) => Ok(()),
    }
}

/// The result of locking a file.
#[derive(Debug)]
pub enum Lock {
    /// It is locked until it is closed.
    Held,
    /// Another process holds the lock.
    Busy,
    /// Its file system has no locks: it is not known whether another process writes it.
    Unknown(io::Error),
}

/// `EACCES`, which CIFS returns for a lock that another process holds.
const DENIED: i32 = 13;

/// Locks a file against other runs. Network file systems often have no locks, and report this with various errors.
pub fn lock(file: &File) -> Lock {
    match file.try_lock() {
        Ok(()) => Lock::Held,
        Err(TryLockError::WouldBlock) => Lock::Busy,
        Err(TryLockError::Error(error)) if cfg!(unix) && error.raw_os_error() == Some(DENIED) => Lock::Busy,
        Err(TryLockError::Error(error)) => Lock::Unknown(error),
    }
}

#[cfg(test)]
mod tests {
    use super::write;

    #[cfg(unix)]
    #[test]
    fn links_are_written_through() {
        use std::os::unix::fs::symlink;

        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::create_dir(path("in")).unwrap();
        symlink("in/file", path("link")).unwrap();
        symlink("link", path("second")).unwrap();
        for text in ["1\n", "2\n"] {
            write(&path("second"), text).unwrap();
            assert_eq!(std::fs::read_to_string(path("in/file")).unwrap(), text);
            assert!(path("link").is_symlink() && path("second").is_symlink());
        }
        assert_eq!(std::fs::read_dir(path("in")).unwrap().count(), 1);
        symlink("round", path("round")).unwrap();
        let error = write(&path("round"), "").unwrap_err().to_string();
        assert!(error.ends_with("round: too many symbolic links"), "{error}");
    }
}
