//! How far a run has come, told from wherever its work is done.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts units of work and tells the share that is done, each time another hundredth is.
pub struct Progress<'a> {
    expected: AtomicUsize,
    done: AtomicUsize,
    tell: &'a (dyn Fn(f64) + Sync),
}

impl Default for Progress<'_> {
    /// Tells nobody.
    fn default() -> Self {
        Self::new(&|_| {})
    }
}

impl<'a> Progress<'a> {
    /// Calls `tell` with the share that is done, between 0 and 1, on whichever thread does the work.
    pub fn new(tell: &'a (dyn Fn(f64) + Sync)) -> Self {
        Self { expected: AtomicUsize::new(0), done: AtomicUsize::new(0), tell }
    }

    /// So many units more are to come.
    pub fn expect(&self, units: usize) {
        self.expected.fetch_add(units, Ordering::Relaxed);
    }

    /// So many units more are done.
    pub fn advance(&self, units: usize) {
        let expected = self.expected.load(Ordering::Relaxed).max(1);
        let before = self.done.fetch_add(units, Ordering::Relaxed);
        let after = (before + units).min(expected);
        if 100 * before / expected < 100 * after / expected {
            (self.tell)(after as f64 / expected as f64);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::Progress;

    #[test]
    fn tells_whole_hundredths_once_and_never_more_than_all() {
        let told = Mutex::new(Vec::new());
        let tell = |share| told.lock().unwrap().push(share);
        let progress = Progress::new(&tell);
        progress.expect(1_000);
        (0..4).for_each(|_| progress.advance(5));
        progress.advance(980);
        progress.advance(50);
        assert_eq!(*told.lock().unwrap(), [0.01, 0.02, 1.0]);
    }
}
