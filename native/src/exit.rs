//! How the program ends: its exit code, and the only place where errors are printed.

use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue};
use untrained_core::Error;
use untrained_core::plain::{escaped, is_active};

use crate::outcome::{Outcome, Usage};
use crate::output::taken;

/// Prints an error once and returns the exit code: 0 done, 1 failed, 2 unusable input, 3 partly done, 130 interrupted.
pub fn exit(result: anyhow::Result<Outcome>) -> ExitCode {
    match result {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Partly) => ExitCode::from(3),
        Ok(Outcome::Interrupted) => ExitCode::from(130),
        Err(error) => {
            note!("untrained: {error:#}");
            ExitCode::from(if error.chain().any(is_input) { 2 } else { 1 })
        }
    }
}

/// Prints help, the version or the error in the arguments, and returns the exit code: 0, or 2 for wrong arguments.
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
        // Wrong arguments have exit code 2 even where standard error is full.
        Err(error) if !answer.use_stderr() => exit(Err(error)),
        _ => ExitCode::from(u8::try_from(answer.exit_code()).unwrap_or(1)),
    }
}

/// Whether a cause is an unusable input, not a device that failed during a run.
fn is_input(cause: &(dyn std::error::Error + 'static)) -> bool {
    let is_failure = |error: &Error| {
        let diverged = matches!(error, Error::Diverged { .. } | Error::NotFinite { .. });
        diverged || matches!(error, Error::Broken { .. } | Error::Memory { .. })
    };
    cause.is::<Usage>() || cause.downcast_ref().is_some_and(|error| !is_failure(error))
}

#[cfg(test)]
mod tests {
    use untrained_core::Error;

    use super::{Usage, is_input};

    #[test]
    fn failures_during_a_run_are_not_input_errors() {
        let (name, problem) = ("wgpu".to_owned(), "lost".to_owned());
        assert!(!is_input(&Error::Broken { name: name.clone(), problem: problem.clone() }));
        assert!(!is_input(&Error::Memory { name: name.clone() }));
        assert!(!is_input(&Error::Diverged { update: 1, loss: 9.0, most: 5.0 }));
        assert!(!is_input(&Error::NotFinite { update: 1 }));
        assert!(is_input(&Error::Device { name, problem }) && is_input(&Usage(String::new())));
    }
}
