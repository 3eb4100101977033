//! What every published benchmark answers for itself.

use super::sheet::{self, File};
use super::{About, Suite, Table};
use crate::Result;

/// A published set of trained networks.
pub trait Benchmark: Sync {
    /// What it is, in words.
    fn about(&self) -> &'static About;

    /// Its tables as they stand in `data/`.
    fn files(&self) -> &'static [File<'static>];

    /// Rows from the bytes of its tables.
    ///
    /// # Errors
    /// [`crate::Error::Table`] with the table and the line that cannot be read.
    fn load(&self, files: &[File<'_>]) -> Result<Table>;

    /// Rows of its own tables.
    ///
    /// # Errors
    /// As [`Benchmark::load`].
    fn table(&self) -> Result<Table> {
        self.load(self.files())
    }

    /// The place of a network among all decoders that LTS published, by which it can be built; none of other networks.
    fn published_decoder(&self, _id: u32) -> Option<usize> {
        None
    }

    /// Scores of the whole suite that were computed here; none where there are none.
    fn suite(&self) -> Option<Suite> {
        None
    }

    /// The published id that a file calls so, whether or not there is a network of that id: its number, whole, also
    /// where it is written as a float.
    fn id(&self, name: &str) -> Option<u32> {
        number(name)
    }
}

/// The number of a network in a file: `889`, or `889.0` where another program made floats of whole numbers.
pub(super) fn number(name: &str) -> Option<u32> {
    let float = || name.parse().ok().and_then(|value| sheet::whole(value).ok());
    name.parse().ok().or_else(float)
}
