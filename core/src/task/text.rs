//! Text of one's own for a recurrent network.

use serde::{Deserialize, Serialize};

use crate::Result;
use crate::corpus::{self, Vocabulary};
use crate::network::recurrent::Sizes;

/// Text of one's own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// One sentence a line.
    pub corpus: String,
    /// A word list, or texts whose words are numbered by first appearance; the corpus itself where there is none.
    #[serde(default)]
    pub vocabulary: Vec<String>,
}

impl Text {
    /// A batch [T, B]; a larger vocabulary makes the network's larger, too.
    ///
    /// # Errors
    /// [`crate::Error::Text`] with the line that cannot be read.
    pub(super) fn read(&self, sizes: &mut Sizes) -> Result<Vec<u32>> {
        let vocabulary = match self.vocabulary.as_slice() {
            [] => Vocabulary::of(&self.corpus)?,
            files => Vocabulary::from_texts(files.iter().map(String::as_str))?,
        };
        sizes.vocabulary = sizes.vocabulary.max(vocabulary.count());
        corpus::batch(&vocabulary.ids(&self.corpus)?, &*sizes)
    }
}
