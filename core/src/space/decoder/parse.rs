//! Decoders in JSON: Hugging Face's `config.json`, the configurations of the published tables, and a form of our own
//! that has every field.

use serde_json::Value;

use super::check::wrong;
use super::fields::fields;
use super::{Decoder, gpt_neo, gpt_neox, gpt2, hw_gpt, llama, lts};
use crate::error::without_place;
use crate::text::without_mark;
use crate::{Error, Result, nearest};

/// Reads the configuration of a decoder of one kind.
type Reader = fn(Value) -> Result<Decoder>;

/// The kinds of decoders, by `model_type` or `model`.
const KINDS: [(&str, Reader); 7] = [
    ("gpt2", gpt2::read),
    ("gpt_neo", gpt_neo::read),
    ("gpt_neox", gpt_neox::read),
    ("llama", llama::read),
    ("lts_gpt2", lts::read_gpt2),
    ("lts_xl", lts::read_xl),
    ("hw_gpt", hw_gpt::read),
];

/// What the configuration of a decoder has one of, and those of other networks have not.
const KEYS: [&str; 4] = ["model", "model_type", "config", "original"];

impl Decoder {
    /// Whether JSON looks like the configuration of a decoder, which [`Self::from_json`] then reads or refuses.
    pub fn is_described_by(json: &Value) -> bool {
        json.get("nas_config").is_none() && KEYS.iter().any(|key| json.get(key).is_some())
    }

    /// Reads JSON: a `config.json` of Hugging Face with `model_type` `gpt2`, `gpt_neo`, `gpt_neox` or `llama`; with
    /// `model` the configuration of LTS' decoders (`lts_gpt2`, `lts_xl`) or HW-GPT-Bench's (`hw_gpt`), alone or as
    /// `config` of a larger object; or all fields of [`Decoder`].
    ///
    /// # Errors
    /// [`Error::Configuration`] with the field, the layer, or the line and column at fault; [`Error::Unknown`] for a
    /// kind or a function that is not known here.
    pub fn from_json(text: &str) -> Result<Self> {
        let json: Value = serde_json::from_str(without_mark(text)).map_err(|error| {
            let place = format!("line {} column {}", error.line(), error.column());
            Error::Configuration { place, problem: without_place(&error) }
        })?;
        let json = match json {
            Value::Object(mut object) => object.remove("config").filter(Value::is_object).unwrap_or(object.into()),
            other => other,
        };
        let decoder = match json.get("model_type").or_else(|| json.get("model")).and_then(Value::as_str) {
            Some(kind) => {
                let found = KINDS.iter().find(|(known, _)| *known == kind);
                let unknown = || nearest::unknown("kind of decoder", kind, KINDS.iter().map(|(known, _)| *known));
                found.ok_or_else(unknown)?.1(json)?
            }
            None if json.get("original").is_some() => fields(json)?,
            None => return wrong("model_type", "missing; it says which kind of decoder this is"),
        };
        decoder.check().map(|()| decoder)
    }
}

#[cfg(test)]
mod tests;
