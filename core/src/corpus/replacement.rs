//! ELECTRA's replaced tokens (Clark et al. 2020): words sampled from a generator's logits, put in masked places, and
//! what a discriminator is to say of them.

use crate::random::python::Python;
use crate::random::{At, Purpose};

/// Keeps both logarithms finite, as published.
const EPSILON: f64 = 1e-9;

/// A sequence with replaced tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced {
    /// `[T]`: what the discriminator reads.
    pub ids: Vec<u32>,
    /// `[T]`: whether a token differs from the original one.
    pub labels: Vec<bool>,
}

/// Standard Gumbel noise from `u`, uniform in [0, 1): -ln(-ln(u + 1e-9) + 1e-9).
pub fn gumbel(u: f64) -> f64 {
    -(-(u + EPSILON).ln() + EPSILON).ln()
}

/// Samples a word at each place from the softmax of its logits [N, V]: the largest sum of logit and Gumbel noise, the
/// first of equal ones. NaN is never the largest; a row of nothing else gives word 0.
pub fn sample(logits: &[f32], vocabulary: usize, at: At) -> Vec<u32> {
    let mut python = Purpose::Replacement.stream(at);
    let bounds = bounds();
    logits.chunks_exact(vocabulary.max(1)).map(|row| sample_row(row, &mut python, &bounds)).collect()
}

fn sample_row(logits: &[f32], python: &mut Python, bounds: &[f64; 24]) -> u32 {
    let (mut word, mut largest) = (0, f64::NEG_INFINITY);
    for (at, &logit) in (0..).zip(logits) {
        let logit = f64::from(logit);
        // 32 bits: the largest u is so far below 1 that the noise is finite.
        let u = f64::from(python.word()) / 4_294_967_296.0;
        // -ln(u + e) + e is never below 1 - u, so that the noise is at most -ln(1 - u): most words need no logarithm.
        let ahead = (largest - logit) as usize;
        if 1.0 - u > bounds[ahead.min(bounds.len() - 1)] {
            continue;
        }
        let sum = logit + gumbel(u);
        if sum > largest {
            (word, largest) = (at, sum);
        }
    }
    word
}

/// The largest 1 - u whose noise can exceed k, for each whole k: exp(-k), with room for rounding. Beyond the last k
/// there is no such u of 32 bits.
fn bounds() -> [f64; 24] {
    std::array::from_fn(|k| (-(k as f64)).exp() * (1.0 + 1e-6))
}

/// Puts samples `[N]` in their places of the original sequence `[T]`. A place that was drawn more than once gets the
/// mean of its samples' ids, rounded down, as published: an unrelated word, unless they are equal.
pub fn replace(original: &[u32], places: &[usize], samples: &[u32]) -> Replaced {
    let mut drawn = vec![(0, 0); original.len()];
    for (&place, &sample) in places.iter().zip(samples) {
        let (sum, count) = drawn[place];
        drawn[place] = (sum + u64::from(sample), count + 1);
    }
    let id = |(&original, &(sum, count)): (&u32, &(u64, u64))| match count {
        0 => original,
        _ => (sum / count) as u32,
    };
    let ids: Vec<u32> = original.iter().zip(&drawn).map(id).collect();
    let labels = ids.iter().zip(original).map(|(id, original)| id != original).collect();
    Replaced { ids, labels }
}

#[cfg(test)]
mod tests {
    use super::{Replaced, gumbel, replace, sample};
    use crate::random::{At, Purpose};

    const AT: At = At { seed: 1, step: 2, sequence: 3 };

    /// -ln(-ln(0.5)) = 0.3665; at 0, -ln(-ln(1e-9)) = -ln(20.72) = -3.031; at the largest u of 32 bits, -ln(2^-32) =
    /// 22.18 but for the rounding of 1 + 1e-9.
    #[test]
    fn noise_is_finite() {
        let last = f64::from(u32::MAX) / 4_294_967_296.0;
        for (u, noise) in [(0.5, 0.366_513), (0.0, -3.031_256), (last, 22.180_7)] {
            assert!((gumbel(u) - noise).abs() < 1e-4, "{u}: {}", gumbel(u));
        }
    }

    /// The words that need no logarithm are passed over without changing any sample.
    #[test]
    fn samples_are_the_largest_sums() {
        let vocabulary = 500;
        for scale in [0.0, 1.0, 8.0, 1e6] {
            let mut uniform = Purpose::Masking.stream(AT);
            let logits: Vec<f32> = (0..40 * vocabulary).map(|_| ((uniform.random() - 0.5) * scale) as f32).collect();
            let mut python = Purpose::Replacement.stream(AT);
            let expected: Vec<u32> = logits
                .chunks(vocabulary)
                .map(|row| {
                    let sum = |logit: &f32| f64::from(*logit) + gumbel(f64::from(python.word()) / 2f64.powi(32));
                    let sums: Vec<f64> = row.iter().map(sum).collect();
                    (0..).zip(&sums).fold((0, f64::MIN), |top, (at, &sum)| if sum > top.1 { (at, sum) } else { top }).0
                })
                .collect();
            assert_eq!(sample(&logits, vocabulary, AT), expected, "{scale}");
        }
    }

    /// Logits ln 1, ln 2, ln 5: one in eight, two in eight, five in eight, of 20,000 samples.
    #[test]
    fn samples_follow_the_softmax() {
        let logits: Vec<f32> = [1f32, 2.0, 5.0].map(f32::ln).repeat(20_000);
        let mut counts = [0; 3];
        sample(&logits, 3, AT).into_iter().for_each(|word| counts[word as usize] += 1);
        for (count, expected) in counts.into_iter().zip([2_500i32, 5_000, 12_500]) {
            assert!((count - expected).abs() < 250, "{counts:?}");
        }
    }

    #[test]
    fn what_is_no_number_is_never_sampled() {
        assert_eq!(sample(&[f32::NAN, f32::NEG_INFINITY, 1.0], 3, AT), [2]);
        assert_eq!(sample(&[f32::NAN; 3], 3, AT), [0]);
        assert_eq!(sample(&[], 3, AT), [0; 0]);
    }

    /// Place 2 is drawn once, with its own word; place 3 once with another; place 4 twice, with 10 and 13, and gets 11;
    /// place 5 twice with its own word.
    #[test]
    fn a_place_that_is_drawn_twice_gets_the_mean() {
        let original = [1, 7, 8, 9, 10, 12, 2];
        let found = replace(&original, &[4, 2, 3, 4, 5, 5], &[10, 8, 20, 13, 12, 12]);
        let labels = vec![false, false, false, true, true, false, false];
        assert_eq!(found, Replaced { ids: vec![1, 7, 8, 20, 11, 12, 2], labels });
        assert_eq!(replace(&original, &[], &[]).ids, original);
    }
}
