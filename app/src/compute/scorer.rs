//! The scoring of a page: one at a time; it continues while the visitor looks at other pages.

use leptos::prelude::*;

use super::stop;

thread_local! {
    /// Number of scorings of all pages that are running: they share a worker.
    static BUSY: ArcRwSignal<usize> = ArcRwSignal::new(0);
}

/// The scoring of a page.
#[derive(Clone, Copy)]
pub struct Scorer {
    /// Number of the running scoring, counted from 1.
    current: RwSignal<Option<u32>>,
    last: StoredValue<u32>,
    /// When it began, in milliseconds.
    pub since: RwSignal<f64>,
}

/// One scoring; its work checks with [`Turn::is_on`] whether it is still wanted.
#[derive(Clone, Copy)]
pub struct Turn {
    scorer: Scorer,
    number: u32,
}

impl Scorer {
    /// Without a scoring.
    pub fn new() -> Self {
        Self { current: RwSignal::new(None), last: StoredValue::new(0), since: RwSignal::new(0.0) }
    }

    /// Whether a scoring is running.
    pub fn is_running(self) -> bool {
        self.current.get().is_some()
    }

    /// Whether another page is scoring.
    pub fn must_wait(self) -> bool {
        !self.is_running() && BUSY.with(Clone::clone).get() > 0
    }

    /// Runs `work`, which checks its turn after every wait.
    pub fn start<F: Future<Output = ()> + 'static>(self, work: impl FnOnce(Turn) -> F) {
        let number = self.last.get_value() + 1;
        let turn = Turn { scorer: self, number };
        self.last.set_value(number);
        self.current.set(Some(number));
        self.since.set(js_sys::Date::now());
        let work = work(turn);
        let busy = BUSY.with(Clone::clone);
        busy.update(|busy| *busy += 1);
        leptos::task::spawn_local(async move {
            work.await;
            busy.update(|busy| *busy -= 1);
            if turn.is_on() {
                self.current.set(None);
            }
        });
    }

    /// Stops the running scoring, as if it had never begun.
    pub fn abandon(self) {
        self.current.set(None);
        stop();
    }
}

impl Turn {
    /// Whether no other scoring was started since.
    pub fn is_on(self) -> bool {
        self.scorer.current.get_untracked() == Some(self.number)
    }
}
