//! Tells how far long work is, on standard error: a bar for a person, a line now and then for a file.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How often a line is written where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(30);

const STYLE: &str = "{bar:30} {pos}/{len}  {per_sec}  {eta} left  {msg}";

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
            eprintln!("{done} of {all}, {:.2} a second, {left} left", self.bar.per_sec());
        }
    }

    /// Says something without breaking the bar.
    pub fn say(&self, text: &str) {
        self.bar.suspend(|| eprintln!("{text}"));
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
