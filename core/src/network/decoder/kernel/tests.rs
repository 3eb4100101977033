//! Golden files: states, probabilities, loss, attention and gradients of decoders of every kind, in f64 by the authors'
//! code or code that was compared with it.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::*;
use crate::network::decoder::training::{Dropouts, gradients};
use crate::network::decoder::{Structure, from_safetensors};
use crate::observation::{Kind, Need, Needs};

/// Largest deviation of states, probabilities and confidences, and relative one of the norms of gradients.
const TOLERANCE: f64 = 1e-5;

#[derive(Deserialize)]
struct Golden {
    tokens: Vec<Vec<u32>>,
    targets: Vec<Vec<u32>>,
    last_hidden_state: Vec<Vec<Vec<f64>>>,
    /// Of the first positions.
    logits: Vec<Vec<f64>>,
    log_probabilities: Vec<Vec<f64>>,
    /// By layer and head.
    attention_confidence: Vec<Vec<f64>>,
    metrics: BTreeMap<String, serde_json::Value>,
    /// Per metric: terms by the name of their matrix.
    layers: BTreeMap<String, BTreeMap<String, f64>>,
}

/// The term of a weight and its gradient.
type Term = fn(f64, f64) -> f64;

/// A golden case, with its decoder and weights.
struct Case {
    name: &'static str,
    golden: Golden,
    decoder: Decoder,
    weights: Weights,
}

macro_rules! case {
    ($name:literal) => {
        Case::new(
            $name,
            include_str!(concat!("../../../../../tests/golden/zc_", $name, ".json")),
            include_bytes!(concat!("../../../../../tests/golden/zc_", $name, ".safetensors")),
        )
    };
}

fn cases() -> [Case; 5] {
    [case!("gpt2"), case!("gpt2_flex"), case!("lts_gpt2"), case!("lts_xl"), case!("hw_gpt")]
}

impl Case {
    fn new(name: &'static str, json: &str, weights: &[u8]) -> Self {
        let decoder = Decoder::from_json(json).unwrap();
        let weights = from_safetensors(&[weights], &decoder).unwrap();
        Self { name, golden: serde_json::from_str(json).unwrap(), decoder, weights }
    }

    fn tokens(&self) -> Vec<&[u32]> {
        self.golden.tokens.iter().map(Vec::as_slice).collect()
    }

    fn sequences(&self) -> Vec<Sequence<'_>> {
        let pairs = self.golden.tokens.iter().zip(&self.golden.targets);
        pairs.map(|(tokens, targets)| Sequence { tokens, targets }).collect()
    }

    fn hidden(&self) -> Vec<f32> {
        hidden(&self.decoder, &self.weights, &self.tokens()).unwrap()
    }

    /// Prints and checks the largest deviation.
    fn holds(&self, what: &str, deviation: f64) {
        println!("{} {what}: {deviation:.1e}", self.name);
        assert!(deviation < TOLERANCE, "{} {what}: {deviation}", self.name);
    }
}

fn deviation<'a>(found: impl IntoIterator<Item = f64>, expected: impl IntoIterator<Item = &'a f64>) -> f64 {
    let (mut found, mut expected) = (found.into_iter(), expected.into_iter());
    let mut most: f64 = 0.0;
    loop {
        match (found.next(), expected.next()) {
            (Some(found), Some(expected)) => most = most.max((found - expected).abs()),
            (None, None) => return most,
            _ => return f64::INFINITY,
        }
    }
}

#[test]
fn hidden_states_are_the_golden_ones() {
    for case in cases() {
        let expected = case.golden.last_hidden_state.iter().flatten().flatten();
        case.holds("last hidden states", deviation(case.hidden().into_iter().map(f64::from), expected));
    }
}

#[test]
fn logits_and_probabilities_are_the_golden_ones() {
    for case in cases() {
        let first = &case.hidden()[..case.golden.logits.len() * case.decoder.width];
        let logits = logits(&case.decoder, &case.weights, first).unwrap();
        case.holds("logits", deviation(logits.into_iter().map(f64::from), case.golden.logits.iter().flatten()));
        let probabilities = log_probabilities(&case.decoder, &case.weights, first).unwrap();
        let expected = case.golden.log_probabilities.iter().flatten();
        case.holds("log probabilities", deviation(probabilities.into_iter().map(f64::from), expected));
    }
}

#[test]
fn attention_is_as_confident_as_the_golden_ones() {
    let needs: Needs = [Need::Terms(Kind::Attention)].into_iter().collect();
    for case in cases() {
        let (tokens, length) = (case.tokens(), longest(case.tokens().into_iter()));
        let assembled = Assembled::new(&case.decoder, &mut Builder::new((&case.weights).into()), length).unwrap();
        let mut sums = vec![0.0; case.golden.attention_confidence.iter().map(Vec::len).sum()];
        let count = tokens.len() as f64;
        for tokens in &tokens {
            let mut pass = SequencePass::observed(Observer::new(&needs), tokens.len());
            assembled.forward(Start::Tokens(tokens), &mut pass, false, || {});
            let seen = &pass.seen.values[&Kind::Attention];
            assert_eq!(seen.len(), sums.len());
            sums.iter_mut().zip(seen).for_each(|(sum, (_, value))| *sum += value / count);
        }
        case.holds("attention confidence", deviation(sums, case.golden.attention_confidence.iter().flatten()));
    }
}

#[test]
fn loss_and_gradients_are_the_golden_ones() {
    for case in cases() {
        let (loss, gradients) = gradients(&case.decoder, &case.weights, &case.sequences(), Dropouts::none()).unwrap();
        case.holds("loss", deviation([loss], [&case.golden.metrics["loss"].as_f64().unwrap()]));
        let terms: [(&str, Term); 3] =
            [("grad_norm", |_, g| g * g), ("snip", |w, g| (w * g).abs()), ("plain", |w, g| w * g)];
        for (metric, term) in terms {
            let terms = &case.golden.layers[metric];
            let size = &case.golden.layers[if metric == "plain" { "snip" } else { metric }];
            let mut most: f64 = 0.0;
            for (name, expected) in terms {
                let pairs = case.weights.get(name).unwrap().values.iter().zip(&gradients.get(name).unwrap().values);
                let sum: f64 = pairs.map(|(&w, &g)| term(f64::from(w), f64::from(g))).sum();
                let found = if metric == "grad_norm" { sum.sqrt() } else { sum };
                most = most.max((found - expected).abs() / size[name]);
            }
            assert_eq!(terms.len(), matrices(&case.decoder), "{}", case.name);
            case.holds(metric, most);
        }
    }
}

#[test]
fn counts_are_the_golden_ones() {
    for Case { name, golden, decoder, .. } in cases() {
        let counts = Structure::new(&decoder, golden.tokens[0].len());
        let found = [counts.parameters, counts.non_embedding, counts.flops];
        let expected =
            ["parameters", "non_embedding_parameters", "flops"].map(|id| golden.metrics[id].as_f64().unwrap());
        assert_eq!(found, expected, "{name}");
    }
}

/// Matrices of the layers.
fn matrices(decoder: &Decoder) -> usize {
    let mut count = 0;
    crate::network::decoder::weights(decoder, &mut |weight| {
        use crate::network::decoder::Part::{Attention, FeedForward};
        count += usize::from(matches!(weight.part, Attention | FeedForward) && weight.name.ends_with(".weight"));
    });
    count
}
