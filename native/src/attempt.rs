//! Runs a job on a device with every failure reported in a sentence: a panic in a library becomes an error with its
//! message, and the CPU takes over from a GPU that failed where the program chose the device.

use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, Once, PoisonError};

use untrained_core::device::Device;
use untrained_core::{Error, Result};

use crate::device::Choice;

/// Number of running attempts: while there are any, a panic is saved for their error and not printed.
static UNDER_WAY: AtomicUsize = AtomicUsize::new(0);

/// Message of the last panic, which may have been on another thread than the attempt's.
static LAST: Mutex<Option<String>> = Mutex::new(None);

/// Runs `run` on `device`.
///
/// # Errors
/// Those of `run`, and [`Error::Broken`] with the message of a panic.
pub fn on<T>(device: &Device, run: impl FnOnce(&Device) -> Result<T>) -> Result<T> {
    listen();
    UNDER_WAY.fetch_add(1, Ordering::SeqCst);
    let result = panic::catch_unwind(AssertUnwindSafe(|| run(device)));
    UNDER_WAY.fetch_sub(1, Ordering::SeqCst);
    result.unwrap_or_else(|_| {
        let message = LAST.lock().unwrap_or_else(PoisonError::into_inner).take();
        let problem = format!("a library stopped: {}", message.as_deref().unwrap_or("without a message"));
        Err(Error::Broken { name: device.name().to_owned(), problem })
    })
}

/// Runs `run` on `device`; with [`Choice::Auto`] also on the CPU if a GPU fails, which is reported to `warn`.
///
/// # Errors
/// As [`on`].
pub fn on_chosen<T>(
    choice: Choice,
    device: &Device,
    warn: impl FnOnce(&str),
    run: impl Fn(&Device) -> Result<T>,
) -> Result<T> {
    match on(device, &run) {
        Err(error @ (Error::Broken { .. } | Error::Memory { .. }))
            if choice == Choice::Auto && !matches!(device, Device::Cpu) =>
        {
            warn(&format!("{error}; the CPU takes over"));
            on(&Device::Cpu, run)
        }
        result => result,
    }
}

fn listen() {
    static LISTENING: Once = Once::new();
    LISTENING.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if UNDER_WAY.load(Ordering::SeqCst) == 0 {
                return before(panic);
            }
            *LAST.lock().unwrap_or_else(PoisonError::into_inner) = Some(describe(panic));
        }));
    });
}

/// The message of a panic with file and line, without the path on the machine that built the program.
fn describe(panic: &PanicHookInfo) -> String {
    let message = panic.payload_as_str().unwrap_or("no message");
    let site = panic.location().map(|site| (site.file().rsplit(['/', '\\']).next().unwrap_or_default(), site.line()));
    site.map_or_else(|| message.to_owned(), |(file, line)| format!("{message} ({file}, line {line})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A device that is not the CPU; nothing is run on it.
    fn gpu() -> Device {
        untrained_core::devices::flex()
    }

    fn fails_on_gpu(device: &Device) -> Result<&'static str> {
        if matches!(device, Device::Cpu) { Ok("scored") } else { panic!("require_grad requires autodiff") }
    }

    #[test]
    fn a_panic_is_an_error_with_its_message() {
        let error = on(&gpu(), fails_on_gpu).unwrap_err().to_string();
        assert!(
            error
                .starts_with("device flex failed: a library stopped: require_grad requires autodiff (attempt.rs, line")
        );
    }

    #[test]
    fn the_cpu_takes_over_where_the_program_chose_the_device() {
        let mut warning = String::new();
        let scored = on_chosen(Choice::Auto, &gpu(), |sentence| warning = sentence.to_owned(), fails_on_gpu);
        assert_eq!(scored, Ok("scored"));
        assert!(warning.contains("require_grad requires autodiff"), "{warning}");
        assert!(warning.ends_with("the CPU takes over"), "{warning}");
        assert!(on_chosen(Choice::Wgpu, &gpu(), |_| panic!(), fails_on_gpu).is_err());
    }

    #[test]
    fn an_error_of_the_input_is_not_tried_again() {
        let refuse = |_: &Device| -> Result<()> {
            Err(Error::Size { name: "batch", value: 0, problem: "must be at least 1".to_owned() })
        };
        let message = on_chosen(Choice::Auto, &gpu(), |_| panic!(), refuse).unwrap_err().to_string();
        assert_eq!(message, "size batch = 0: must be at least 1");
    }
}
