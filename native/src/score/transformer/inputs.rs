//! Given token ids.

use std::path::Path;

use anyhow::Context as _;
use serde::Deserialize;
use untrained_core::task::rectangle;

use super::numbers;
use crate::digest::sha256;
use crate::outcome::damaged;
use crate::setup;

/// Token ids as a golden file has them.
#[derive(Deserialize)]
pub struct Inputs {
    input_ids: Vec<Vec<u32>>,
    /// SHA-256 of the file.
    #[serde(skip)]
    pub digest: String,
}

impl Inputs {
    /// Reads them from JSON; other keys are passed over.
    ///
    /// # Errors
    /// One sentence with the path and the place.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text = setup::read(path, "inputs")?;
        let read: Self = serde_json::from_str(&numbers(&text)).map_err(|error| damaged("inputs", path, &error))?;
        Ok(Self { digest: sha256(text.as_bytes()), ..read })
    }

    /// Ids [B, T], with B and T.
    ///
    /// # Errors
    /// [`untrained_core::Error::Text`] where they are no rectangle.
    pub fn rows(self, path: &Path) -> anyhow::Result<(Vec<u32>, usize, usize)> {
        let (batch, sequence) = rectangle(&self.input_ids).with_context(|| setup::named(path))?;
        Ok((self.input_ids.concat(), batch, sequence))
    }
}
