//! Damaged tokenizer files, reported in one sentence.

use serde::de::IgnoredAny;

use crate::caught::caught;
use crate::outcome::Usage;

/// Checks that a file is complete JSON.
///
/// # Errors
/// One sentence with the place of the error.
pub fn check_json(text: &str) -> Result<(), Usage> {
    let read: Result<IgnoredAny, _> = serde_json::from_str(text);
    read.map(drop).map_err(|error| damaged(&error.to_string()))
}

/// Runs a call into the tokenizer library, which panics on some files where it should return an error; nothing is
/// printed.
///
/// # Errors
/// One sentence with the reason of the panic.
pub fn guarded<T>(call: impl FnOnce() -> T) -> Result<T, Usage> {
    caught(call).map_err(|panic| damaged(&panic.message))
}

fn damaged(reason: &str) -> Usage {
    let line = reason.lines().map(str::trim).collect::<Vec<_>>().join(" ");
    Usage(format!("the tokenizer file is damaged: {line}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_a_sentence() {
        assert_eq!(guarded(|| 3).unwrap(), 3);
        let error = guarded(|| panic!("no\n  {}", "decoder")).map(|()| 0).unwrap_err();
        assert_eq!(error.to_string(), "the tokenizer file is damaged: no decoder");
        assert!(check_json("{\"a\": 1}").is_ok());
        let cut = check_json("{\"a\": ").unwrap_err().to_string();
        assert_eq!(cut, "the tokenizer file is damaged: EOF while parsing a value at line 1 column 6");
    }
}
