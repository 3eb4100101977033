//! A configuration in JSON, with the published names.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Basis, Configuration, Layer, Operation, Similarity};
use crate::error::without_place;
use crate::plain::excerpt;
use crate::text::without_mark;
use crate::{Error, nearest};

/// A configuration as in JSON.
#[derive(Serialize, Deserialize)]
struct Spelled {
    hidden_size: usize,
    nas_config: Layers,
    /// Width of all feed-forward layers, instead of the widths in `nas_config`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    intermediate_size: Option<usize>,
}

/// A file that has the configuration among other things.
#[derive(Deserialize)]
struct Configured {
    config: Spelled,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Layers {
    encoder_layers: Vec<SpelledLayer>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SpelledLayer {
    operation_type: String,
    operation_parameter: Parameter,
    num_operation_heads: usize,
    feed_forward_dimension: usize,
    num_feed_forward: usize,
}

#[derive(Serialize, Deserialize, Clone)]
#[serde(untagged)]
enum Parameter {
    Size(usize),
    Name(String),
}

/// Operations whose parameter is a name, with their type.
const NAMED: [(&str, &str, Operation); 4] = [
    ("SA", "SDP", Operation::Attention(Similarity::ScaledDotProduct)),
    ("SA", "WMA", Operation::Attention(Similarity::WeightedMultiplicative)),
    ("LT", "DFT", Operation::Transform(Basis::Fourier)),
    ("LT", "DCT", Operation::Transform(Basis::Cosine)),
];

/// The type of convolutions, whose parameter is the length of the kernel.
const CONVOLUTION: &str = "DSC";

impl Configuration {
    /// Reads JSON: `{"hidden_size": .., "nas_config": {"encoder_layers": [..]}}`, alone or as `config` of a larger object.
    ///
    /// # Errors
    /// [`Error::Configuration`] with the layer, or the line and column, at fault.
    pub fn from_json(text: &str) -> Result<Self, Error> {
        if let Ok(Configured { config }) = serde_json::from_str(without_mark(text)) {
            return config.try_into();
        }
        let spelled: Spelled = serde_json::from_str(without_mark(text)).map_err(|error| {
            let place = format!("line {} column {}", error.line(), error.column());
            Error::Configuration { place, problem: without_place(&error) }
        })?;
        spelled.try_into()
    }
}

impl Serialize for Configuration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Spelled::from(self.clone()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Configuration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Spelled::deserialize(deserializer)?.try_into().map_err(D::Error::custom)
    }
}

impl TryFrom<Spelled> for Configuration {
    type Error = Error;

    fn try_from(Spelled { hidden_size, nas_config, intermediate_size }: Spelled) -> Result<Self, Error> {
        let layer = |(index, layer): (usize, SpelledLayer)| {
            let read = layer
                .read()
                .map(|layer| Layer { feed_forward: intermediate_size.unwrap_or(layer.feed_forward), ..layer });
            read.map_err(|problem| Error::Configuration { place: format!("layer {}", index + 1), problem })
        };
        let layers = nas_config.encoder_layers.into_iter().enumerate().map(layer).collect::<Result<_, _>>()?;
        let configuration = Self { hidden: hidden_size, layers };
        configuration.check().map(|()| configuration)
    }
}

impl SpelledLayer {
    fn read(self) -> Result<Layer, String> {
        Ok(Layer {
            operation: operation(&self.operation_type, &self.operation_parameter)?,
            heads: self.num_operation_heads,
            feed_forward: self.feed_forward_dimension,
            feed_forward_layers: self.num_feed_forward,
        })
    }
}

fn operation(kind: &str, parameter: &Parameter) -> Result<Operation, String> {
    let kinds = ["SA", "LT", CONVOLUTION];
    if !kinds.contains(&kind) {
        return Err(nearest::unknown("operation", kind, kinds).to_string());
    }
    match parameter {
        Parameter::Size(kernel) if kind == CONVOLUTION => Ok(Operation::Convolution { kernel: *kernel }),
        Parameter::Name(name) if kind != CONVOLUTION => {
            let known = NAMED.iter().filter(|(known, ..)| *known == kind);
            let found = known.clone().find(|(_, known, _)| known == name).map(|(.., operation)| *operation);
            found.ok_or_else(|| nearest::unknown("parameter", name, known.map(|(_, name, _)| *name)).to_string())
        }
        Parameter::Size(size) => Err(format!("{size} is no parameter of {kind}")),
        Parameter::Name(name) => Err(format!("'{}' is no kernel; {kind} takes a number of tokens", excerpt(name))),
    }
}

impl From<Configuration> for Spelled {
    fn from(Configuration { hidden, layers }: Configuration) -> Self {
        let encoder_layers = layers.into_iter().map(SpelledLayer::from).collect();
        Self { hidden_size: hidden, nas_config: Layers { encoder_layers }, intermediate_size: None }
    }
}

impl From<Layer> for SpelledLayer {
    fn from(Layer { operation, heads, feed_forward, feed_forward_layers }: Layer) -> Self {
        let named = NAMED.iter().find(|(.., named)| *named == operation);
        let (kind, parameter) = match (operation, named) {
            (Operation::Convolution { kernel }, _) => (CONVOLUTION, Parameter::Size(kernel)),
            (_, Some((kind, name, _))) => (*kind, Parameter::Name((*name).to_owned())),
            (_, None) => ("", Parameter::Size(0)),
        };
        Self {
            operation_type: kind.to_owned(),
            operation_parameter: parameter,
            num_operation_heads: heads,
            feed_forward_dimension: feed_forward,
            num_feed_forward: feed_forward_layers,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop, proptest};

    use super::super::{Configuration, Sampler};

    const ONE: &str = r#"{"hidden_size": 8, "nas_config": {"encoder_layers": [{"operation_type": "SA",
        "operation_parameter": "SDP", "num_operation_heads": 2, "feed_forward_dimension": 16,
        "num_feed_forward": 1}]}}"#;

    fn problem(from: &str, to: &str) -> String {
        Configuration::from_json(&ONE.replace(from, to)).map_or_else(|error| error.to_string(), |_| String::new())
    }

    #[test]
    fn errors_have_their_place() {
        assert_eq!(problem("", ""), "");
        assert_eq!(problem("\"SA\"", "\"SAA\""), "configuration, layer 1: unknown operation 'SAA'; did you mean 'SA'?");
        assert_eq!(problem("SDP", "SDQ"), "configuration, layer 1: unknown parameter 'SDQ'; did you mean 'SDP'?");
        assert_eq!(
            problem("heads\": 2", "heads\": 3"),
            "configuration, layer 1: 3 heads do not divide a hidden size of 8"
        );
        assert_eq!(problem("\"SDP\"", "5"), "configuration, layer 1: 5 is no parameter of SA");
        assert_eq!(
            problem("forward\": 1", "forward\": 0"),
            "configuration, layer 1: num_feed_forward must be at least 1"
        );
        assert!(problem("}]}}", "").starts_with("configuration, line 3 column "));
        let convolution = ONE.replace("SA", "DSC").replace("\"SDP\"", "4");
        let message = Configuration::from_json(&convolution).unwrap_err().to_string();
        assert_eq!(message, "configuration, layer 1: a kernel of 4 tokens has no middle; it must be odd");
    }

    proptest! {
        #[test]
        fn json_comes_back_as_it_was(seed in any::<u64>()) {
            let drawn = Sampler::new(seed).next().unwrap();
            assert_eq!(Configuration::from_json(&serde_json::to_string(&drawn).unwrap()).unwrap(), drawn);
        }

        #[test]
        fn nothing_makes_it_panic(text in prop::string::string_regex(".{0,80}").unwrap()) {
            drop(Configuration::from_json(&text));
        }
    }
}
