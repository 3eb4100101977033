//! How a command ends, and errors of its input.

use untrained_core::plain::escaped;

/// The outcome of a command that did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Completed: exit code 0.
    Done,
    /// Partly completed; failures were printed as they happened: exit code 3.
    Partly,
    /// Stopped by the user, with finished results saved: exit code 130.
    Interrupted,
}

/// An input that cannot be used, found outside `core`: exit code 2.
#[derive(Debug)]
pub struct Usage(pub String);

impl std::fmt::Display for Usage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // It may quote the input.
        f.write_str(&escaped(&self.0))
    }
}

impl std::error::Error for Usage {}

/// A failed read or write of a given path, as one sentence: exit code 2.
pub fn unusable(what: &str, path: &std::path::Path, error: &std::io::Error) -> anyhow::Error {
    Usage(format!("{what} {}: {}", path.display(), reason(error))).into()
}

/// The operating system's message without its number.
pub fn reason(error: &std::io::Error) -> String {
    let message = error.to_string();
    message.split(" (os error").next().unwrap_or(&message).to_lowercase()
}
