//! Which decoder is scored, and where its weights come from.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use serde::Deserialize;
use untrained_core::benchmark::lts::architectures;
use untrained_core::benchmark::{Benchmark as _, Lts};
use untrained_core::digest::sha256;
use untrained_core::network::WeightSource;
use untrained_core::network::decoder::from_safetensors;
use untrained_core::network::transformer::Weights;
use untrained_core::space::decoder::Decoder;

use crate::input;
use crate::outcome::Usage;

/// Which decoder
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct ArchitectureArgs {
    /// A configuration in JSON, '-' for standard input: Hugging Face's config.json of a GPT-2, GPT-Neo, GPT-NeoX or
    /// Llama, or the columns of a table with "model": "lts_gpt2", "lts_xl" or "hw_gpt"; a golden file serves too
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// A published decoder: lts/0 to lts/199 are the scored ones of the benchmark, up to lts/884 its others, up to
    /// lts/1120 those that searches found
    #[arg(long, value_name = "BENCHMARK/N", value_parser = published)]
    id: Option<PublishedId>,
    /// A folder of Hugging Face with a trained GPT-2, GPT-Neo, GPT-NeoX or Llama, or one of 'train decoder':
    /// config.json, and model.safetensors or the files that model.safetensors.index.json names
    #[arg(long, value_name = "DIR", conflicts_with = "weights")]
    checkpoint: Option<PathBuf>,
}

/// The number of a decoder among all that LTS published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct PublishedId(usize);

/// A decoder, and its weights where they are given.
pub struct Architecture {
    /// Its name in the records.
    pub name: String,
    /// The decoder.
    pub decoder: Arc<Decoder>,
    /// Its configuration as given.
    pub json: String,
    /// The benchmark that it is a row of.
    pub benchmark: Option<String>,
    /// Given weights, and the checksums of their files.
    pub given: Option<(WeightSource<Weights>, String)>,
}

/// Which file has which tensor.
#[derive(Deserialize)]
struct Index {
    weight_map: BTreeMap<String, String>,
}

const WHOLE: &str = "model.safetensors";
const INDEX: &str = "model.safetensors.index.json";

impl ArchitectureArgs {
    /// Whether it is a trained one.
    pub fn is_checkpoint(&self) -> bool {
        self.checkpoint.is_some()
    }

    /// The tokenizer that a checkpoint brings; none where there is no checkpoint.
    pub fn tokenizer(&self) -> Option<PathBuf> {
        Some(self.checkpoint.as_ref()?.join("tokenizer.json"))
    }

    /// The decoder, with the weights of the checkpoint or else of this file, where there is one.
    ///
    /// # Errors
    /// One sentence with the file at fault.
    pub fn read(&self, weights: Option<&Path>) -> anyhow::Result<Architecture> {
        let Named { name, json, decoder, benchmark } = match self.id {
            Some(PublishedId(number)) => of_lts(number)?,
            None => self.named()?,
        };
        let given = self.checkpoint.as_deref().map(files).transpose()?;
        let files = given.or_else(|| Some(vec![weights?.to_owned()]));
        let given = files.map(|files| read_weights(&files, &decoder)).transpose()?;
        Ok(Architecture { name, decoder: Arc::new(decoder), json, benchmark, given })
    }

    /// That of a file or folder.
    fn named(&self) -> anyhow::Result<Named> {
        let folder = self.checkpoint.as_deref();
        let path = folder.map_or_else(|| self.config.clone().unwrap_or_default(), |folder| folder.join("config.json"));
        let json = input::json(&path, "configuration")?;
        let decoder = Decoder::from_json(&json).with_context(|| input::named(&path))?;
        Ok(Named { name: input::architecture(folder.unwrap_or(&path)), json, decoder, benchmark: None })
    }
}

/// A decoder without weights.
struct Named {
    name: String,
    json: String,
    decoder: Decoder,
    benchmark: Option<String>,
}

/// A decoder of LTS by its number.
fn of_lts(number: usize) -> anyhow::Result<Named> {
    let all = architectures::published()?;
    let about = Lts.about();
    let last = all.len() - 1;
    let one = all
        .get(number)
        .ok_or_else(|| Usage(format!("unknown id {0}/{number}; they run from {0}/0 to {0}/{last}", about.id)))?;
    let benchmark = (number < about.ids as usize).then(|| about.id.to_owned());
    Ok(Named { name: number.to_string(), json: one.config().to_string(), decoder: one.decoder()?, benchmark })
}

/// As typed.
fn published(text: &str) -> Result<PublishedId, Usage> {
    let number = text.strip_prefix(Lts.about().id).and_then(|rest| rest.strip_prefix('/')?.parse().ok());
    number.map(PublishedId).ok_or_else(|| Usage(format!("'{text}' is not a decoder such as {}/37", Lts.about().id)))
}

/// The files with the weights of a checkpoint.
fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let index = folder.join(INDEX);
    if folder.join(WHOLE).exists() || !index.exists() {
        return Ok(vec![folder.join(WHOLE)]);
    }
    let read: Index = serde_json::from_str(&input::read(&index, "checkpoint")?)
        .map_err(|error| input::damaged("checkpoint", &index, &error))?;
    let names: BTreeSet<String> = read.weight_map.into_values().collect();
    let file = |name: String| match Path::new(&name).file_name() {
        Some(own) if own == name.as_str() => Ok(folder.join(name)),
        _ => Err(Usage(format!("checkpoint {}: '{name}' is no file of the folder", input::named(&index))).into()),
    };
    names.into_iter().map(file).collect()
}

fn read_weights(files: &[PathBuf], decoder: &Decoder) -> anyhow::Result<(WeightSource<Weights>, String)> {
    let read = |path: &PathBuf| input::read_bytes(path, "weights");
    let bytes: Vec<Vec<u8>> = files.iter().map(read).collect::<anyhow::Result<_>>()?;
    let slices: Vec<&[u8]> = bytes.iter().map(Vec::as_slice).collect();
    let named = || files.iter().map(|path| input::named(path)).collect::<Vec<_>>().join(", ");
    let weights = from_safetensors(&slices, decoder).with_context(named)?;
    let digests: Vec<String> = slices.iter().map(|bytes| sha256(bytes)).collect();
    Ok((WeightSource::Given(Arc::new(weights)), digests.join(" ")))
}
