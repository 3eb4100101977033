//! Scores of the whole zero-cost suite, computed with this program for the networks of a benchmark.

use super::File;

/// Scores computed here, and how.
#[derive(Debug, Clone, Copy)]
pub struct Suite {
    /// One line a network, one column a metric.
    pub file: File<'static>,
    /// What was read, how much of it, and by which seed, as part of a sentence.
    pub conditions: &'static str,
    /// What was found, one sentence each.
    pub findings: &'static [&'static str],
    /// Metrics whose values say little of the networks, because of what the findings say.
    pub flawed: &'static [&'static str],
    /// The command that computes the records again.
    pub command: &'static str,
}

impl Suite {
    /// How many networks were scored.
    pub fn count(&self) -> usize {
        self.file.bytes.iter().filter(|byte| **byte == b'\n').count().saturating_sub(1)
    }
}
