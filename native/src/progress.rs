//! Tells how far long work is, on standard error: a bar for a person, a line now and then for a file.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How often a line is written where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(30);

const STYLE: &str = "{bar:30} {pos}/{len}  {per_sec}  {eta} left  {msg}";

/// How long a single task may take before its progress is shown.
const PATIENCE: Duration = Duration::from_secs(2);

/// Parts of a single task, as its share is told.
const PARTS: u64 = 100;

const STYLE_ONE: &str = "{bar:30} {percent} %  {eta} left";

/// How far a single task is: a bar for a person who has waited for a while.
pub struct Share {
    bar: ProgressBar,
    begun: Instant,
}

impl Share {
    /// Of a task that begins now.
    pub fn new() -> Self {
        let style = ProgressStyle::with_template(STYLE_ONE).unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::with_draw_target(Some(PARTS), ProgressDrawTarget::hidden()).with_style(style);
        Self { bar, begun: Instant::now() }
    }

    /// So much is done, between 0 and 1.
    pub fn tell(&self, share: f64) {
        if self.bar.is_hidden() && self.begun.elapsed() > PATIENCE {
            // Where there is no terminal it stays hidden.
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

/// How far the work is.
pub struct Progress {
    bar: ProgressBar,
    /// When the last line was written; `None` where there is a bar.
    told: Option<std::sync::Mutex<Instant>>,
}

impl Progress {
    /// Work of so many pieces.
    pub fn new(pieces: usize) -> Self {
        let terminal = std::io::IsTerminal::is_terminal(&std::io::stderr());
        let target = if terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let style = ProgressStyle::with_template(STYLE).unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::with_draw_target(Some(pieces as u64), target).with_style(style);
        Self { bar, told: (!terminal).then(|| std::sync::Mutex::new(Instant::now())) }
    }

    /// One piece is done.
    pub fn advance(&self) {
        self.bar.inc(1);
        let Some(told) = &self.told else { return };
        let Ok(mut last) = told.lock() else { return };
        if last.elapsed() >= LINE_EVERY {
            *last = Instant::now();
            let (done, all) = (self.bar.position(), self.bar.length().unwrap_or(0));
            let left = indicatif::HumanDuration(self.bar.eta());
            note!("{done} of {all}, {:.2} a second, {left} left", self.bar.per_sec());
        }
    }

    /// Says something without breaking the bar.
    pub fn say(&self, text: &str) {
        self.bar.suspend(|| note!("{text}"));
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
