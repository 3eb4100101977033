//! How much text a batch takes.

/// How much text a batch takes, of how many words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// V: words.
    pub vocabulary: usize,
    /// B: samples or sequences.
    pub batch: usize,
    /// T: steps, or tokens of a sequence.
    pub steps: usize,
}
