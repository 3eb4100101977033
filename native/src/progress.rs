//! Progress of long work on standard error: a bar in a terminal, an occasional line in a file.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How often a line is written without a terminal.
const LINE_EVERY: Duration = Duration::from_secs(30);

const STYLE: &str = "{bar:30} {pos}/{len}  {per_sec}  {eta} left  {msg}";

/// How long a single task runs before its progress is shown.
const DELAY: Duration = Duration::from_secs(2);

/// Number of parts of a single task in which its progress is shown.
const PARTS: u64 = 100;

const STYLE_ONE: &str = "{bar:30} {percent} %  {eta} left";

/// Progress of a single task: a bar that appears after a while.
pub struct Share {
    bar: ProgressBar,
    begun: Instant,
}

impl Share {
    /// The progress of a task that begins now.
    pub fn new() -> Self {
        let style = ProgressStyle::with_template(STYLE_ONE).unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::with_draw_target(Some(PARTS), ProgressDrawTarget::hidden()).with_style(style);
        Self { bar, begun: Instant::now() }
    }

    /// Sets the share that is done, between 0 and 1.
    pub fn set(&self, share: f64) {
        if self.bar.is_hidden() && self.begun.elapsed() > DELAY {
            // Without a terminal it stays hidden.
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.set_position((share * PARTS as f64) as u64);
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// Progress of a number of pieces of work.
pub struct Progress {
    bar: ProgressBar,
    /// When the last line was written; `None` where there is a bar.
    last: Option<std::sync::Mutex<Instant>>,
}

impl Progress {
    /// The progress of so many pieces of work.
    pub fn new(pieces: usize) -> Self {
        let terminal = std::io::IsTerminal::is_terminal(&std::io::stderr());
        let target = if terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let style = ProgressStyle::with_template(STYLE).unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::with_draw_target(Some(pieces as u64), target).with_style(style);
        Self { bar, last: (!terminal).then(|| std::sync::Mutex::new(Instant::now())) }
    }

    /// The same where so many pieces were done before.
    pub fn resumed(pieces: usize, done: usize) -> Self {
        let progress = Self::new(pieces);
        progress.bar.set_position(done as u64);
        progress.bar.reset_eta();
        progress
    }

    /// Shows a message beside the progress, from the next piece on.
    pub fn describe(&self, message: String) {
        self.bar.set_message(message);
    }

    /// Counts one more piece as done.
    pub fn advance(&self) {
        self.bar.inc(1);
        let Some(last) = &self.last else { return };
        let Ok(mut last) = last.lock() else { return };
        if last.elapsed() >= LINE_EVERY {
            *last = Instant::now();
            let (done, all) = (self.bar.position(), self.bar.length().unwrap_or(0));
            let left = indicatif::HumanDuration(self.bar.eta());
            let message = self.bar.message();
            let message = if message.is_empty() { message } else { format!(", {message}") };
            note!("{done} of {all}, {:.2} a second, {left} left{message}", self.bar.per_sec());
        }
    }

    /// Prints a message without breaking the bar.
    pub fn say(&self, text: &str) {
        self.bar.suspend(|| note!("{text}"));
    }

    /// Removes the bar.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
