//! The file of this program, from which workers are started: always the version of the running companion.

use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use tokio::process::Command;

/// The path to the running program on Linux, even after its file was replaced or deleted.
const RUNNING: &str = "/proc/self/exe";

/// The file that this process was started from.
#[derive(Debug, Clone)]
pub struct Program {
    path: PathBuf,
    identity: Identity,
}

impl Program {
    /// The program of this process.
    ///
    /// # Errors
    /// When the system does not report its file, or it cannot be read.
    pub fn current() -> anyhow::Result<Self> {
        let path = std::env::current_exe().context("the file of this program is not known")?;
        let identity = identity(&path).with_context(|| format!("the program {} cannot be read", path.display()))?;
        Ok(Self { path, identity })
    }

    /// A command that runs the same program.
    ///
    /// # Errors
    /// When its file was replaced or deleted, and the system has no other path to the running program.
    pub fn command(&self) -> anyhow::Result<Command> {
        let is_same = |path: &Path| identity(path).is_ok_and(|found| found == self.identity);
        let found = [self.path.as_path(), Path::new(RUNNING)].into_iter().find(|path| is_same(path));
        let path = found.context("the program was replaced or deleted since the companion started; restart it")?;
        Ok(Command::new(path))
    }
}

/// What distinguishes a file from one that replaced it.
#[cfg(unix)]
type Identity = (u64, u64);

/// Device and inode.
#[cfg(unix)]
fn identity(path: &Path) -> io::Result<Identity> {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata(path).map(|file| (file.dev(), file.ino()))
}

/// What distinguishes a file from one that replaced it.
#[cfg(not(unix))]
type Identity = (u64, std::time::SystemTime);

/// Length and time of the last change.
#[cfg(not(unix))]
fn identity(path: &Path) -> io::Result<Identity> {
    let file = std::fs::metadata(path)?;
    Ok((file.len(), file.modified()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replaced_file_is_not_run() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("program");
        std::fs::write(&path, "old").unwrap();
        let program = Program { path: path.clone(), identity: identity(&path).unwrap() };
        assert_eq!(program.command().unwrap().as_std().get_program(), path.as_os_str());
        std::fs::write(folder.path().join("other"), "new one").unwrap();
        std::fs::rename(folder.path().join("other"), &path).unwrap();
        assert!(program.command().unwrap_err().to_string().contains("replaced or deleted"));
        std::fs::remove_file(&path).unwrap();
        assert!(program.command().unwrap_err().to_string().contains("restart it"));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_running_program_is_found_under_any_name() {
        let moved = Program { path: PathBuf::from("/gone"), ..Program::current().unwrap() };
        assert_eq!(moved.command().unwrap().as_std().get_program(), RUNNING);
    }
}
