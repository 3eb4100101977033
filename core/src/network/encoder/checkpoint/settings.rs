//! `config.json` of a BERT or of its kin, and whether this project computes such a network.

use serde::Deserialize;
use serde_json::Value;

use super::Sizes;
use super::original::Original;
use crate::error::without_place;
use crate::plain::excerpt;
use crate::space::encoder::{Configuration, Layer, MOST_LAYERS, Operation, Similarity};
use crate::text::without_mark;
use crate::{Error, Result};

/// The settings that the last hidden states depend on; optional ones have BERT's own defaults.
#[derive(Debug, Clone, Deserialize)]
pub struct Settings {
    model_type: Original,
    #[serde(alias = "dim")]
    hidden_size: usize,
    /// Of ELECTRA.
    #[serde(default = "usual_embedding")]
    embedding_size: usize,
    #[serde(alias = "n_layers")]
    num_hidden_layers: usize,
    #[serde(alias = "n_heads")]
    num_attention_heads: usize,
    #[serde(alias = "hidden_dim")]
    intermediate_size: usize,
    vocab_size: usize,
    max_position_embeddings: usize,
    #[serde(default = "usual_epsilon")]
    layer_norm_eps: f32,
}

fn usual_embedding() -> usize {
    Sizes::PUBLISHED.embedding
}

fn usual_epsilon() -> f32 {
    1e-12
}

/// Settings of which only one value can be computed, which is also the default.
const FIXED: [(&str, &[&str]); 4] = [
    ("hidden_act", &["\"gelu\""]),
    ("activation", &["\"gelu\""]),
    ("position_embedding_type", &["\"absolute\""]),
    ("is_decoder", &["false"]),
];

/// The models that are read.
const KNOWN: [&str; 6] =
    ["\"bert\"", "\"electra\"", "\"roberta\"", "\"distilbert\"", "\"camembert\"", "\"xlm-roberta\""];

/// Models that people look for here, and what makes each of them another network.
const OTHERS: [(&str, &str); 7] = [
    ("albert", "its layers share their weights"),
    ("deberta", "its attention reads relative positions"),
    ("deberta-v2", "its attention reads relative positions"),
    ("modernbert", "its positions are rotary and its feed-forward layers gated"),
    ("mpnet", "its attention has a bias for relative positions"),
    ("nomic_bert", "its positions are rotary and its feed-forward layers gated"),
    ("xlnet", "it reads permutations, with relative positions"),
];

impl Settings {
    /// Reads them; settings that the hidden states do not depend on are ignored.
    ///
    /// # Errors
    /// [`Error::Configuration`] with the setting at fault, or the line and column.
    pub fn from_json(text: &str) -> Result<Self> {
        let located = |error: serde_json::Error| {
            wrong(&format!("line {} column {}", error.line(), error.column()), without_place(&error))
        };
        let all: Value = serde_json::from_str(without_mark(text)).map_err(located)?;
        let kind = all.get("model_type").and_then(Value::as_str).unwrap_or_default();
        if let Some((_, reason)) = OTHERS.iter().find(|(other, _)| *other == kind) {
            return Err(wrong("model_type", format!("\"{kind}\" is another network than BERT: {reason}")));
        }
        check(&all, "model_type", &KNOWN, None)?;
        FIXED.iter().try_for_each(|(name, known)| check(&all, name, known, Some(known[0])))?;
        let settings: Self = serde_json::from_str(without_mark(text)).map_err(located)?;
        if let Some(types) = all.get("type_vocab_size").filter(|types| !types.is_null()) {
            let known = settings.model_type.types();
            let is_known = settings.model_type == Original::DistilBert || types.as_u64() == Some(known as u64);
            if !is_known {
                let problem =
                    format!("{} is another architecture; only {known} can be scored", excerpt(&types.to_string()));
                return Err(wrong("type_vocab_size", problem));
            }
        }
        match settings.layer_norm_eps {
            epsilon if epsilon.is_finite() && epsilon >= 0.0 => Ok(settings),
            epsilon => Err(wrong("layer_norm_eps", format!("{epsilon} cannot be added to a variance"))),
        }
    }

    /// The layers: attention by scaled dot products and one feed-forward layer each.
    ///
    /// # Errors
    /// [`Error::Configuration`] where no such encoder exists.
    pub fn configuration(&self) -> Result<Configuration> {
        let Self { hidden_size: hidden, num_hidden_layers: layers, .. } = *self;
        if layers > MOST_LAYERS {
            return Err(wrong("num_hidden_layers", format!("{layers} layers; there must be 1 to {MOST_LAYERS}")));
        }
        let layer = Layer {
            operation: Operation::Attention(Similarity::ScaledDotProduct),
            heads: self.num_attention_heads,
            feed_forward: self.intermediate_size,
            feed_forward_layers: 1,
        };
        let configuration = Configuration { hidden, layers: vec![layer; layers] };
        configuration.check().map(|()| configuration)
    }

    /// The sizes, with batch and sequence of `given`; BERT's embeddings are as wide as its layers.
    pub fn sizes(&self, given: &Sizes) -> Sizes {
        let vocabulary = self.vocab_size;
        let positions = self.max_position_embeddings.saturating_sub(self.model_type.unused_positions());
        let embedding = if self.model_type == Original::Electra { self.embedding_size } else { self.hidden_size };
        Sizes { vocabulary, embedding, positions, ..*given }
    }

    /// Which model it is.
    pub fn original(&self) -> Original {
        self.model_type
    }

    /// The number that layer norms add to a variance.
    pub fn epsilon(&self) -> f32 {
        self.layer_norm_eps
    }
}

/// Checks that a setting has one of the `known` values, written as in JSON.
fn check(all: &Value, name: &'static str, known: &[&str], default: Option<&str>) -> Result<()> {
    let written = all.get(name).filter(|value| !value.is_null()).map(ToString::to_string);
    match written.as_deref().or(default) {
        Some(value) if known.contains(&value) => Ok(()),
        Some(value) => {
            let (value, known) = (excerpt(value), known.join(" or "));
            let problem = format!("{value} is another architecture; only {known} can be scored");
            Err(wrong(name, problem))
        }
        None => Err(wrong(name, "missing".to_owned())),
    }
}

fn wrong(place: &str, problem: String) -> Error {
    Error::Configuration { place: place.to_owned(), problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BERT: &str = r#"{"model_type": "bert", "hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2,
        "intermediate_size": 16, "vocab_size": 30, "max_position_embeddings": 12, "layer_norm_eps": 1e-5}"#;

    fn problem(from: &str, to: &str) -> String {
        let read = Settings::from_json(&BERT.replace(from, to)).and_then(|settings| settings.configuration());
        read.map_or_else(|error| error.to_string(), |_| String::new())
    }

    #[test]
    fn sizes_and_layers_follow_from_the_settings() {
        let settings = Settings::from_json(BERT).unwrap();
        let sizes = settings.sizes(&Sizes::default());
        assert_eq!((sizes.vocabulary, sizes.embedding, sizes.positions, sizes.batch), (30, 8, 12, 16));
        let electra = Settings::from_json(&BERT.replace("\"bert\"", "\"electra\", \"embedding_size\": 6")).unwrap();
        assert_eq!(electra.sizes(&Sizes::default()), Sizes { embedding: 6, ..sizes });
        let configuration = settings.configuration().unwrap();
        assert_eq!((configuration.hidden, configuration.layers.len(), settings.epsilon()), (8, 2, 1e-5));
        assert_eq!((configuration.layers[1].heads, configuration.layers[1].feed_forward), (2, 16));
    }

    #[test]
    fn errors_name_the_setting() {
        assert_eq!(problem("", ""), "");
        let other = "is another architecture; only";
        assert_eq!(
            problem("\"bert\"", "\"gpt2\""),
            format!("configuration, model_type: \"gpt2\" {other} {} can be scored", KNOWN.join(" or "))
        );
        assert_eq!(
            problem("\"bert\"", "\"albert\""),
            "configuration, model_type: \"albert\" is another network than BERT: its layers share their weights"
        );
        assert!(
            problem("\"bert\"", "\"roberta\", \"type_vocab_size\": 2")
                .starts_with("configuration, type_vocab_size: 2 is")
        );
        assert_eq!(problem("\"model_type\": \"bert\", ", ""), "configuration, model_type: missing");
        let with = |setting: &str| problem("\"vocab_size\"", &format!("{setting}, \"vocab_size\""));
        assert!(with("\"hidden_act\": \"relu\"").starts_with(&format!("configuration, hidden_act: \"relu\" {other}")));
        assert!(with("\"type_vocab_size\": 1").starts_with("configuration, type_vocab_size: 1 is"));
        assert!(with("\"is_decoder\": true").starts_with("configuration, is_decoder: true is"));
        assert_eq!(with("\"hidden_act\": null"), "");
        assert_eq!(
            problem("heads\": 2", "heads\": 3"),
            "configuration, layer 1: 3 heads do not divide a hidden size of 8"
        );
        assert_eq!(
            problem("layers\": 2", "layers\": 99999999999"),
            "configuration, num_hidden_layers: 99999999999 layers; there must be 1 to 1000"
        );
        assert!(problem("\"hidden_size\": 8, ", "").ends_with("missing field `hidden_size`"));
        assert!(problem("1e-5", "-1").ends_with("-1 cannot be added to a variance"));
        assert!(problem("{", "").starts_with("configuration, line 1 column"));
    }
}
