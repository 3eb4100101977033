//! Ctrl-C and SIGTERM end the program with exit code 130. Most commands end at once; long runs end after the current
//! piece of work, and finished results are saved.

use std::sync::atomic::{AtomicU8, Ordering};

use anyhow::Context as _;

use crate::output;

/// The effect of the next signal.
static STATE: AtomicU8 = AtomicU8::new(AT_ONCE);

/// It ends the program at once.
const AT_ONCE: u8 = 0;
/// It requests that the work ends early; the next one ends the program at once.
const LISTENING: u8 = 1;
/// A signal came: the work is about to end.
const REQUESTED: u8 = 2;

/// Installs the signal handler.
///
/// # Errors
/// When they cannot be handled.
pub fn install() -> anyhow::Result<()> {
    ctrlc::set_handler(signalled).context("signals cannot be handled")
}

/// Handles a signal; runs on a separate thread.
fn signalled() {
    if STATE.compare_exchange(LISTENING, REQUESTED, Ordering::SeqCst, Ordering::SeqCst).is_ok() {
        note!("stopping after the current computation; once more to stop at once");
        return;
    }
    let _writing = output::writing();
    note!("untrained: stopped by a signal before the work was done");
    std::process::exit(130);
}

/// Long work that can end early and save its finished results.
#[derive(Debug)]
pub struct Interrupt(());

impl Interrupt {
    /// From now on the first signal only requests to stop. One that came in earlier work still does.
    pub fn listen() -> Self {
        let _ = STATE.compare_exchange(AT_ONCE, LISTENING, Ordering::SeqCst, Ordering::SeqCst);
        Self(())
    }

    /// Whether a signal has requested to stop.
    pub fn requested(&self) -> bool {
        STATE.load(Ordering::SeqCst) == REQUESTED
    }
}
