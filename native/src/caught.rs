//! Panics of libraries become errors: what is called here may panic, and nothing is printed.

use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, Once, PoisonError};

use untrained_core::panic::Panic;

/// Calls under way: while there are any, a panic is kept for their error and not printed.
static UNDER_WAY: AtomicUsize = AtomicUsize::new(0);

/// The last panic. It may have happened on another thread than the call's.
static LAST: Mutex<Option<Panic>> = Mutex::new(None);

/// The result of `call`.
///
/// # Errors
/// The panic that ended it.
pub fn caught<T>(call: impl FnOnce() -> T) -> Result<T, Panic> {
    install_hook();
    UNDER_WAY.fetch_add(1, Ordering::SeqCst);
    let result = panic::catch_unwind(AssertUnwindSafe(call));
    UNDER_WAY.fetch_sub(1, Ordering::SeqCst);
    result.map_err(|_| {
        let last = LAST.lock().unwrap_or_else(PoisonError::into_inner).take();
        last.unwrap_or_else(|| Panic { message: "no message".to_owned(), location: None })
    })
}

fn install_hook() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if UNDER_WAY.load(Ordering::SeqCst) == 0 {
                return before(info);
            }
            *LAST.lock().unwrap_or_else(PoisonError::into_inner) = Some(info.into());
        }));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error_with_its_message_and_line() {
        let line = line!() + 1;
        let panic = caught(|| panic!("require_grad requires autodiff")).map(|()| 0).unwrap_err();
        assert_eq!(panic.to_string(), format!("require_grad requires autodiff (caught.rs, line {line})"));
        assert_eq!(caught(|| 3), Ok(3));
    }
}
