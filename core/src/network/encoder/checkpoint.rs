//! A trained BERT, or another model that is the same network, in the files of Hugging Face: its settings and weights, under the names of this project;
//! and how an encoder is written as one.

mod export;
mod names;
mod original;
mod settings;

pub use export::{Exported, HeadKind};
pub use names::theirs as checkpoint_names;

use super::{Sizes, with_head};
use crate::network::transformer::{self, Weights};
use crate::space::encoder::Configuration;
use crate::{Error, Result};
#[cfg(test)]
use original::Original;
use settings::Settings;

/// An encoder read from a checkpoint.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint {
    /// Its layers.
    pub configuration: Configuration,
    /// Its weights.
    pub weights: Weights,
    /// Its sizes, with the given batch and sequence.
    pub sizes: Sizes,
}

impl Checkpoint {
    /// Reads `config.json` and `model.safetensors`; batch and sequence are those of `given`. Weights that the last
    /// hidden states do not depend on are ignored: the pooler, and heads for a task.
    ///
    /// # Errors
    /// [`crate::Error::Configuration`] with the setting, [`crate::Error::Weights`] with the tensor that cannot be used.
    pub fn read(config: &str, safetensors: &[u8], given: &Sizes) -> Result<Self> {
        let settings = Settings::from_json(config)?;
        let configuration = settings.configuration()?;
        let sizes = settings.sizes(given);
        check_single(&configuration, &sizes, safetensors)?;
        let original = settings.original();
        let read = Weights::read(safetensors, original.listed(sizes.weights(&configuration)), names::theirs)?;
        let mut weights = original.as_bert(read, sizes.embedding)?;
        check_layers(&configuration, safetensors)?;
        weights = with_head(weights, safetensors, (configuration.hidden, &sizes))?;
        weights.epsilon = settings.epsilon();
        Ok(Self { configuration, weights, sizes })
    }
}

/// Checks that the file has every weight under one of its names only. With two encoders in a file, one of them under
/// `bert.` or `electra.`, it is not clear which one to read.
fn check_single(configuration: &Configuration, sizes: &Sizes, safetensors: &[u8]) -> Result<()> {
    let present = transformer::names(safetensors)?;
    let is_present = |name: &String| present.binary_search(name).is_ok();
    for (ours, _) in sizes.weights(configuration) {
        let mut found = names::theirs(&ours).into_iter().filter(is_present);
        let Some(name) = found.next() else { continue };
        // Most weights have the same name in all naming schemes.
        if let Some(other) = found.find(|other| *other != name) {
            let problem = format!("in the file a second time, as {other}; keep one of them");
            return Err(Error::Weights { name, problem });
        }
    }
    Ok(())
}

/// Checks that the file has no more layers than the settings: the last hidden states would be those of another layer.
fn check_layers(configuration: &Configuration, safetensors: &[u8]) -> Result<()> {
    let count = configuration.layers.len();
    let extra = transformer::names(safetensors)?
        .into_iter()
        .find(|name| names::layer(name).is_some_and(|layer| layer >= count));
    match extra {
        Some(name) => Err(Error::Weights { name, problem: "belongs to no layer of the configuration".to_owned() }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use half::bf16;
    use safetensors::Dtype;
    use safetensors::tensor::TensorView;

    use super::*;

    const CONFIG: &str = r#"{"model_type": "bert", "hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2,
        "intermediate_size": 16, "vocab_size": 30, "max_position_embeddings": 12, "layer_norm_eps": 1e-5}"#;

    /// A safetensors file of the weights of an encoder, under name scheme `name`, in the type `bits`.
    fn file(drawn: &[(String, Vec<usize>)], weights: &Weights, name: usize, bits: Dtype) -> Vec<u8> {
        let bytes = |values: &[f32]| -> Vec<u8> {
            match bits {
                Dtype::BF16 => values.iter().flat_map(|value| bf16::from_f32(*value).to_le_bytes()).collect(),
                _ => values.iter().flat_map(|value| value.to_le_bytes()).collect(),
            }
        };
        let tensors: Vec<_> = drawn
            .iter()
            .map(|(ours, shape)| {
                (names::theirs(ours).swap_remove(name), shape, bytes(&weights.get(ours).unwrap().values))
            })
            .collect();
        let views =
            tensors.iter().map(|(name, shape, bytes)| (name, TensorView::new(bits, shape.to_vec(), bytes).unwrap()));
        safetensors::serialize(views, None).unwrap()
    }

    /// In all naming schemes, and within the precision of 16-bit floats.
    #[test]
    fn a_checkpoint_has_the_weights_it_was_written_with() {
        let settings = Settings::from_json(CONFIG).unwrap();
        let (configuration, sizes) = (settings.configuration().unwrap(), settings.sizes(&Sizes::default()));
        let mut drawn = Weights::from_seed(sizes.weights(&configuration), 0);
        drawn = with_head(
            drawn,
            &safetensors::serialize([("a", TensorView::new(Dtype::F32, vec![0], &[]).unwrap())], None).unwrap(),
            (8, &sizes),
        )
        .unwrap();
        drawn.epsilon = 1e-5;
        let list = sizes.weights(&configuration);
        for name in 0..15 {
            let read = Checkpoint::read(CONFIG, &file(&list, &drawn, name, Dtype::F32), &Sizes::default()).unwrap();
            assert_eq!((&read.weights, &read.configuration, read.sizes), (&drawn, &configuration, sizes));
        }
        let half = Checkpoint::read(CONFIG, &file(&list, &drawn, 0, Dtype::BF16), &Sizes::default()).unwrap();
        for (name, _) in &list {
            let pairs = half.weights.get(name).unwrap().values.iter().zip(&drawn.get(name).unwrap().values);
            assert!(pairs.clone().all(|(a, b)| (a - b).abs() <= b.abs() / 256.0), "{name}");
        }
    }

    /// A RoBERTa, whose first two positions belong to no place, and a DistilBERT, without kinds of text: each is the BERT
    /// that computes the same.
    #[test]
    fn other_models_are_read_as_the_bert_they_are() {
        let settings = Settings::from_json(CONFIG).unwrap();
        let (configuration, sizes) = (settings.configuration().unwrap(), settings.sizes(&Sizes::default()));
        let list = sizes.weights(&configuration);
        let bert = Weights::from_seed(list.clone(), 0);
        let [positions, types] = ["position", "token_type"].map(|kind| format!("embeddings.{kind}_embeddings.weight"));
        let roberta = r#"model_type": "roberta", "type_vocab_size": 1"#;
        let distilled = r#"model_type": "distilbert", "activation": "gelu", "sinusoidal_pos_embds": false"#;
        let cases = [(Original::Roberta, roberta, 14, 3), (Original::DistilBert, distilled, 12, 14)];
        for (original, model, rows, scheme) in cases {
            let config = CONFIG.replace(r#"model_type": "bert""#, model).replace(": 12", &format!(": {rows}"));
            let mut written = bert.clone();
            let table = written.get_mut(&positions).unwrap();
            let unused = vec![9.0; original.unused_positions() * 8];
            table.values = [unused, table.values.clone()].concat();
            written.get_mut(&types).unwrap().values.truncate(original.types() * 8);
            let bytes = file(&original.listed(list.clone()), &written, scheme, Dtype::F32);
            let read = Checkpoint::read(&config, &bytes, &Sizes::default()).unwrap();
            assert_eq!((&read.configuration, read.sizes), (&configuration, sizes));
            for (name, array) in bert.iter().filter(|(name, _)| *name != types) {
                assert_eq!(read.weights.get(name).unwrap(), array, "{name}");
            }
            let first = &read.weights.get(&types).unwrap().values;
            let expected = [&bert.get(&types).unwrap().values[..8 * original.types()], &[0.0; 16]].concat();
            assert_eq!(first, &expected[..16]);
        }
        let dims = r#"{"model_type": "distilbert", "dim": 8, "n_layers": 2, "n_heads": 2, "hidden_dim": 16, "vocab_size": 30,
            "max_position_embeddings": 12}"#;
        assert_eq!(Settings::from_json(dims).unwrap().configuration().unwrap(), configuration);
    }

    /// Two encoders in one file, completely or in part, and two names of one weight.
    #[test]
    fn a_weight_under_two_names_is_refused() {
        let settings = Settings::from_json(CONFIG).unwrap();
        let (configuration, sizes) = (settings.configuration().unwrap(), settings.sizes(&Sizes::default()));
        let (list, drawn) = (sizes.weights(&configuration), Weights::from_seed(sizes.weights(&configuration), 0));
        let message = |second: &[(String, Vec<usize>)], name: usize| {
            let both = joined(&file(&list, &drawn, 0, Dtype::F32), &file(second, &drawn, name, Dtype::F32));
            Checkpoint::read(CONFIG, &both, &sizes).map(|_| ()).map_err(|error| error.to_string())
        };
        let twice = |name: &str, other: &str| {
            Err(format!("weights, {name}: in the file a second time, as {other}; keep one of them"))
        };
        let word = "embeddings.word_embeddings.weight";
        assert_eq!(message(&list, 1), twice(word, &format!("bert.{word}")));
        let last = "encoder.layer.1.output.LayerNorm.bias";
        assert_eq!(message(&list[list.len() - 1..], 1), twice(last, &format!("bert.{last}")));
        assert_eq!(message(&list[list.len() - 1..], 2), twice(last, &format!("electra.{last}")));
        assert_eq!(message(&list[list.len() - 1..], 5), twice(last, "encoder.layer.1.output.LayerNorm.beta"));
        assert_eq!(message(&[], 1), Ok(()));
    }

    /// The tensors of two safetensors files in one.
    fn joined(a: &[u8], b: &[u8]) -> Vec<u8> {
        let files = [a, b].map(|file| safetensors::SafeTensors::deserialize(file).unwrap());
        safetensors::serialize(files.iter().flat_map(safetensors::SafeTensors::iter), None).unwrap()
    }

    #[test]
    fn errors_name_the_weight() {
        let settings = Settings::from_json(CONFIG).unwrap();
        let (configuration, sizes) = (settings.configuration().unwrap(), settings.sizes(&Sizes::default()));
        let (list, drawn) = (sizes.weights(&configuration), Weights::from_seed(sizes.weights(&configuration), 0));
        let complete = file(&list, &drawn, 0, Dtype::F32);
        let message = |config: &str, bytes: &[u8]| Checkpoint::read(config, bytes, &sizes).unwrap_err().to_string();
        let incomplete = "weights, file: not a complete safetensors file: ";
        assert!(message(CONFIG, &complete[..complete.len() - 1]).starts_with(incomplete));
        assert!(message(CONFIG, b"").starts_with(incomplete));
        let lacking = file(&list[..list.len() - 1], &drawn, 0, Dtype::F32);
        assert_eq!(message(CONFIG, &lacking), "weights, encoder.layer.1.output.LayerNorm.bias: missing");
        let fewer = CONFIG.replace("num_hidden_layers\": 2", "num_hidden_layers\": 1");
        assert!(message(&fewer, &complete).starts_with("weights, encoder.layer.1."), "{}", message(&fewer, &complete));
        assert!(message(&fewer, &complete).ends_with(": belongs to no layer of the configuration"));
        let larger = CONFIG.replace("vocab_size\": 30", "vocab_size\": 31");
        assert_eq!(
            message(&larger, &complete),
            "weights, embeddings.word_embeddings.weight: its shape is [30, 8]; \
             the configuration and the sizes require [31, 8]"
        );
    }
}
