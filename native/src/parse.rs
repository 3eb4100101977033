//! Values of arguments, checked as they are parsed.

use std::path::{Path, PathBuf};

use clap::builder::{PathBufValueParser, TypedValueParser};

use untrained_core::glue::GlueTask;

use crate::outcome::Usage;

/// A file or folder to write: `-` would be mistaken for standard output.
pub fn file() -> impl TypedValueParser<Value = PathBuf> {
    let file = |path: PathBuf| {
        if path == Path::new("-") {
            let problem = "this is written to a file, not to standard output; './-' is a file of that name";
            return Err(Usage(problem.to_owned()));
        }
        Ok(path)
    };
    PathBufValueParser::new().try_map(file)
}

/// A number that must be at least 1.
///
/// # Errors
/// One sentence where the text is not such a number.
pub fn at_least_one(text: &str) -> Result<usize, Usage> {
    let number = text.parse().ok().filter(|&number| number > 0);
    number.ok_or_else(|| Usage(format!("'{text}' must be a whole number, at least 1")))
}

/// A finite number above 0.
///
/// # Errors
/// One sentence where the text is not such a number.
pub fn positive(text: &str) -> Result<f64, Usage> {
    number(text, |value| value > 0.0, "above 0")
}

/// A number from 0 on and below 1.
///
/// # Errors
/// One sentence where the text is not such a number.
pub fn share(text: &str) -> Result<f64, Usage> {
    number(text, |value| (0.0..1.0).contains(&value), "of at least 0 and below 1")
}

fn number(text: &str, fits: impl Fn(f64) -> bool, which: &str) -> Result<f64, Usage> {
    let value = text.parse().ok().filter(|&value: &f64| value.is_finite() && fits(value));
    value.ok_or_else(|| Usage(format!("'{text}' is not a number {which}")))
}

/// A task of GLUE.
///
/// # Errors
/// One sentence where there is none of this name.
pub fn task(name: &str) -> untrained_core::Result<GlueTask> {
    GlueTask::find(name)
}

/// A number of hours above 0.
///
/// # Errors
/// One sentence where the text is not such a number.
pub fn hours(text: &str) -> Result<f64, Usage> {
    let number = text.parse().ok().filter(|hours: &f64| hours.is_finite() && *hours > 0.0);
    number.ok_or_else(|| Usage(format!("'{text}' must be a number of hours above 0")))
}
