//! The weights of a decoder from one or several safetensors files, as Hugging Face stores trained ones.

use std::collections::HashMap;

use super::names::Names;
use super::weights::{names_and_shapes, of};
use crate::network::tensor_file;
use crate::network::transformer::{self, Weights};
use crate::space::decoder::{Decoder, Words};
use crate::{Error, Result};

/// What names in a file may begin with or leave out.
const PREFIXES: [&str; 3] = ["transformer.", "model.", "gpt_neox."];

/// The weights, from the bytes of all files. Tensors that the decoder does not use, as older files have them for masks
/// and angles, are ignored, and a head that is said to be tied must be so.
///
/// # Errors
/// [`Error::Weights`] naming the tensor that is missing, misshapen or of another type, in the files twice, of a layer
/// that the decoder does not have, or a head that is not tied.
pub fn from_safetensors(files: &[&[u8]], decoder: &Decoder) -> Result<Weights> {
    let present: Vec<Vec<String>> = files.iter().map(|file| transformer::names(file)).collect::<Result<_>>()?;
    check_layers(decoder, present.iter().flatten())?;
    let mut left = names_and_shapes(decoder);
    check_single(left.iter().map(|(name, _)| name.as_str()), &present)?;
    let mut weights: Weights = std::iter::empty().collect();
    for (file, present) in files.iter().zip(&present) {
        let is_here = |name: &str| spellings(name).iter().any(|name| present.binary_search(name).is_ok());
        let (here, later) = left.into_iter().partition(|(name, _)| is_here(name));
        left = later;
        weights.append(Weights::read(file, here, spellings)?);
        check_tied(file, present, decoder)?;
    }
    match left.into_iter().next() {
        Some((name, _)) => wrong(name, "missing"),
        None => Ok(of(decoder, weights)),
    }
}

/// The bytes of a file with these weights, as Hugging Face reads it where it has the architecture.
///
/// # Errors
/// [`Error::Weights`] where they cannot be written.
pub fn to_safetensors(weights: &Weights) -> Result<Vec<u8>> {
    let tensors = weights.iter().map(|(name, array)| (name, array.shape.as_slice(), array.values.as_slice()));
    tensor_file::bytes(tensors, Some(HashMap::from([("format".to_owned(), "pt".to_owned())])))
}

/// The names that a weight may have in a file.
fn spellings(name: &str) -> Vec<String> {
    let short = PREFIXES.iter().find_map(|prefix| name.strip_prefix(prefix));
    std::iter::once(name).chain(short).map(str::to_owned).collect()
}

fn wrong<T>(name: impl Into<String>, problem: impl Into<String>) -> Result<T> {
    Err(Error::Weights { name: name.into(), problem: problem.into() })
}

/// Checks that no weight is there twice: it would not be clear which one to read.
fn check_single<'a>(names: impl Iterator<Item = &'a str>, present: &[Vec<String>]) -> Result<()> {
    for name in names {
        let is_there = |name: &String| present.iter().filter(|names| names.binary_search(name).is_ok()).count();
        let found = spellings(name).iter().map(is_there).sum::<usize>();
        if found > 1 {
            return wrong(name, format!("in the files {found} times; keep one of them"));
        }
    }
    Ok(())
}

/// Checks that there are no more layers than the decoder has: the last hidden states would be those of another one.
fn check_layers<'a>(decoder: &Decoder, mut present: impl Iterator<Item = &'a String>) -> Result<()> {
    let prefix = Names::of(decoder).in_layers();
    let layer = |name: &str| {
        let short = PREFIXES.iter().find_map(|known| prefix.strip_prefix(known)).unwrap_or(prefix);
        let rest = name.strip_prefix(prefix).or_else(|| name.strip_prefix(short))?;
        rest.strip_prefix('.')?.split_once('.')?.0.parse::<usize>().ok()
    };
    match present.find(|name| layer(name).is_some_and(|layer| layer >= decoder.layers.len())) {
        Some(name) => wrong(name, "belongs to no layer of the configuration"),
        None => Ok(()),
    }
}

/// Checks that a head in the file of the table is that table, where it is said to be.
fn check_tied(file: &[u8], present: &[String], decoder: &Decoder) -> Result<()> {
    let names = Names::of(decoder);
    let [table, head] = [names.table, names.head].map(Names::matrix);
    let is_here = |name: &String| present.binary_search(name).is_ok();
    let tied = matches!(decoder.words, Words::Whole { tied: true, .. });
    if !tied || !is_here(&head) || !spellings(&table).iter().any(is_here) {
        return Ok(());
    }
    let shape = vec![decoder.vocabulary, decoder.width];
    let both = Weights::read(file, vec![(table.clone(), shape.clone()), (head.clone(), shape)], spellings)?;
    if both.get(&table)? == both.get(&head)? {
        return Ok(());
    }
    wrong(head, "not the table of words, to which the configuration ties it")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::decoder::from_seed;

    const GPT2: &str = r#"{"model_type": "gpt2", "vocab_size": 9, "n_positions": 4, "n_embd": 4, "n_layer": 2,
        "n_head": 2}"#;

    /// A file of those weights that `name` gives a name.
    fn file(weights: &Weights, name: impl Fn(&str) -> Option<String>) -> Vec<u8> {
        let named: Vec<_> = weights.iter().filter_map(|(own, array)| Some((name(own)?, array))).collect();
        let tensors =
            named.iter().map(|(name, array)| (name.as_str(), array.shape.as_slice(), array.values.as_slice()));
        tensor_file::bytes(tensors, None).unwrap()
    }

    fn gpt2() -> (Decoder, Weights) {
        let decoder = Decoder::from_json(GPT2).unwrap();
        let weights = from_seed(&decoder, 0);
        (decoder, weights)
    }

    #[test]
    fn files_with_and_without_a_prefix_and_shards_give_the_same() {
        let (decoder, weights) = gpt2();
        let whole = to_safetensors(&weights).unwrap();
        let short = file(&weights, |name| name.strip_prefix("transformer.").map(str::to_owned));
        let of = |first: bool| file(&weights, |name| (name.contains(".h.0.") == first).then(|| name.to_owned()));
        let shards = [of(true), of(false)];
        for files in [vec![&whole[..]], vec![&short[..]], vec![&shards[0][..], &shards[1][..]]] {
            assert_eq!(from_safetensors(&files, &decoder).unwrap(), weights);
        }
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let (decoder, weights) = gpt2();
        let whole = file(&weights, |name| Some(name.to_owned()));
        let problem = |files: &[&[u8]], decoder: &Decoder| from_safetensors(files, decoder).unwrap_err().to_string();
        let part = file(&weights, |name| (!name.contains("wpe")).then(|| name.to_owned()));
        assert_eq!(problem(&[&part], &decoder), "weights, transformer.wpe.weight: missing");
        let twice = problem(&[&whole, &part], &decoder);
        assert_eq!(twice, "weights, transformer.wte.weight: in the files 2 times; keep one of them");
        let shallow = Decoder { layers: decoder.layers[..1].to_vec(), ..decoder.clone() };
        assert!(problem(&[&whole], &shallow).ends_with("belongs to no layer of the configuration"));
        let own = Decoder { words: Words::Whole { tied: false, bias: false }, ..decoder.clone() };
        assert_eq!(problem(&[&whole], &own), "weights, lm_head.weight: missing");
        let untied = file(&from_seed(&own, 0), |name| Some(name.to_owned()));
        let message = problem(&[&untied], &decoder);
        assert_eq!(message, "weights, lm_head.weight: not the table of words, to which the configuration ties it");
    }
}
