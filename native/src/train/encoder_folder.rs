//! A trained encoder in a folder: what this project reads again, and where Hugging Face has the architecture, what
//! `transformers` reads.

use std::path::Path;

use anyhow::Context as _;
use serde_json::json;
use untrained_core::digest::sha256;
use untrained_core::network::encoder::{Checkpoint, Sizes};
use untrained_core::network::transformer::Weights;
use untrained_core::training::encoder::{EncoderShape, FirstWidth, Pretraining};

use super::folder::Folder;
use crate::input;
use crate::word_pieces::is_cased;

/// What `transformers` does not read: the layers, sizes and widths of the encoder.
const SHAPE: &str = "encoder.json";

/// Files that a tokenizer is read from.
const TOKENIZER: [&str; 3] = ["tokenizer.json", "vocab.txt", "tokenizer_config.json"];

/// An encoder with its weights.
pub struct EncoderFolder {
    /// Layers and sizes.
    pub shape: EncoderShape,
    /// Its weights.
    pub weights: Weights,
    /// SHA-256 of their file.
    pub digest: String,
}

impl EncoderFolder {
    /// Writes a trained encoder with its vocabulary.
    ///
    /// # Errors
    /// One sentence with the file.
    pub fn write(folder: &Folder, pretraining: &Pretraining, vocabulary: Option<&Path>) -> anyhow::Result<()> {
        let files = pretraining.export()?;
        folder.write("model.safetensors", &files.weights)?;
        folder.write(SHAPE, serde_json::to_string_pretty(&json!(pretraining.shape()))?.as_bytes())?;
        if let Some(config) = files.config {
            folder.write("config.json", serde_json::to_string_pretty(&config)?.as_bytes())?;
        }
        let Some(vocabulary) = vocabulary else { return Ok(()) };
        let text = input::read_bytes(vocabulary, "vocabulary")?;
        let is_json = text.trim_ascii_start().starts_with(b"{");
        folder.write(TOKENIZER[usize::from(!is_json)], &text)?;
        let settings = vocabulary.with_file_name(TOKENIZER[2]);
        if settings.is_file() {
            folder.write(TOKENIZER[2], &input::read_bytes(&settings, "vocabulary")?)?;
        } else if !is_json {
            // `transformers` lowers text where nothing is said.
            let lowers = !is_cased(&String::from_utf8_lossy(&text));
            let settings = json!({ "tokenizer_class": "BertTokenizer", "do_lower_case": lowers });
            folder.write(TOKENIZER[2], settings.to_string().as_bytes())?;
        }
        Ok(())
    }

    /// An encoder in pre-training as it is now. Batch and sequence are those of `given`.
    ///
    /// # Errors
    /// That a weight cannot be written.
    pub fn of(pretraining: &Pretraining, given: &Sizes) -> untrained_core::Result<Self> {
        let bytes = pretraining.export()?.weights;
        let shape = with_batch(pretraining.shape().clone(), given);
        Ok(Self { weights: shape.read(&bytes)?, shape, digest: sha256(&bytes) })
    }

    /// Reads a folder that `train encoder` wrote, or one of Hugging Face with a BERT or an ELECTRA. Batch and sequence
    /// are those of `given`.
    ///
    /// # Errors
    /// One sentence with the file at fault.
    pub fn read(folder: &Path, given: &Sizes) -> anyhow::Result<Self> {
        let bytes = input::read_bytes(&folder.join("model.safetensors"), "encoder")?;
        let shape = folder.join(SHAPE);
        let read = if shape.is_file() {
            let shape: EncoderShape = serde_json::from_str(&input::read(&shape, "encoder")?)
                .map_err(|error| input::damaged("encoder", &shape, &error))?;
            let shape = with_batch(shape, given);
            Self { weights: shape.read(&bytes).with_context(|| input::named(folder))?, shape, digest: sha256(&bytes) }
        } else {
            let config = input::read(&folder.join("config.json"), "encoder")?;
            let read = Checkpoint::read(&config, &bytes, given).with_context(|| input::named(folder))?;
            let Checkpoint { configuration, weights, sizes } = read;
            let shape = EncoderShape { configuration, sizes, first_width: FirstWidth::AsConfigured };
            Self { shape, weights, digest: sha256(&bytes) }
        };
        read.shape.sizes.check().with_context(|| input::named(folder))?;
        Ok(read)
    }

    /// The vocabulary in a folder.
    pub fn vocabulary(folder: &Path) -> Option<std::path::PathBuf> {
        TOKENIZER[..2].iter().map(|name| folder.join(name)).find(|path| path.is_file())
    }
}

/// The same encoder with the batch and the sequence of `given`.
fn with_batch(shape: EncoderShape, given: &Sizes) -> EncoderShape {
    let sizes = Sizes { batch: given.batch, sequence: given.sequence, ..shape.sizes };
    EncoderShape { sizes, ..shape }
}
