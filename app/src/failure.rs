//! Why a worker gives no answer, and how it reports that even when it stops for good.

use std::alloc::{GlobalAlloc, Layout, System};
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::{Deserialize, Serialize};
use untrained_core::Error;
use untrained_core::panic::Panic;

use crate::serve;

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Failure {
    /// The request cannot be answered: one sentence on what of it cannot be used.
    Refused(String),
    /// The device or the worker failed: one sentence on what happened. Another device may still answer.
    Failed(String),
}

impl Failure {
    /// The sentence.
    pub fn sentence(self) -> String {
        match self {
            Self::Refused(sentence) | Self::Failed(sentence) => sentence,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let sentence = error.to_string();
        match error {
            Error::Device { .. } | Error::Broken { .. } | Error::Memory { .. } => Self::Failed(sentence),
            _ => Self::Refused(sentence),
        }
    }
}

/// Reports a panic to the page as the failure of the current request. The browser terminates the worker afterwards.
pub fn report_panics() {
    panic::set_hook(Box::new(|panic| serve::fail(Failure::Failed(stopped(&panic.into())))));
}

fn stopped(panic: &Panic) -> String {
    format!("The scoring program stopped: {panic}.")
}

/// The system's allocator. Where it gives no memory the program aborts without a panic, which is why that is reported
/// here.
pub struct ReportingAllocator;

static REPORTED: AtomicBool = AtomicBool::new(false);

// SAFETY: every call goes to the system's allocator unchanged.
unsafe impl GlobalAlloc for ReportingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the contract of `GlobalAlloc`.
        report(unsafe { System.alloc(layout) }, layout.size())
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        report(unsafe { System.alloc_zeroed(layout) }, layout.size())
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as above.
        report(unsafe { System.realloc(block, layout, size) }, size)
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(block, layout) }
    }
}

/// Reports a block of `size` bytes that was not given; once, because the report itself allocates.
fn report(block: *mut u8, size: usize) -> *mut u8 {
    if block.is_null() && !REPORTED.swap(true, Ordering::Relaxed) {
        let size = size.div_ceil(1 << 20);
        let sentence = format!(
            "Out of memory: the browser gave this tab no further {size} MiB. Choose smaller sizes, or the native program."
        );
        serve::fail(Failure::Failed(sentence));
    }
    block
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A device that failed leaves the request to another one; what cannot be used does not.
    #[test]
    fn only_a_device_can_fail() {
        let memory = Failure::from(Error::Memory { name: "wgpu".to_owned() });
        assert_eq!(memory, Failure::Failed("device wgpu: out of memory".to_owned()));
        let size = Error::Size { name: "batch", value: 0, problem: "must be at least 1".to_owned() };
        assert_eq!(Failure::from(size), Failure::Refused("size batch = 0: must be at least 1".to_owned()));
    }

    #[test]
    fn a_panic_is_described_by_its_message_and_line() {
        let described = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
        let before = panic::take_hook();
        let written = described.clone();
        panic::set_hook(Box::new(move |panic| *written.lock().unwrap() = stopped(&panic.into())));
        let line = line!() + 1;
        _ = panic::catch_unwind(|| panic!("require_grad requires autodiff"));
        panic::set_hook(before);
        let expected =
            format!("The scoring program stopped: require_grad requires autodiff (failure.rs, line {line}).");
        assert_eq!(*described.lock().unwrap(), expected);
    }
}
