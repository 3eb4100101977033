//! Panics of libraries become errors: what is called here may panic, and nothing is printed.

use std::any::Any;
use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, Once, PoisonError};

use untrained_core::panic::Panic;

/// Calls under way: while there are any, a panic is kept for their error and not printed.
static UNDER_WAY: AtomicUsize = AtomicUsize::new(0);

/// The last panic of any thread: a library may pass on a panic of a thread of its own.
static LAST: Mutex<Option<Panic>> = Mutex::new(None);

thread_local! {
    /// The last panic of this thread, which another thread cannot replace.
    static LAST_HERE: RefCell<Option<Panic>> = const { RefCell::new(None) };
}

/// The result of `call`.
///
/// # Errors
/// The panic that ended it.
pub fn caught<T>(call: impl FnOnce() -> T) -> Result<T, Panic> {
    install_hook();
    LAST_HERE.take();
    UNDER_WAY.fetch_add(1, Ordering::SeqCst);
    let result = panic::catch_unwind(AssertUnwindSafe(call));
    UNDER_WAY.fetch_sub(1, Ordering::SeqCst);
    result.map_err(|payload| LAST_HERE.take().unwrap_or_else(|| passed_on(&*payload)))
}

/// The panic of another thread that was passed on to this one: `payload` is its message, and the last panic with this
/// message has its place.
fn passed_on(payload: &(dyn Any + Send)) -> Panic {
    let text = payload.downcast_ref::<&str>().copied();
    let message = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let last = LAST.lock().unwrap_or_else(PoisonError::into_inner).clone();
    match (message, last) {
        (Some(message), Some(last)) if last.message == message => last,
        (Some(message), _) => Panic { message: message.to_owned(), location: None },
        (None, last) => last.unwrap_or_else(|| Panic { message: "no message".to_owned(), location: None }),
    }
}

fn install_hook() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if UNDER_WAY.load(Ordering::SeqCst) == 0 {
                return before(info);
            }
            let panic = Panic::from(info);
            *LAST.lock().unwrap_or_else(PoisonError::into_inner) = Some(panic.clone());
            LAST_HERE.set(Some(panic));
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

    #[test]
    fn a_panic_of_another_thread_is_an_error_with_its_line() {
        let line = line!() + 1;
        let thread = || std::thread::spawn(|| panic!("lost {}", "device")).join();
        let panic = caught(|| thread().map_err(|payload| panic::resume_unwind(payload))).map(|_| 0).unwrap_err();
        assert_eq!(panic.to_string(), format!("lost device (caught.rs, line {line})"));
    }

    #[test]
    fn panics_at_the_same_time_keep_their_own_messages() {
        std::thread::scope(|scope| {
            for thread in 0..8 {
                scope.spawn(move || {
                    for panic in 0..200 {
                        let message = format!("{thread}, {panic}");
                        let found = caught(|| panic::panic_any(message.clone())).map(|()| 0).unwrap_err().message;
                        assert_eq!(found, message);
                    }
                });
            }
        });
    }
}
