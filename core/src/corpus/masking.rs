//! Masked-language modelling: which tokens of a sequence a network predicts, drawn anew at every step, as ELECTRA's
//! generator is trained (Clark et al. 2020).

use super::example::{Example, SpecialTokens};
use crate::random::python::Python;
use crate::random::{At, Purpose};

/// How the places of a sequence are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placement {
    /// As published: a place that is drawn twice counts twice in the loss.
    WithReplacement,
    /// Every place at most once.
    WithoutReplacement,
}

/// How sequences are masked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Masking {
    /// Share of the tokens to predict, of all that are no padding.
    pub share: f64,
    /// Probability that a drawn place becomes `[MASK]`; the others keep their token.
    pub replaced: f64,
    /// How places are drawn.
    pub placement: Placement,
}

/// A masked sequence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Masked {
    /// `[T]`: what the network reads.
    pub ids: Vec<u32>,
    /// The drawn places, in the order of their draws; with [`Placement::WithReplacement`] some may be equal.
    pub places: Vec<usize>,
    /// The token at each place, which the network is to predict.
    pub targets: Vec<u32>,
}

impl Default for Masking {
    /// As published.
    fn default() -> Self {
        Self { share: 0.15, replaced: 0.85, placement: Placement::WithReplacement }
    }
}

impl Masking {
    /// N: the largest number of places in a sequence of T tokens, 19 of 128 as published.
    pub fn most(&self, sequence: usize) -> usize {
        ((self.share + 0.005) * sequence as f64) as usize
    }

    /// The number of places to draw in a sequence of T tokens of which `length` are no padding: their share, rounded
    /// to the nearest, halves to even; at least one.
    pub fn count(&self, length: usize, sequence: usize) -> usize {
        let share = (self.share * length as f64).round_ties_even() as usize;
        share.min(self.most(sequence)).max(1)
    }

    /// Masks a sequence. Special tokens are never drawn: a sequence of nothing else has no places.
    pub fn mask(&self, example: &Example, special: SpecialTokens, at: At) -> Masked {
        let mut python = Purpose::Masking.stream(at);
        let real = &example.ids[..example.length];
        let candidates: Vec<usize> = (0..real.len()).filter(|&place| !special.contains(real[place])).collect();
        let places = self.places(candidates, self.count(example.length, example.ids.len()), &mut python);
        let targets = places.iter().map(|&place| example.ids[place]).collect();
        let mut ids = example.ids.clone();
        for &place in &places {
            // A place that is drawn twice is masked where either draw says so.
            if python.random() < self.replaced {
                ids[place] = special.mask;
            }
        }
        Masked { ids, places, targets }
    }

    fn places(&self, mut candidates: Vec<usize>, count: usize, python: &mut Python) -> Vec<usize> {
        match self.placement {
            Placement::WithReplacement => (0..count).filter_map(|_| python.choice(&candidates).copied()).collect(),
            Placement::WithoutReplacement => {
                let count = count.min(candidates.len());
                for next in 0..count {
                    let drawn = python.randint(next, candidates.len() - 1);
                    candidates.swap(next, drawn);
                }
                candidates.truncate(count);
                candidates
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{Example, Masking, Placement, SpecialTokens};
    use crate::random::At;

    const SPECIAL: SpecialTokens = SpecialTokens { cls: 1, sep: 2, mask: 3, pad: 0 };
    const AT: At = At { seed: 7, step: 20, sequence: 5 };

    /// At most 0.155 x 128 = 19.84 and 0.155 x 64 = 9.92. Of 10 tokens 1.5 are two, of 17 2.55 three, of 30 4.5 four,
    /// of 128 19.2 nineteen; of 3 0.45 are one nevertheless.
    #[test]
    fn the_number_of_places_is_a_share_of_the_length() {
        let masking = Masking::default();
        assert_eq!((masking.most(128), masking.most(64), masking.most(2)), (19, 9, 0));
        assert_eq!([3, 10, 17, 30, 128].map(|length| masking.count(length, 128)), [1, 2, 3, 4, 19]);
        assert_eq!((masking.count(64, 64), masking.count(2, 2)), (9, 1));
    }

    /// As Python draws after `random.seed(7 + (20 << 32) + (5 << 64) + (1 << 96))`: six of `choice([1..=19, 21..=38])`,
    /// then six of `random() < 0.85`.
    #[test]
    fn places_are_drawn_as_python_draws() {
        let first: Vec<u32> = (100..119).collect();
        let second: Vec<u32> = (200..218).collect();
        let example = Example::from_texts(&first, Some(&second), 48, SPECIAL);
        let masked = Masking::default().mask(&example, SPECIAL, AT);
        assert_eq!(masked.places, [28, 31, 18, 21, 37, 35]);
        assert_eq!(masked.targets, [207, 210, 117, 200, 216, 214]);
        let changed: Vec<usize> = (0..48).filter(|&place| masked.ids[place] != example.ids[place]).collect();
        assert_eq!(changed, [18, 21, 31, 35, 37]);
        assert!(changed.iter().all(|&place| masked.ids[place] == SPECIAL.mask));
        assert_eq!(masked, Masking::default().mask(&example, SPECIAL, AT));
        assert_ne!(masked, Masking::default().mask(&example, SPECIAL, At { step: 21, ..AT }));
    }

    /// Each draw is uniform over the tokens between the special ones, and masks 85 of 100.
    #[test]
    fn draws_are_uniform() {
        let example = Example::from_texts(&(100..138).collect::<Vec<u32>>(), None, 48, SPECIAL);
        for placement in [Placement::WithReplacement, Placement::WithoutReplacement] {
            let masking = Masking { placement, ..Masking::default() };
            let (mut drawn, mut masks, mut repeated) = ([0; 48], 0, 0);
            for step in 0..5_000 {
                let masked = masking.mask(&example, SPECIAL, At { step, ..AT });
                assert_eq!(masked.places.len(), 6);
                masked.places.iter().for_each(|&place| drawn[place] += 1);
                let different = masked.places.iter().collect::<HashSet<_>>().len();
                repeated += 6 - different;
                masks += masked.ids.iter().filter(|&&id| id == SPECIAL.mask).count();
            }
            // 30,000 draws of 38 places: 789 each, with a standard deviation of 28.
            assert!(drawn[1..39].iter().all(|count| (660..920).contains(count)), "{drawn:?}");
            assert_eq!(drawn.iter().sum::<i32>(), drawn[1..39].iter().sum::<i32>());
            // 15 pairs of draws, each equal once in 38: 1,974 of 5,000, less the triples.
            let expected = if placement == Placement::WithReplacement { 1_700..2_100 } else { 0..1 };
            assert!(expected.contains(&repeated), "{repeated}");
            let share = masks as f64 / (30_000 - repeated) as f64;
            assert!((0.84..0.87).contains(&share), "{share}");
        }
    }

    #[test]
    fn special_tokens_are_never_drawn() {
        let empty = Example::from_texts(&[], None, 16, SPECIAL);
        for placement in [Placement::WithReplacement, Placement::WithoutReplacement] {
            let masking = Masking { placement, ..Masking::default() };
            let masked = masking.mask(&empty, SPECIAL, AT);
            assert_eq!((masked.ids, masked.places), (empty.ids.clone(), vec![]));
        }
        let only = Example::from_texts(&[3, 9, 3], None, 16, SPECIAL);
        assert_eq!(Masking::default().mask(&only, SPECIAL, AT).places, [2]);
    }
}
