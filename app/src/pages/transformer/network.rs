//! What the page scores: an encoder or a decoder.

use serde_json::Value;
use untrained_core::Result;
use untrained_core::family::Family;
use untrained_core::network::{decoder, encoder};
use untrained_core::space::decoder::Decoder;
use untrained_core::space::encoder::Configuration;
use untrained_core::task::Architecture;

/// An encoder or a decoder.
#[derive(Debug, Clone, PartialEq)]
pub enum Transformer {
    /// An encoder.
    Encoder(Configuration),
    /// A decoder.
    Decoder(Decoder),
}

/// Whether JSON describes a decoder, as far as it can be read.
pub fn family(json: &str) -> Family {
    let read: Option<Value> = serde_json::from_str(json).ok();
    if read.is_some_and(|json| Decoder::is_described_by(&json)) { Family::Decoder } else { Family::Encoder }
}

impl Transformer {
    /// Reads a configuration of either.
    ///
    /// # Errors
    /// What of it cannot be used.
    pub fn from_json(json: &str) -> Result<Self> {
        match family(json) {
            Family::Decoder => Decoder::from_json(json).map(Self::Decoder),
            _ => Configuration::from_json(json).map(Self::Encoder),
        }
    }

    /// It and its sizes. Of those of an encoder, a decoder has the batch and the sequence.
    pub fn at(self, sizes: encoder::Sizes, as_published: bool) -> Architecture {
        match self {
            Self::Encoder(configuration) => Architecture::Encoder { configuration, sizes, as_published },
            Self::Decoder(decoder) => {
                let encoder::Sizes { batch, sequence, .. } = sizes;
                Architecture::Decoder { decoder, sizes: decoder::Sizes { batch, sequence } }
            }
        }
    }

    /// Its configuration, laid out for reading, where that is known.
    pub fn laid_out(&self) -> Option<String> {
        match self {
            Self::Encoder(configuration) => lines(configuration),
            Self::Decoder(_) => None,
        }
    }
}

/// One layer a line.
fn lines(configuration: &Configuration) -> Option<String> {
    let value = serde_json::to_value(configuration).ok()?;
    let layers = value["nas_config"]["encoder_layers"].as_array()?;
    let layers: Vec<String> = layers.iter().map(|layer| format!("    {layer}")).collect();
    let (hidden, layers) = (&value["hidden_size"], layers.join(",\n"));
    Some(format!("{{\n  \"hidden_size\": {hidden},\n  \"nas_config\": {{\"encoder_layers\": [\n{layers}\n  ]}}\n}}"))
}
