//! Ctrl-C and SIGTERM, from the first moment to the last: the program ends with exit code 130. Most commands end at once;
//! long work ends after the piece at hand, with what is finished kept.

use std::sync::atomic::{AtomicU8, Ordering};

use anyhow::Context as _;

use crate::output;

/// What a signal does next.
static STATE: AtomicU8 = AtomicU8::new(AT_ONCE);

/// It ends the program at once.
const AT_ONCE: u8 = 0;
/// It asks the work to end early; the next one ends the program at once.
const LISTENING: u8 = 1;
/// One came: the work is about to end.
const ASKED: u8 = 2;

/// Handles signals from now on.
///
/// # Errors
/// When they cannot be handled.
pub fn install() -> anyhow::Result<()> {
    ctrlc::set_handler(signalled).context("signals cannot be handled")
}

/// Runs on a thread of its own.
fn signalled() {
    if STATE.compare_exchange(LISTENING, ASKED, Ordering::SeqCst, Ordering::SeqCst).is_ok() {
        note!("stopping after what is being computed; once more to stop at once");
        return;
    }
    let _writing = output::writing();
    note!("untrained: stopped by a signal before the work was done");
    std::process::exit(130);
}

/// Long work that can end early, with what is finished kept.
#[derive(Debug)]
pub struct Interrupt(());

impl Interrupt {
    /// From now on the first signal is only noted.
    pub fn listen() -> Self {
        STATE.store(LISTENING, Ordering::SeqCst);
        Self(())
    }

    /// Whether it is time to stop.
    pub fn asked(&self) -> bool {
        STATE.load(Ordering::SeqCst) == ASKED
    }
}
