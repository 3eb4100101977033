//! Given token ids, and what is to be predicted after each.

use std::path::Path;

use anyhow::Context as _;
use serde::Deserialize;
use untrained_core::digest::sha256;
use untrained_core::network::Batch;
use untrained_core::network::decoder::Sizes;
use untrained_core::task::rectangle;

use crate::input;
use crate::outcome::Usage;
use crate::score::further::{Further, ids};

/// Ids of sequences of one length.
pub struct Inputs {
    /// Ids, and targets where there are some: [B, T].
    pub batch: Batch,
    /// B and T.
    pub sizes: Sizes,
    /// SHA-256 of the file.
    pub digest: String,
}

/// As a file has them; other keys are passed over.
#[derive(Deserialize)]
struct Spelled {
    /// Golden files call them tokens.
    #[serde(alias = "tokens")]
    input_ids: Vec<Vec<u32>>,
    targets: Option<Vec<Vec<i64>>>,
    #[serde(flatten)]
    further: Further,
}

impl Inputs {
    /// Reads them from JSON.
    ///
    /// # Errors
    /// One sentence with the path and the place.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text = input::read(path, "inputs")?;
        let spelled: Spelled =
            serde_json::from_str(&input::without_nan(&text)).map_err(|error| input::damaged("inputs", path, &error))?;
        let (batch, sequence) = rectangle(&spelled.input_ids).with_context(|| input::named(path))?;
        let tokens = spelled.input_ids.concat();
        let read = match spelled.targets {
            Some(targets) if targets.iter().map(Vec::len).ne(spelled.input_ids.iter().map(Vec::len)) => {
                let problem = format!("inputs {}, targets: not of the shape of input_ids", input::named(path));
                return Err(Usage(problem).into());
            }
            Some(targets) => Batch::of_sequences(tokens, None).with_targets(ids(targets)),
            None => Batch::of_sequences(tokens, None),
        };
        let read = read.with_further(spelled.further.into());
        Ok(Self { batch: read, sizes: Sizes { batch, sequence }, digest: sha256(text.as_bytes()) })
    }
}
