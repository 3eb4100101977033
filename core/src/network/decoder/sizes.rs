//! Sizes of the batch that a decoder reads; all others are of its architecture.

use serde::{Deserialize, Serialize};

use crate::corpus::Shape;
use crate::space::decoder::Decoder;
use crate::{Error, Result};

/// Largest number of logits that a device has at a time, unless those of one token are more.
pub const LOGITS: usize = 1 << 24;

/// Sizes of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = DecoderSizes))]
#[serde(default, deny_unknown_fields)]
pub struct Sizes {
    /// B: sequences.
    pub batch: usize,
    /// T: tokens of a sequence.
    pub sequence: usize,
}

impl Default for Sizes {
    fn default() -> Self {
        Self { batch: 16, sequence: 128 }
    }
}

impl Sizes {
    /// Checks that a decoder can read a batch of these sizes.
    ///
    /// # Errors
    /// [`Error::Size`] naming the size at fault.
    pub fn check(&self, decoder: &Decoder) -> Result<()> {
        let Self { batch, sequence } = *self;
        let wrong = |name, value, problem: String| Err(Error::Size { name, value, problem });
        if let Some((name, value)) =
            [("batch", batch), ("sequence", sequence)].into_iter().find(|(_, value)| *value == 0)
        {
            return wrong(name, value, "must be at least 1".to_owned());
        }
        if sequence > decoder.positions {
            return wrong("sequence", sequence, format!("longer than the {} positions", decoder.positions));
        }
        Ok(())
    }

    /// How much text a batch takes.
    pub fn shape(&self, decoder: &Decoder) -> Shape {
        Shape { vocabulary: decoder.vocabulary, batch: self.batch, steps: self.sequence }
    }
}
