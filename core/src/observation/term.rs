//! Values with their sites in a network.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::number::{read_value, write_value};

/// Where in a network something is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Site {
    /// The layer, counted from 0; none for what belongs to no layer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layer: Option<usize>,
    /// What of it: of a transformer as PyTorch names its weights, of a recurrent network the node and its input.
    pub part: String,
    /// The head, counted from 0, where each has a value of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<usize>,
}

/// One of the values a score is computed from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Term {
    /// Where it arises.
    #[cfg_attr(feature = "schema", schema(inline, value_type = Site))]
    #[serde(flatten, with = "shared")]
    pub site: Arc<Site>,
    /// What it adds; in JSON one that is not finite is the string `inf`, `-inf` or `nan`.
    #[cfg_attr(feature = "schema", schema(schema_with = crate::number::value_schema))]
    #[serde(serialize_with = "write_value", deserialize_with = "read_value")]
    pub value: f64,
}

/// What the names of the weights of a layer begin with: of encoders, GPT-2 and its kin, Llama, and Transformer-XL.
const LAYERS: [&str; 4] = ["encoder.layer.", "transformer.h.", "model.layers.", "layers."];

impl Site {
    /// A part of a layer, counted from 0.
    pub fn in_layer(layer: usize, part: impl Into<String>) -> Arc<Self> {
        Arc::new(Self { layer: Some(layer), part: part.into(), head: None })
    }

    /// The site of a weight of a transformer: what the layers of its kind are called, `N.` and its part.
    pub fn of_weight(name: &str) -> Arc<Self> {
        let layer = LAYERS.iter().find_map(|layers| name.strip_prefix(layers)).and_then(|rest| rest.split_once('.'));
        let layer = layer.and_then(|(layer, part)| Some((layer.parse().ok()?, part)));
        layer.map_or_else(
            || Arc::new(Self { layer: None, part: name.to_owned(), head: None }),
            |(layer, part): (usize, &str)| Self::in_layer(layer, part),
        )
    }

    /// The activation that reads the same part.
    pub fn activation(&self) -> Arc<Self> {
        Arc::new(Self { part: format!("{}, activation", self.part), ..self.clone() })
    }

    /// A head of the same part, counted from 0.
    pub fn head(&self, head: usize) -> Arc<Self> {
        Arc::new(Self { head: Some(head), ..self.clone() })
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { layer, part, head } = self;
        layer.map_or(Ok(()), |layer| write!(f, "layer {layer}, "))?;
        f.write_str(part)?;
        head.map_or(Ok(()), |head| write!(f, ", head {head}"))
    }
}

/// Sites are shared by all sequences of a batch; in JSON each term has its own.
mod shared {
    use super::{Arc, Deserialize, Serialize, Site};
    use serde::{Deserializer, Serializer};

    pub fn serialize<S: Serializer>(site: &Arc<Site>, serializer: S) -> Result<S::Ok, S::Error> {
        site.as_ref().serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<Site>, D::Error> {
        Site::deserialize(deserializer).map(Arc::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weight_has_its_layer_and_part() {
        assert_eq!(Site::of_weight("encoder.layer.3.output.dense").to_string(), "layer 3, output.dense");
        assert_eq!(Site::of_weight("transformer.h.11.mlp.c_fc").to_string(), "layer 11, mlp.c_fc");
        assert_eq!(Site::of_weight("embeddings_project").to_string(), "embeddings_project");
        assert_eq!(Site::in_layer(1, "operation").head(2).to_string(), "layer 1, operation, head 2");
    }

    #[test]
    fn a_term_is_one_object() {
        let term = Term { site: Site::in_layer(1, "operation").head(0), value: f64::INFINITY };
        let json = serde_json::to_string(&term).unwrap();
        assert_eq!(json, r#"{"layer":1,"part":"operation","head":0,"value":"inf"}"#);
        assert_eq!(serde_json::from_str::<Term>(&json).unwrap(), term);
    }
}
