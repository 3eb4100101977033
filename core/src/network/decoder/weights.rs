//! The weights of a decoder, drawn from a seed.

use super::listed::{Initial, weights};
use crate::network::transformer::{Listed, Weights};
use crate::random::numpy::Numpy;
use crate::space::decoder::Decoder;

/// The published initial distributions, from a seed. The published seeds are not known, so the published weights cannot
/// be drawn again.
pub fn from_seed(decoder: &Decoder, seed: u32) -> Weights {
    drawn(decoder, seed, |deviation| deviation)
}

/// The same with a standard deviation of 1 for all that is drawn around 0.
pub fn normal(decoder: &Decoder, seed: u32) -> Weights {
    drawn(decoder, seed, |_| 1.0)
}

fn drawn(decoder: &Decoder, seed: u32, deviation: impl Fn(f64) -> f64) -> Weights {
    let mut initials = Vec::new();
    weights(decoder, &mut |weight| initials.push(weight.initial));
    let mut numpy = Numpy::from_seed(seed);
    let mut initials = initials.into_iter();
    let drawn = Weights::from_fn(names_and_shapes(decoder), |_, shape| {
        let count = shape.iter().product();
        match initials.next().unwrap_or(Initial::Constant(0.0)) {
            Initial::Constant(value) => vec![value; count],
            Initial::Normal { mean, deviation: published } => {
                let deviation = if mean == 0.0 { deviation(published) } else { published };
                (0..count).map(|_| (mean + deviation * numpy.normal()) as f32).collect()
            }
        }
    });
    of(decoder, drawn)
}

/// Names and shapes, in the order of the network.
pub(super) fn names_and_shapes(decoder: &Decoder) -> Listed {
    let mut listed = Vec::new();
    weights(decoder, &mut |weight| listed.push((weight.name.to_owned(), weight.shape.to_vec())));
    listed
}

/// With what the norms of the decoder add.
pub(super) fn of(decoder: &Decoder, mut weights: Weights) -> Weights {
    weights.epsilon = decoder.epsilon as f32;
    weights
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Maps that end a residual branch of GPT-2 are drawn with 0.02 / √(2 L); 4,096 entries within 4 standard errors.
    #[test]
    fn initial_weights_have_their_published_deviations() {
        let json = r#"{"model_type": "gpt2", "vocab_size": 64, "n_embd": 64, "n_layer": 8, "n_head": 4}"#;
        let decoder = Decoder::from_json(json).unwrap();
        let drawn = from_seed(&decoder, 0);
        let deviation = |name: &str| {
            let values = &drawn.get(name).unwrap().values;
            (values.iter().map(|&value| f64::from(value).powi(2)).sum::<f64>() / values.len() as f64).sqrt()
        };
        let near = |name: &str, expected: f64| (deviation(name) / expected - 1.0).abs() < 4.0 / (2.0 * 4_096f64).sqrt();
        assert!(near("transformer.wte.weight", 0.02));
        assert!(near("transformer.h.7.attn.c_proj.weight", 0.005));
        assert!(near("transformer.h.0.mlp.c_proj.weight", 0.005));
        assert_eq!([deviation("transformer.ln_f.weight"), deviation("transformer.h.0.attn.c_attn.bias")], [1.0, 0.0]);
        assert_eq!(drawn, from_seed(&decoder, 0));
        assert_ne!(drawn, from_seed(&decoder, 1));
    }
}
