//! Standard error, which graphics drivers write to as well: silenced while they are loaded.

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

    /// The original standard error while the file descriptor is redirected.
    static ORIGINAL: Mutex<Option<File>> = Mutex::new(None);

    fn original() -> MutexGuard<'static, Option<File>> {
        ORIGINAL.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Standard error of this program, which can be written to while others are silenced.
    pub fn stderr() -> impl Write {
        Stderr(original())
    }

    struct Stderr(MutexGuard<'static, Option<File>>);

    impl Write for Stderr {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            match &mut *self.0 {
                Some(original) => original.write(bytes),
                None => std::io::stderr().write(bytes),
            }
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// Runs `work` while output to the file descriptor of standard error is dropped: C libraries write there, for
    /// instance that there is no display. Messages of this program, from any thread, are still written. Calls must not
    /// be nested.
    pub fn silenced<T>(work: impl FnOnce() -> T) -> T {
        let silence = Silence::begin();
        let result = work();
        drop(silence);
        result
    }

    /// Ends with its scope, also in a panic.
    struct Silence;

    impl Silence {
        /// `None` where standard error cannot be redirected, which is not a reason to fail.
        fn begin() -> Option<Self> {
            let nowhere = File::options().write(true).open("/dev/null").ok()?;
            let mut original = original();
            *original = Some(File::from(std::io::stderr().as_fd().try_clone_to_owned().ok()?));
            rustix::stdio::dup2_stderr(nowhere).ok()?;
            Some(Self)
        }
    }

    impl Drop for Silence {
        fn drop(&mut self) {
            let mut original = original();
            if let Some(stderr) = original.take() {
                _ = rustix::stdio::dup2_stderr(stderr);
            }
        }
    }
}
