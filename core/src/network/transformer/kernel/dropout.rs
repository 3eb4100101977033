//! Dropout: entries are set to zero at random, the others divided by the probability to be kept.

use std::borrow::Cow;

use crate::random::Placed;
use crate::simd::simd;

/// The place of the dropout of the embeddings, which is the index of no linear map.
pub const EMBEDDINGS: usize = usize::MAX;

/// Dropout at one place: it sets the same entries to zero each time, so that a backward pass applies it again to the
/// gradient instead of keeping a mask.
#[derive(Debug, Clone, Copy)]
pub struct Dropout {
    source: Placed,
    /// Words below it drop their entry: rate · 2³².
    threshold: u32,
    /// 1 / (1 − rate).
    scale: f32,
}

impl Dropout {
    /// None at all.
    pub fn none() -> Self {
        Self::new(0.0, Placed::from_seed(0))
    }

    /// Sets this share of the entries to zero, at least 0 and below 1.
    pub fn new(rate: f64, source: Placed) -> Self {
        let threshold = (rate * 4_294_967_296.0) as u32;
        Self { source, threshold, scale: (1.0 / (1.0 - rate)) as f32 }
    }

    /// That of one place in the network.
    #[must_use]
    pub fn at(self, place: usize) -> Self {
        Self { source: self.source.at(place as u64), ..self }
    }

    /// Whether anything is dropped.
    pub fn is_active(self) -> bool {
        self.threshold > 0
    }

    /// Drops entries of `values`, or of their gradient.
    pub fn apply(self, values: &mut [f32]) {
        if !self.is_active() {
            return;
        }
        let Self { source, threshold, scale } = self;
        simd(
            #[inline(always)]
            || {
                for (index, value) in values.iter_mut().enumerate() {
                    *value *= if source.word(index as u32) < threshold { 0.0 } else { scale };
                }
            },
        );
    }

    /// A copy with entries dropped; the values themselves where none are.
    pub fn dropped(self, values: &[f32]) -> Cow<'_, [f32]> {
        let mut values = Cow::Borrowed(values);
        if self.is_active() {
            self.apply(values.to_mut());
        }
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 40,000 entries at a rate of 0.1: 4,000 dropped, within 4 standard deviations of 60.
    #[test]
    fn a_tenth_is_dropped_and_the_rest_scaled() {
        let here = Dropout::new(0.1, Placed::from_seed(5)).at(3);
        let ones = vec![1.0; 40_000];
        let dropped = here.dropped(&ones);
        let zeros = dropped.iter().filter(|&&value| value == 0.0).count();
        assert!((3_760..4_240).contains(&zeros), "{zeros}");
        assert!(dropped.iter().all(|&value| value == 0.0 || value == 1.0 / 0.9));
        assert_eq!(dropped, here.dropped(&ones));
        assert_ne!(dropped, here.at(1).dropped(&ones));
        assert_eq!(Dropout::none().dropped(&ones), ones);
    }
}
