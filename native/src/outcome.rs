//! How a command ends, and the one place where an error is told.

use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue};
use untrained_core::plain::{escaped, is_active};
use untrained_core::{Error, without_place};

use crate::output::taken;

/// How a command that did not fail ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// All of it: exit code 0.
    Done,
    /// Some of it; what failed was said as it happened: exit code 3.
    Partly,
    /// Stopped by the user, with what was finished kept: exit code 130.
    Interrupted,
}

/// Something a person gave that cannot be used, found outside `core`: exit code 2.
#[derive(Debug)]
pub struct Usage(pub String);

impl std::fmt::Display for Usage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // It may quote what was typed.
        f.write_str(&escaped(&self.0))
    }
}

impl std::error::Error for Usage {}

/// A failed read or write of something a person named, as one sentence: exit code 2.
pub fn unusable(what: &str, path: &std::path::Path, error: &std::io::Error) -> anyhow::Error {
    Usage(format!("{what} {}: {}", path.display(), reason(error))).into()
}

/// A file of JSON that a person named and that is not what it should be, in one short sentence: exit code 2.
pub fn damaged(what: &str, path: &std::path::Path, error: &serde_json::Error) -> Usage {
    let place = format!("line {} column {}", error.line(), error.column());
    Usage(format!("{what} {}: {} at {place}", crate::setup::named(path), without_place(error)))
}

/// The operating system's reason without its number.
pub fn reason(error: &std::io::Error) -> String {
    let whole = error.to_string();
    whole.split(" (os error").next().unwrap_or(&whole).to_lowercase()
}

/// Tells an error once and gives the exit code: 0 done, 1 failed, 2 usage, 3 partly done, 130 interrupted.
pub fn exit(result: anyhow::Result<Outcome>) -> ExitCode {
    match result {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Partly) => ExitCode::from(3),
        Ok(Outcome::Interrupted) => ExitCode::from(130),
        Err(error) => {
            note!("untrained: {error:#}");
            ExitCode::from(if error.chain().any(is_given) { 2 } else { 1 })
        }
    }
}

/// Prints help, the version or what is wrong with the arguments, and gives the exit code: 0, or 2 for wrong arguments.
pub fn usage(mut answer: clap::Error) -> ExitCode {
    let quoted: Vec<(ContextKind, String)> = answer
        .context()
        .filter_map(|(kind, value)| match value {
            ContextValue::String(text) if text.contains(is_active) => Some((kind, escaped(text).into_owned())),
            _ => None,
        })
        .collect();
    for (kind, text) in quoted {
        answer.insert(kind, ContextValue::String(text));
    }
    let text = answer.to_string();
    if answer.use_stderr() && text.contains(|character| character != '\n' && is_active(character)) {
        text.lines().for_each(|line| note!("{line}"));
        return ExitCode::from(2);
    }
    match taken(answer.print()) {
        // Wrong arguments stay wrong where standard error is full.
        Err(error) if !answer.use_stderr() => exit(Err(error)),
        _ => ExitCode::from(u8::try_from(answer.exit_code()).unwrap_or(1)),
    }
}

/// Whether a cause is what a person gave, and no device that failed on the way.
fn is_given(cause: &(dyn std::error::Error + 'static)) -> bool {
    let on_the_way = |error: &Error| matches!(error, Error::Broken { .. } | Error::Memory { .. });
    cause.is::<Usage>() || cause.downcast_ref().is_some_and(|error| !on_the_way(error))
}

#[cfg(test)]
mod tests {
    use untrained_core::Error;

    use super::{Usage, is_given};

    #[test]
    fn what_a_run_meets_on_its_way_was_not_given() {
        let (name, problem) = ("wgpu".to_owned(), "lost".to_owned());
        assert!(!is_given(&Error::Broken { name: name.clone(), problem: problem.clone() }));
        assert!(!is_given(&Error::Memory { name: name.clone() }));
        assert!(is_given(&Error::Device { name, problem }) && is_given(&Usage(String::new())));
    }
}
