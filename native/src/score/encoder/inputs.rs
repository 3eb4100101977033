//! Given token ids.

use std::path::Path;

use anyhow::Context as _;
use serde::Deserialize;
use untrained_core::corpus::documents::Rows;
use untrained_core::digest::sha256;
use untrained_core::network::FurtherInputs;
use untrained_core::task::rectangle;

use crate::input;
use crate::outcome::Usage;
use crate::score::further::{Further, ids};

/// Token ids as a golden file has them.
#[derive(Deserialize)]
pub struct Inputs {
    #[serde(alias = "tokens")]
    input_ids: Vec<Vec<u32>>,
    /// What is to be predicted in the places of masks; negative where nothing is.
    targets: Option<Vec<Vec<i64>>>,
    #[serde(flatten)]
    further: Further,
    /// One for a real token, zero for padding at the end of a sequence; none where every id is real.
    attention_mask: Option<Vec<Vec<u8>>>,
    /// SHA-256 of the file.
    #[serde(skip)]
    pub digest: String,
}

/// Ids of sequences of one length.
pub struct Ids {
    /// [B, T], and how many ids of a row are real.
    pub rows: Rows,
    /// Whether padding was marked.
    pub masked: bool,
    /// B and T.
    pub shape: (usize, usize),
    /// What is to be predicted, [B, T], where it is given.
    pub targets: Option<Vec<u32>>,
    /// What further passes read.
    pub further: FurtherInputs,
}

impl Inputs {
    /// Reads them from JSON; other keys are passed over.
    ///
    /// # Errors
    /// One sentence with the path and the place.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text = input::read(path, "inputs")?;
        let read: Self =
            serde_json::from_str(&input::without_nan(&text)).map_err(|error| input::damaged("inputs", path, &error))?;
        Ok(Self { digest: sha256(text.as_bytes()), ..read })
    }

    /// The ids, and which of them are real.
    ///
    /// # Errors
    /// [`untrained_core::Error::Text`] where they are no rectangle, or one sentence on a mask that does not fit.
    pub fn ids(self, path: &Path) -> anyhow::Result<Ids> {
        let shape = rectangle(&self.input_ids).with_context(|| input::named(path))?;
        let lengths = match &self.attention_mask {
            Some(mask) => {
                lengths(mask, shape).map_err(|problem| Usage(format!("inputs {}, {problem}", input::named(path))))?
            }
            None => vec![shape.1; shape.0],
        };
        let lengths_of = |ids: &[Vec<i64>]| ids.iter().map(Vec::len).collect::<Vec<_>>();
        if self.targets.as_deref().is_some_and(|targets| lengths_of(targets) != vec![shape.1; shape.0]) {
            return Err(Usage(format!("inputs {}, targets: not of the shape of input_ids", input::named(path))).into());
        }
        let rows = Rows { ids: self.input_ids.concat(), lengths };
        let (targets, further) = (self.targets.map(ids), self.further.into());
        Ok(Ids { rows, masked: self.attention_mask.is_some(), shape, targets, further })
    }
}

/// How many tokens of each sequence are real.
fn lengths(mask: &[Vec<u8>], (batch, sequence): (usize, usize)) -> Result<Vec<usize>, String> {
    if mask.len() != batch {
        return Err(format!("attention_mask: {} sequences, where input_ids has {batch}", mask.len()));
    }
    (0..)
        .zip(mask)
        .map(|(at, row): (usize, _)| {
            let real = row.iter().take_while(|&&value| value == 1).count();
            let padded = row[real..].iter().all(|&value| value == 0);
            match row.len() == sequence && real > 0 && padded {
                true => Ok(real),
                false => Err(format!("attention_mask, sequence {at}: not {sequence} values, ones and then zeros")),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::lengths;

    #[test]
    fn a_mask_is_ones_and_then_zeros() {
        assert_eq!(lengths(&[vec![1, 1, 0], vec![1, 1, 1]], (2, 3)).unwrap(), [2, 3]);
        for row in [vec![0, 1, 1], vec![0, 0, 0], vec![1, 0, 1], vec![1, 1], vec![1, 2, 0]] {
            let problem = lengths(&[row], (1, 3)).unwrap_err();
            assert_eq!(problem, "attention_mask, sequence 0: not 3 values, ones and then zeros");
        }
        assert!(lengths(&[vec![1, 1, 1]], (2, 3)).unwrap_err().ends_with("1 sequences, where input_ids has 2"));
    }
}
