//! Damaged tokenizer files, reported in one sentence.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::{Mutex, PoisonError};

use serde::de::IgnoredAny;

use crate::outcome::Usage;

/// Checks that a file is complete JSON.
///
/// # Errors
/// One sentence with the place of the error.
pub fn check_json(text: &str) -> Result<(), Usage> {
    let read: Result<IgnoredAny, _> = serde_json::from_str(text);
    read.map(drop).map_err(|error| damaged(&error.to_string()))
}

/// The panic hook is shared by all threads: one call at a time replaces it.
static HOOK: Mutex<()> = Mutex::new(());

/// Runs a call into the tokenizer library, which panics on some files where it should return an error; nothing is
/// printed.
///
/// # Errors
/// One sentence with the reason of the panic.
pub fn guarded<T>(call: impl FnOnce() -> T) -> Result<T, Usage> {
    let _alone = HOOK.lock().unwrap_or_else(PoisonError::into_inner);
    let hook = take_hook();
    set_hook(Box::new(|_| {}));
    let done = catch_unwind(AssertUnwindSafe(call));
    set_hook(hook);
    done.map_err(|payload| damaged(reason(payload.as_ref())))
}

fn reason(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("the tokenizer library cannot read it")
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
