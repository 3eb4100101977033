//! `config.json` of a BERT or an ELECTRA, and whether this project computes such a network.

use serde::Deserialize;
use serde_json::Value;

use super::Sizes;
use crate::error::without_place;
use crate::plain::excerpt;
use crate::space::encoder::{Configuration, Layer, MOST_LAYERS, Operation, Similarity};
use crate::text::without_mark;
use crate::{Error, Result};

/// The settings that the last hidden states depend on; optional ones have BERT's own defaults.
#[derive(Debug, Clone, Deserialize)]
pub struct Settings {
    model_type: String,
    hidden_size: usize,
    /// Of ELECTRA.
    #[serde(default = "usual_embedding")]
    embedding_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
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
    ("position_embedding_type", &["\"absolute\""]),
    ("type_vocab_size", &["2"]),
    ("is_decoder", &["false"]),
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
        check(&all, "model_type", &["\"bert\"", "\"electra\""], None)?;
        FIXED.iter().try_for_each(|(name, known)| check(&all, name, known, Some(known[0])))?;
        let settings: Self = serde_json::from_str(without_mark(text)).map_err(located)?;
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
        let (vocabulary, positions) = (self.vocab_size, self.max_position_embeddings);
        let embedding = if self.model_type == "electra" { self.embedding_size } else { self.hidden_size };
        Sizes { vocabulary, embedding, positions, ..*given }
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
            format!("configuration, model_type: \"gpt2\" {other} \"bert\" or \"electra\" can be scored")
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
