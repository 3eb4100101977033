//! Which encoder is scored, and where its weights come from.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use untrained_core::benchmark::nas_bench_bert::{ENCODERS, encoders};
use untrained_core::benchmark::{Benchmark as _, NasBenchBert};
use untrained_core::digest::sha256;
use untrained_core::network::WeightSource;
use untrained_core::network::encoder::{Checkpoint, Model, Sizes, from_safetensors};
use untrained_core::network::transformer::Weights;
use untrained_core::space::encoder::Configuration;

use crate::input;
use crate::outcome::Usage;
use crate::word_pieces::WordPieces;

/// Which encoder
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct ArchitectureArgs {
    /// A configuration in JSON, '-' for standard input; a golden file serves too
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// An encoder of NAS-Bench-BERT by its published id
    #[arg(long, value_name = "N")]
    id: Option<u32>,
    /// A folder of Hugging Face with a trained BERT, ELECTRA, RoBERTa, XLM-RoBERTa, CamemBERT or DistilBERT: config.json, model.safetensors, and tokenizer.json or vocab.txt,
    /// read as tokenizer_config.json says. It attends to no padding, and means go over real tokens
    #[arg(long, value_name = "DIR", conflicts_with_all = ["weights", "embedding", "positions", "vocabulary_size"])]
    checkpoint: Option<PathBuf>,
}

/// Weights, the checksum of their file where they were given, and sizes.
pub type Given = (WeightSource<Weights>, Option<String>, Sizes);

/// An encoder with its weights.
pub struct Architecture {
    /// Its name in the records.
    pub name: String,
    /// The encoder.
    pub model: Model,
    /// SHA-256 of the file of given weights.
    pub weights_sha256: Option<String>,
}

impl ArchitectureArgs {
    /// A trained encoder from a folder; none where no folder was given.
    ///
    /// # Errors
    /// One sentence with the file at fault.
    pub fn checkpoint(&self, given: &Sizes) -> anyhow::Result<Option<Architecture>> {
        let Some(folder) = &self.checkpoint else { return Ok(None) };
        let config = input::read(&folder.join("config.json"), "checkpoint")?;
        let bytes = input::read_bytes(&folder.join("model.safetensors"), "checkpoint")?;
        let read = Checkpoint::read(&config, &bytes, given).with_context(|| input::named(folder))?;
        let Checkpoint { configuration, weights, sizes } = read;
        let weights = WeightSource::Given(Arc::new(weights));
        Ok(Some(Architecture {
            name: input::architecture(folder),
            model: Model { configuration: Arc::new(configuration), sizes, weights },
            weights_sha256: Some(sha256(&bytes)),
        }))
    }

    /// Whether it is a trained one.
    pub fn is_checkpoint(&self) -> bool {
        self.checkpoint.is_some()
    }

    /// The tokenizer of the checkpoint; none where no checkpoint was given.
    ///
    /// # Errors
    /// One sentence with the file at fault.
    pub fn word_pieces(&self) -> anyhow::Result<Option<WordPieces>> {
        self.checkpoint.as_deref().map(WordPieces::of_checkpoint).transpose()
    }

    /// The file that the checkpoint's vocabulary is read from; none where no checkpoint was given.
    pub fn vocabulary(&self) -> Option<PathBuf> {
        let folder = self.checkpoint.as_ref()?;
        let json = folder.join("tokenizer.json");
        Some(if json.exists() { json } else { folder.join("vocab.txt") })
    }

    /// The benchmark that it is a published encoder of.
    pub fn benchmark(&self) -> Option<String> {
        self.id.map(|_| NasBenchBert.about().id.to_owned())
    }

    /// Name and configuration of an untrained encoder.
    ///
    /// # Errors
    /// One sentence on what cannot be used.
    pub fn configuration(&self) -> anyhow::Result<(String, Configuration)> {
        configuration(self.config.as_deref(), self.id.unwrap_or_default())
    }
}

/// Name and configuration of an encoder: that in a file, or else that of NAS-Bench-BERT with this id.
///
/// # Errors
/// One sentence on what cannot be used.
pub fn configuration(file: Option<&Path>, id: u32) -> anyhow::Result<(String, Configuration)> {
    if let Some(path) = file {
        let read = Configuration::from_json(&input::json(path, "configuration")?);
        return Ok((input::architecture(path), read.with_context(|| input::named(path))?));
    }
    let last = ENCODERS - 1;
    let drawn = encoders()
        .nth(id as usize)
        .ok_or_else(|| Usage(format!("unknown id {id}; the ids of NAS-Bench-BERT run from 0 to {last}")))?;
    Ok((id.to_string(), drawn))
}

/// Given weights with the checksum of their file, and the sizes that follow from them.
///
/// # Errors
/// One sentence with the tensor at fault.
pub fn given(path: &Path, configuration: &Configuration, sizes: &Sizes) -> anyhow::Result<Given> {
    let bytes = input::read_bytes(path, "weights")?;
    let read = from_safetensors(&bytes, configuration, sizes);
    let (weights, sizes) = read.with_context(|| input::named(path))?;
    Ok((WeightSource::Given(Arc::new(weights)), Some(sha256(&bytes)), sizes))
}
