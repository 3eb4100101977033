//! What can be counted of a network without running it.

/// Counts by the identifiers of the metrics that report them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Counts(Vec<(&'static str, f64)>);

impl Counts {
    /// The count of this identifier.
    pub fn get(&self, id: &str) -> Option<f64> {
        self.0.iter().find(|(known, _)| *known == id).map(|(_, count)| *count)
    }

    /// Takes over what is not there yet.
    pub fn merge(&mut self, other: Self) {
        let new = other.0.into_iter().filter(|(id, _)| self.get(id).is_none()).collect::<Vec<_>>();
        self.0.extend(new);
    }
}

impl FromIterator<(&'static str, f64)> for Counts {
    fn from_iter<I: IntoIterator<Item = (&'static str, f64)>>(counts: I) -> Self {
        Self(counts.into_iter().collect())
    }
}
