//! A task in JSON. The family is named by `space`, whose values keep what the first versions called them.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Architecture, Source, Task, Text};
use crate::network::{decoder, encoder, recurrent};
use crate::space::decoder::Decoder;
use crate::space::encoder::Configuration;
use crate::space::recurrent::Recipe;

/// A network to score.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "space")]
pub enum Wire {
    /// A recurrent network: every layer runs the same cell.
    #[serde(rename = "recurrent")]
    Recurrent(RecurrentTask),
    /// An encoder.
    #[serde(rename = "transformer", alias = "encoder")]
    Encoder(EncoderTask),
    /// A decoder.
    #[serde(rename = "decoder")]
    Decoder(DecoderTask),
}

/// A recurrent network to score.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RecurrentTask {
    /// Name of the cell in the records.
    #[serde(default)]
    name: String,
    /// The cell: `{"node": {"op": .., "input": [..]}, ..}`.
    #[cfg_attr(feature = "schema", schema(value_type = Object))]
    recipe: Recipe,
    /// Sizes of network and batch; the published ones where they are left out.
    #[serde(default)]
    sizes: recurrent::Sizes,
    /// Seed of weights, of noise and of made-up text.
    #[cfg_attr(feature = "schema", schema(minimum = 0, maximum = 4_294_967_295_u32, format = "uint32"))]
    #[serde(default)]
    seed: u32,
    /// Metric identifiers; all where there is none.
    #[serde(default)]
    metrics: Vec<String>,
    /// What the network reads; without it, text made up from the seed.
    #[serde(default)]
    text: Option<Text>,
}

/// An encoder to score.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct EncoderTask {
    /// Name of the encoder in the records.
    #[serde(default)]
    name: String,
    /// The encoder: `{"hidden_size": .., "nas_config": {"encoder_layers": [..]}}`.
    #[cfg_attr(feature = "schema", schema(value_type = Object))]
    configuration: Configuration,
    /// 256 wide with feed-forward layers of 1,024, whatever the configuration says, as the published scores were
    /// computed.
    #[serde(default)]
    as_published: bool,
    /// Sizes beyond the configuration.
    #[serde(default)]
    sizes: encoder::Sizes,
    /// Seed of weights and of made-up text.
    #[cfg_attr(feature = "schema", schema(minimum = 0, maximum = 4_294_967_295_u32, format = "uint32"))]
    #[serde(default)]
    seed: u32,
    /// Metric identifiers; all where there is none.
    #[serde(default)]
    metrics: Vec<String>,
    /// `[B][T]`: ids the encoder reads; without them, text made up from the seed.
    #[serde(default)]
    input_ids: Option<Vec<Vec<u32>>>,
}

/// A decoder to score.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DecoderTask {
    /// Name of the decoder in the records.
    #[serde(default)]
    name: String,
    /// The decoder with all its fields, as records have it.
    #[cfg_attr(feature = "schema", schema(value_type = Object))]
    decoder: Decoder,
    /// Sizes of the batch.
    #[serde(default)]
    sizes: decoder::Sizes,
    /// Seed of weights and of made-up text.
    #[cfg_attr(feature = "schema", schema(minimum = 0, maximum = 4_294_967_295_u32, format = "uint32"))]
    #[serde(default)]
    seed: u32,
    /// Metric identifiers; all where there is none.
    #[serde(default)]
    metrics: Vec<String>,
    /// `[B][T]`: ids the decoder reads; without them, text made up from the seed.
    #[serde(default)]
    input_ids: Option<Vec<Vec<u32>>>,
}

impl Serialize for Task {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Wire::from(self.clone()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Task {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Wire::deserialize(deserializer).map(Self::from)
    }
}

impl From<Wire> for Task {
    fn from(wire: Wire) -> Self {
        match wire {
            Wire::Recurrent(RecurrentTask { name, recipe, sizes, seed, metrics, text }) => {
                let source = text.map_or(Source::MadeUp, Source::Text);
                Self { name, architecture: Architecture::Recurrent { recipe, sizes }, source, seed, metrics }
            }
            Wire::Encoder(EncoderTask { name, configuration, as_published, sizes, seed, metrics, input_ids }) => {
                let source = input_ids.map_or(Source::MadeUp, Source::Ids);
                let architecture = Architecture::Encoder { configuration, sizes, as_published };
                Self { name, architecture, source, seed, metrics }
            }
            Wire::Decoder(DecoderTask { name, decoder, sizes, seed, metrics, input_ids }) => {
                let source = input_ids.map_or(Source::MadeUp, Source::Ids);
                Self { name, architecture: Architecture::Decoder { decoder, sizes }, source, seed, metrics }
            }
        }
    }
}

impl From<Task> for Wire {
    fn from(Task { name, architecture, source, seed, metrics }: Task) -> Self {
        let (text, input_ids) = match source {
            Source::MadeUp => (None, None),
            Source::Text(text) => (Some(text), None),
            Source::Ids(ids) => (None, Some(ids)),
        };
        match architecture {
            Architecture::Recurrent { recipe, sizes } => {
                Self::Recurrent(RecurrentTask { name, recipe, sizes, seed, metrics, text })
            }
            Architecture::Encoder { configuration, sizes, as_published } => {
                Self::Encoder(EncoderTask { name, configuration, as_published, sizes, seed, metrics, input_ids })
            }
            Architecture::Decoder { decoder, sizes } => {
                Self::Decoder(DecoderTask { name, decoder, sizes, seed, metrics, input_ids })
            }
        }
    }
}

#[cfg(feature = "schema")]
impl utoipa::PartialSchema for Task {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        Wire::schema()
    }
}

#[cfg(feature = "schema")]
impl utoipa::ToSchema for Task {
    fn schemas(schemas: &mut Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::Schema>)>) {
        Wire::schemas(schemas);
    }
}
