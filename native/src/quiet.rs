//! Standard error, which the libraries of graphics drivers write to as well: silenced while they are loaded.

use std::io::Write;

#[cfg(unix)]
pub use unix::{silenced, stderr};

/// Standard error of this program.
#[cfg(not(unix))]
pub fn stderr() -> impl Write {
    std::io::stderr()
}

/// Runs `work`. Only Unix drivers are known to write to standard error.
#[cfg(not(unix))]
pub fn silenced<T>(work: impl FnOnce() -> T) -> T {
    work()
}

#[cfg(unix)]
mod unix {
    use std::fs::File;
    use std::os::fd::AsFd as _;
    use std::sync::{Mutex, MutexGuard, PoisonError};

    use super::Write;

    /// The true standard error while the file descriptor leads nowhere.
    static KEPT: Mutex<Option<File>> = Mutex::new(None);

    fn kept() -> MutexGuard<'static, Option<File>> {
        KEPT.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Standard error of this program, which can be written to while others are silenced.
    pub fn stderr() -> impl Write {
        Stderr(kept())
    }

    struct Stderr(MutexGuard<'static, Option<File>>);

    impl Write for Stderr {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            match &mut *self.0 {
                Some(kept) => kept.write(bytes),
                None => std::io::stderr().write(bytes),
            }
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// Runs `work` while what is written to the file descriptor of standard error is dropped: libraries in C write there,
    /// for instance that there is no display. The messages of this program, of any thread, still come through. Calls must
    /// not be nested.
    pub fn silenced<T>(work: impl FnOnce() -> T) -> T {
        let silence = Silence::begin();
        let result = work();
        drop(silence);
        result
    }

    /// Ends with its scope, also when that is left by a panic.
    struct Silence;

    impl Silence {
        /// None where standard error cannot be redirected: noise is no reason to fail.
        fn begin() -> Option<Self> {
            let nowhere = File::options().write(true).open("/dev/null").ok()?;
            let mut kept = kept();
            *kept = Some(File::from(std::io::stderr().as_fd().try_clone_to_owned().ok()?));
            rustix::stdio::dup2_stderr(nowhere).ok()?;
            Some(Self)
        }
    }

    impl Drop for Silence {
        fn drop(&mut self) {
            let mut kept = kept();
            if let Some(stderr) = kept.take() {
                _ = rustix::stdio::dup2_stderr(stderr);
            }
        }
    }
}
