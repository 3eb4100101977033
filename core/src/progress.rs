//! Progress of a run, reported from any thread.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts units of work and reports the share that is done, at every further hundredth.
pub struct Progress<'a> {
    expected: AtomicUsize,
    done: AtomicUsize,
    report: &'a (dyn Fn(f64) + Sync),
}

impl Default for Progress<'_> {
    /// Reports nothing.
    fn default() -> Self {
        Self::new(&|_| {})
    }
}

impl<'a> Progress<'a> {
    /// Calls `report` with the share that is done, between 0 and 1, on the thread that does the work.
    pub fn new(report: &'a (dyn Fn(f64) + Sync)) -> Self {
        Self { expected: AtomicUsize::new(0), done: AtomicUsize::new(0), report }
    }

    /// Adds units of work to come.
    pub fn expect(&self, units: usize) {
        self.expected.fetch_add(units, Ordering::Relaxed);
    }

    /// Adds units of work that are done.
    pub fn advance(&self, units: usize) {
        let expected = self.expected.load(Ordering::Relaxed).max(1);
        let before = self.done.fetch_add(units, Ordering::Relaxed);
        let after = (before + units).min(expected);
        if 100 * before / expected < 100 * after / expected {
            (self.report)(after as f64 / expected as f64);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::Progress;

    #[test]
    fn reports_each_hundredth_once_and_at_most_one() {
        let reported = Mutex::new(Vec::new());
        let report = |share| reported.lock().unwrap().push(share);
        let progress = Progress::new(&report);
        progress.expect(1_000);
        (0..4).for_each(|_| progress.advance(5));
        progress.advance(980);
        progress.advance(50);
        assert_eq!(*reported.lock().unwrap(), [0.01, 0.02, 1.0]);
    }
}
