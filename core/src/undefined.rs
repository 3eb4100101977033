//! A score or a statistic that has no finite value, and why.

/// A value that is not finite, and why. It is kept and reported, never turned into a number.
#[derive(Debug, Clone, PartialEq)]
pub struct Undefined {
    /// An infinity or NaN.
    pub value: f64,
    /// The reason, as a sentence without its full stop.
    pub why: String,
}

impl Undefined {
    /// No value at all.
    pub fn nan(why: impl Into<String>) -> Self {
        Self { value: f64::NAN, why: why.into() }
    }

    /// What the metric reads was not observed.
    pub fn unobserved(what: &str) -> Self {
        Self::nan(format!("the {what} it reads were not observed"))
    }
}
