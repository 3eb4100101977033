//! The origin of a score: everything needed to compute it again, part of every record, in the command line's names.

use serde::{Deserialize, Serialize};

use crate::digest;
use crate::network::{Model, decoder, encoder, recurrent};
use crate::space::decoder::Decoder;
use crate::space::encoder::Configuration;
use crate::space::recurrent::{CLASSIC, Recipe};

/// Everything needed to compute a score again, besides the architecture, the seed, the device and the version. Fields
/// that do not apply are omitted.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Origin {
    /// `recurrent`, `transformer` or `decoder`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub space: Option<String>,
    /// The benchmark in which the architecture is a published id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub benchmark: Option<String>,
    /// The cell, unless it is one of a benchmark or a classic one.
    #[cfg_attr(feature = "schema", schema(value_type = Option<Object>))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recipe: Option<Recipe>,
    /// The encoder, unless it is one of a benchmark.
    #[cfg_attr(feature = "schema", schema(value_type = Option<Object>))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub configuration: Option<Configuration>,
    /// The decoder, unless it is one of a benchmark.
    #[cfg_attr(feature = "schema", schema(value_type = Option<Object>))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decoder: Option<Decoder>,
    /// Whether an encoder of a benchmark was scored with the widths of the published scores instead of those of its
    /// configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_published: Option<bool>,
    /// Sizes of network and batch.
    #[serde(flatten)]
    pub sizes: Sizes,
    /// SHA-256 of the file of given weights; where there are several, of each, separated by spaces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weights_sha256: Option<String>,
    /// The text that the network read.
    #[serde(flatten)]
    pub read: Read,
}

/// Sizes of a network of any space and of its batch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = RecordSizes))]
#[serde(default)]
pub struct Sizes {
    /// V: tokens of the vocabulary.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vocabulary: Option<usize>,
    /// E: width of the embedding.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub embedding: Option<usize>,
    /// H: width of every layer of a recurrent network but the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hidden: Option<usize>,
    /// L: layers of a recurrent network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layers: Option<usize>,
    /// Number of positions of an encoder that have an embedding, and of those that a decoder was made for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub positions: Option<usize>,
    /// B: samples or sequences.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch: Option<usize>,
    /// T: steps of a recurrent network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<usize>,
    /// T: tokens of the sequence of an encoder or decoder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sequence: Option<usize>,
}

/// The text that a network read. The checksums are SHA-256.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Read {
    /// Kind of text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<Text>,
    /// Seed of synthetic text, and of the noise that is added to embeddings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text_seed: Option<u32>,
    /// Of the corpus.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub corpus_sha256: Option<String>,
    /// Of the vocabulary; where it has several files, of each, separated by spaces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vocabulary_sha256: Option<String>,
    /// Of the file of given token ids.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inputs_sha256: Option<String>,
    /// Of the token ids that were read, each as four bytes in little-endian order; omitted for synthetic text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens_sha256: Option<String>,
}

/// Kind of text that a network read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = TextKind))]
#[serde(rename_all = "kebab-case")]
pub enum Text {
    /// Synthetic, drawn from a seed.
    MadeUp,
    /// A corpus.
    Corpus,
    /// Given token ids.
    Inputs,
}

impl Read {
    /// Synthetic text; its seed is also that of the noise.
    pub fn made_up(seed: u32) -> Self {
        Self { text: Some(Text::MadeUp), text_seed: Some(seed), ..Self::default() }
    }

    /// A corpus with the files of its vocabulary, read as these ids.
    pub fn corpus<'a>(corpus: &[u8], vocabulary: impl IntoIterator<Item = &'a [u8]>, ids: &[u32]) -> Self {
        let vocabulary: Vec<String> = vocabulary.into_iter().map(digest::sha256).collect();
        Self {
            text: Some(Text::Corpus),
            corpus_sha256: Some(digest::sha256(corpus)),
            vocabulary_sha256: Some(vocabulary.join(" ")).filter(|joined| !joined.is_empty()),
            tokens_sha256: Some(digest::tokens(ids)),
            ..Self::default()
        }
    }

    /// Given ids, from a file with this checksum if there is one.
    pub fn inputs(file: Option<String>, ids: &[u32]) -> Self {
        Self {
            text: Some(Text::Inputs),
            inputs_sha256: file,
            tokens_sha256: Some(digest::tokens(ids)),
            ..Self::default()
        }
    }

    /// The same with noise drawn from a seed.
    #[must_use]
    pub fn with_noise(self, seed: u32) -> Self {
        Self { text_seed: Some(seed), ..self }
    }
}

impl Origin {
    /// An origin with the text alone; the other fields follow from the job.
    pub fn of(read: Read) -> Self {
        Self { read, ..Self::default() }
    }

    /// With what a network adds: family, sizes, and the architecture where its name does not say which one it is.
    #[must_use]
    pub fn with_model(self, name: &str, model: &Model) -> Self {
        let named = self.benchmark.is_some();
        let this = Self { space: Some(model.family().space().to_owned()), ..self };
        match model {
            Model::Recurrent(model) => this.with_cell(name, model, named),
            Model::Encoder(model) => this.with_encoder(model, named),
            Model::Decoder(model) => this.with_decoder(model, named),
        }
    }

    fn with_cell(self, name: &str, model: &recurrent::Model, named: bool) -> Self {
        let recurrent::Sizes { vocabulary, embedding, hidden, layers, batch, steps } = model.sizes;
        let named = named || is_classic(name, &model.recipe);
        Self {
            recipe: (!named).then(|| model.recipe.as_ref().clone()),
            sizes: Sizes {
                vocabulary: Some(vocabulary),
                embedding: Some(embedding),
                hidden: Some(hidden),
                layers: Some(layers),
                batch: Some(batch),
                steps: Some(steps),
                ..Sizes::default()
            },
            ..self
        }
    }

    fn with_encoder(self, model: &encoder::Model, named: bool) -> Self {
        let encoder::Sizes { vocabulary, embedding, positions, batch, sequence } = model.sizes;
        Self {
            configuration: (!named).then(|| model.configuration.as_ref().clone()),
            sizes: Sizes {
                vocabulary: Some(vocabulary),
                embedding: Some(embedding),
                positions: Some(positions),
                batch: Some(batch),
                sequence: Some(sequence),
                ..Sizes::default()
            },
            ..self
        }
    }

    fn with_decoder(self, model: &decoder::Model, named: bool) -> Self {
        let (decoder, decoder::Sizes { batch, sequence }) = (&model.decoder, model.sizes);
        Self {
            decoder: (!named).then(|| decoder.as_ref().clone()),
            sizes: Sizes {
                vocabulary: Some(decoder.vocabulary),
                positions: Some(decoder.positions),
                batch: Some(batch),
                sequence: Some(sequence),
                ..Sizes::default()
            },
            ..self
        }
    }
}

/// Whether the name and the recipe are those of a classic cell.
fn is_classic(name: &str, recipe: &Recipe) -> bool {
    let known = CLASSIC.iter().find(|(known, ..)| *known == name);
    known.and_then(|(.., json)| Recipe::from_json(json).ok()).is_some_and(|known| known == *recipe)
}

#[cfg(test)]
mod tests {
    use super::{Origin, Read, Text};

    #[test]
    fn json_keeps_an_origin_and_omits_fields_that_do_not_apply() {
        let origin = Origin { as_published: Some(true), ..Origin::of(Read::corpus(b"a", [&b"b"[..], b"c"], &[0, 1])) };
        let json = serde_json::to_value(&origin).unwrap();
        assert_eq!(json["text"], "corpus");
        assert_eq!(json["vocabulary_sha256"].as_str().map(str::len), Some(129));
        assert_eq!(json.as_object().unwrap().len(), 5);
        assert_eq!(serde_json::from_value::<Origin>(json).unwrap(), origin);
        assert_eq!(serde_json::from_str::<Origin>("{}").unwrap(), Origin::default());
        let made_up = serde_json::to_string(&Origin::of(Read::made_up(7))).unwrap();
        assert_eq!(made_up, r#"{"text":"made-up","text_seed":7}"#);
        assert_eq!(Read::inputs(None, &[1]).with_noise(3).text, Some(Text::Inputs));
    }
}
