//! The module gives what the kernel gives: everything that is observed, of small decoders of every kind.

use std::sync::Arc;

use burn::tensor::Device;

use super::*;
use crate::network::WeightSource;
use crate::network::decoder::{Sizes, from_seed, kernel};
use crate::observation::{GradientOf, Kind, Moments, Need, Parameter, ParameterSpec, Reduction};
use crate::progress::Progress;
use crate::random::Placed;
use crate::space::decoder::Decoder;

/// Largest relative difference from the kernel.
const TOLERANCE: f64 = 1e-4;

/// Of terms and cosines: what is smaller than this share of the largest is compared with that share, since it may be a
/// difference of larger numbers. Cosines are compared with 1.
const SMALLEST: [f64; 2] = [1e-3, 1.0];

/// GPT-2, one with a head of its own, and one with windows; halves in parallel with a part of a head rotated, and in
/// sequence; grouped heads with a gate; heads and widths by layer with queries, keys and values by head; clusters of
/// one table with a projection, tied in part, and clusters of their own tables with distances.
const SMALL: [&str; 8] = [
    r#"{"model_type": "gpt2", "vocab_size": 11, "n_embd": 8, "n_layer": 2, "n_head": 2, "n_positions": 9}"#,
    r#"{"model_type": "gpt_neo", "vocab_size": 11, "hidden_size": 8, "num_layers": 2, "num_heads": 2,
        "attention_types": [[["global", "local"], 1]], "window_size": 2, "tie_word_embeddings": false,
        "max_position_embeddings": 7}"#,
    r#"{"model_type": "gpt_neox", "vocab_size": 11, "hidden_size": 16, "num_hidden_layers": 2,
        "num_attention_heads": 2, "intermediate_size": 12, "rotary_pct": 0.25}"#,
    r#"{"model_type": "gpt_neox", "vocab_size": 11, "hidden_size": 16, "num_hidden_layers": 2,
        "num_attention_heads": 4, "intermediate_size": 12, "rotary_pct": 0.5, "use_parallel_residual": false}"#,
    r#"{"model_type": "llama", "vocab_size": 11, "hidden_size": 8, "num_hidden_layers": 3, "num_attention_heads": 4,
        "num_key_value_heads": 2, "head_dim": 4, "intermediate_size": 12, "attention_bias": true, "mlp_bias": true}"#,
    r#"{"model": "hw_gpt", "vocab_size": 11, "n_embd": 8, "n_layer": 2, "n_head": [2, 3], "mlp_ratio": [2, 3],
        "head_size": 4, "bias": true}"#,
    r#"{"model": "lts_gpt2", "n_token": 11, "tgt_len": 6, "d_model": 8, "d_embed": 4, "n_layer": 2, "n_head": [2, 4],
        "d_inner": [9, 7], "cutoffs": [4, 8], "div_val": 1, "tie_projs": [false, true, true]}"#,
    r#"{"model": "lts_xl", "n_token": 11, "tgt_len": 6, "d_model": 8, "d_embed": 4, "n_layer": 2, "n_head": [2, 4],
        "d_inner": [9, 7], "cutoffs": [4, 8], "div_val": 2, "tie_projs": [false, true, false]}"#,
];

/// Ids of five sequences.
const TOKENS: [u32; 30] = [1, 10, 3, 7, 4, 0, 5, 2, 9, 9, 8, 6, 3, 3, 1, 0, 10, 2, 8, 4, 4, 7, 6, 1, 0, 5, 9, 2, 10, 3];

/// How many of each are real, where there is padding: of the second a single one, which nothing follows.
const LENGTHS: [usize; 5] = [4, 1, 6, 3, 5];

const SIZES: Sizes = Sizes { batch: 5, sequence: 6 };

static SALIENCY: Reduction = Reduction { id: "saliency", selects: is_in_layer, term: saliency };

static SQUARES: Reduction = Reduction { id: "squares", selects: is_in_layer, term: squares };

fn is_in_layer(spec: &ParameterSpec) -> bool {
    spec.role.is_in_layer()
}

fn saliency(parameter: &Parameter) -> f64 {
    let pairs = parameter.weight.iter().zip(parameter.gradient);
    pairs.map(|(weight, gradient)| f64::from((weight * gradient).abs())).sum()
}

fn squares(parameter: &Parameter) -> f64 {
    parameter.gradient.iter().map(|&gradient| f64::from(gradient).powi(2)).sum()
}

const KINDS: [Kind; 6] = [
    Kind::Projections,
    Kind::Softmaxes,
    Kind::Attention,
    Kind::HeadGradients,
    Kind::Parameters(GradientOf::Output, "saliency"),
    Kind::Parameters(GradientOf::Loss, "squares"),
];

/// All that can be needed of a decoder.
fn all() -> Vec<Need> {
    let kinds = KINDS[..4].iter().map(|kind| Need::Terms(*kind));
    let others = [Need::Hidden(1), Need::Hidden(2), Need::Signs, Need::Loss, Need::Jacobian(0.0)];
    kinds
        .chain(others)
        .chain([Need::Parameters(GradientOf::Output, &SALIENCY), Need::Parameters(GradientOf::Loss, &SQUARES)])
        .collect()
}

/// A decoder with weights large enough for their gradients to be.
fn small(json: &str) -> Model {
    let decoder = Decoder { deviation: 0.4, ..Decoder::from_json(json).unwrap() };
    let mut weights = from_seed(&decoder, 1);
    let source = Placed::from_seed(2);
    for (place, (_, array)) in weights.iter_mut().enumerate() {
        let source = source.at(place as u64);
        let values = array.values.iter_mut().enumerate();
        values.for_each(|(index, value)| *value += 0.2 * (source.uniform(index as u32) as f32 - 0.5));
    }
    Model { decoder: Arc::new(decoder), sizes: SIZES, weights: WeightSource::Given(Arc::new(weights)) }
}

fn given(model: &Model) -> &Weights {
    let WeightSource::Given(weights) = &model.weights else { panic!("weights of a seed") };
    weights
}

fn batches() -> [Batch; 3] {
    let next = TOKENS.iter().map(|token| (token * 3 + 1) % 11).collect();
    let padded = || Batch::of_sequences(TOKENS.to_vec(), Some(LENGTHS.to_vec()));
    [Batch::of_sequences(TOKENS.to_vec(), None), padded(), padded().with_targets(next)]
}

fn by_kernel(model: &Model, batch: &Batch, needs: &Needs) -> Observation {
    kernel::observe(model, given(model), batch, needs, &Progress::default()).unwrap()
}

/// `at_once` sequences at a time.
fn by_module(model: &Model, batch: &Batch, needs: &Needs, at_once: usize) -> Observation {
    let network = Network::new(model, given(model), needs, &Device::flex()).unwrap();
    let sums = pollster::block_on(network.in_parts(batch, at_once, "flex")).unwrap();
    network.finish(sums, batch).unwrap()
}

/// The largest relative difference; numbers below `smallest` times the largest one count as that.
fn difference(found: &[f64], expected: &[f64], smallest: f64) -> f64 {
    assert_eq!(found.len(), expected.len());
    let largest = expected.iter().fold(0.0f64, |most, value| most.max(value.abs()));
    let relative = found.iter().zip(expected).map(|(found, expected)| {
        (found - expected).abs() / expected.abs().max(smallest * largest).max(f64::MIN_POSITIVE)
    });
    relative.fold(0.0, |most, value| if value > most || value.is_nan() { value } else { most })
}

/// Cosines between the rows, one after another.
fn cosines(moments: &Moments) -> Vec<f64> {
    let cosines = moments.cosine().unwrap();
    cosines.col_iter().flat_map(|column| column.iter().copied().collect::<Vec<_>>()).collect()
}

/// Whatever both observed is the same; how many things there are, and the largest difference.
fn compare(found: &Observation, expected: &Observation) -> (usize, f64) {
    let (mut count, mut most) = (0, 0.0f64);
    let [of_terms, of_cosines] = SMALLEST;
    let mut add = |what: &str, (found, expected): (&[f64], &[f64]), smallest: f64| {
        let difference = difference(found, expected, smallest);
        assert!(difference < TOLERANCE, "{what}: {difference:.1e}, {found:?}, {expected:?}");
        most = most.max(difference);
        count += 1;
    };
    assert_eq!(found.terms.keys().collect::<Vec<_>>(), expected.terms.keys().collect::<Vec<_>>());
    for (kind, terms) in &expected.terms {
        let values =
            |observation: &Observation| observation.terms[kind].iter().map(|term| term.value).collect::<Vec<_>>();
        let sites = |observation: &Observation| {
            observation.terms[kind].iter().map(|term| term.site.to_string()).collect::<Vec<_>>()
        };
        assert!(!terms.is_empty(), "{kind:?}");
        assert_eq!(sites(found), sites(expected), "{kind:?}");
        add(&format!("{kind:?}"), (&values(found), &values(expected)), of_terms);
    }
    assert_eq!(found.hidden.len(), expected.hidden.len());
    for (found, expected) in found.hidden.iter().zip(&expected.hidden) {
        assert_eq!(found.is_some(), expected.is_some());
        let Some((found, expected)) = found.as_ref().zip(expected.as_ref()) else { continue };
        add("hidden states", (&cosines(found), &cosines(expected)), of_cosines);
    }
    assert_eq!(found.jacobians.len(), expected.jacobians.len());
    for ((_, found), (_, expected)) in found.jacobians.iter().zip(&expected.jacobians) {
        add("Jacobian", (&cosines(found), &cosines(expected)), of_cosines);
    }
    assert_eq!(found.loss.is_some(), expected.loss.is_some());
    if let Some((found, expected)) = found.loss.zip(expected.loss) {
        add("loss", (&[found], &[expected]), of_terms);
    }
    assert_eq!((&found.activations, &found.nans), (&expected.activations, &expected.nans));
    (count + usize::from(!expected.activations.is_empty()), most)
}

/// All at once and in parts, of which some have nothing to predict.
#[test]
fn everything_is_that_of_the_kernel() {
    let needs: Needs = all().into_iter().collect();
    for json in SMALL {
        let model = small(json);
        for (at, batch) in batches().iter().enumerate() {
            let expected = by_kernel(&model, batch, &needs);
            for at_once in [5, 2, 1] {
                let (count, most) = compare(&by_module(&model, batch, &needs, at_once), &expected);
                assert_eq!(count, all().len(), "{json}");
                println!("figure: {:?} batch {at}, {at_once} at once: {most:.1e}", model.decoder.original);
            }
        }
    }
}

/// Every need alone, which may go nowhere backward.
#[test]
fn every_need_alone_is_that_of_the_kernel() {
    for json in SMALL {
        let model = small(json);
        let [_, batch, _] = batches();
        for need in all() {
            let needs: Needs = [need].into_iter().collect();
            let (count, _) = compare(&by_module(&model, &batch, &needs, 5), &by_kernel(&model, &batch, &needs));
            // What is differentiated is the loss, which is then there, too.
            let loss = usize::from(needs.goes_backward());
            let layers = needs.highest_layer().max(1) - 1;
            assert!((1..=1 + loss + layers).contains(&count), "{need:?}: {count}");
        }
    }
}

/// Nothing is differentiated on the device where no need goes backward.
#[test]
fn nothing_is_differentiated_without_need() {
    let model = small(SMALL[0]);
    let is_autodiff = |need| {
        let needs: Needs = [need].into_iter().collect();
        let network = Network::new(&model, given(&model), &needs, &Device::flex()).unwrap();
        network.assembled.parameters.device.is_autodiff()
    };
    let forward = [Need::Loss, Need::Hidden(1), Need::Signs, Need::Terms(Kind::Attention)];
    assert!(forward.into_iter().all(|need| !is_autodiff(need)));
    assert!(is_autodiff(Need::Jacobian(0.0)) && is_autodiff(Need::Parameters(GradientOf::Loss, &SQUARES)));
}

#[test]
fn nan_is_found() {
    for json in SMALL {
        let mut model = small(json);
        let mut weights = given(&model).clone();
        let name =
            weights.iter().find(|(name, _)| name.contains(".0.") && name.contains("weight")).unwrap().0.to_owned();
        weights.get_mut(&name).unwrap().values.fill(f32::NAN);
        model.weights = WeightSource::Given(Arc::new(weights));
        let needs: Needs = [Need::Signs].into_iter().collect();
        let [batch, ..] = batches();
        let found = by_module(&model, &batch, &needs, 5).nans;
        assert!(found.first_sequence.is_some() && found.any_sequence.is_some(), "{name}");
        assert_eq!(found, by_kernel(&model, &batch, &needs).nans);
    }
}
