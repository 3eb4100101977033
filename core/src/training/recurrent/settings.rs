//! How a recurrent network is trained.

use serde::{Deserialize, Serialize};

use super::{Dropout, Span};
use crate::network::recurrent::training::Objective;
use crate::random::Mt19937;
use crate::random::numpy::Numpy;
use crate::training::{Adam, Clip, Decay};

/// Standard deviation of the length of a window.
const DEVIATION: f64 = 5.0;

/// Probability that a window is of full length, not of half of it.
const FULL: f64 = 0.95;

/// Shortest window.
const SHORTEST: usize = 5;

/// How a recurrent network is trained.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The optimiser.
    pub adam: Adam,
    /// Its clipping.
    pub clip: Clip,
    /// Learning rate of a window of `steps` words; of others in proportion to their length.
    pub rate: f64,
    /// B: streams of text read side by side.
    pub batch: usize,
    /// T: words of a window, in the mean of those of full length; exactly, in evaluations.
    pub steps: usize,
    /// What is minimised.
    pub objective: Objective,
    /// What is dropped.
    pub dropout: Dropout,
    /// Of the lengths of windows and of dropout.
    pub seed: u32,
}

impl Settings {
    /// Those of NAS-Bench-NLP, as its training logs state them; the recurrent matrices stay as they were drawn.
    pub const PUBLISHED: Self = Self {
        adam: Adam {
            beta_1: 0.9,
            beta_2: 0.999,
            epsilon: 1e-8,
            decay: 1.2e-6,
            decay_in: Decay::Gradient,
            correction: true,
            trust: None,
        },
        clip: Clip { norm: 0.25, epsilon: 1e-6 },
        rate: 1e-3,
        batch: 20,
        steps: 70,
        objective: Objective { activation: 2.0, change: 1.0, frozen: true },
        dropout: Dropout { words: 0.0, input: 0.4, layers: 0.25, output: 0.1, matrices: 0.1 },
        seed: 0,
    };

    /// The same with all matrices trained.
    pub fn in_full(self) -> Self {
        Self { objective: Objective { frozen: false, ..self.objective }, ..self }
    }

    /// Streams that are evaluated side by side, as published.
    pub const EVALUATION_BATCH: usize = 50;

    /// The windows of an epoch over streams of so many words: lengths drawn as published, max(5, ⌊N(70 or 35, 5)⌋), the
    /// last one as long as is left. The published code stops where a single word is left.
    pub(super) fn spans(&self, rows: usize, epoch: usize) -> Vec<Span> {
        let mut numpy = Numpy::from_engine(Mt19937::from_words(&[self.seed, epoch as u32]));
        let (mut spans, mut start) = (Vec::new(), 0);
        while start + 2 < rows {
            let mean = if numpy.double() < FULL { self.steps as f64 } else { self.steps as f64 / 2.0 };
            let drawn = ((mean + DEVIATION * numpy.normal()) as usize).max(SHORTEST);
            let length = drawn.min(rows - 1 - start);
            spans.push(Span { start, length, drawn });
            start += drawn;
        }
        spans
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_follow_each_other_to_the_end() {
        let spans = Settings::PUBLISHED.spans(10_000, 3);
        assert_eq!(spans, Settings::PUBLISHED.spans(10_000, 3));
        assert_ne!(spans, Settings::PUBLISHED.spans(10_000, 4));
        assert!(spans.windows(2).all(|pair| pair[0].start + pair[0].length == pair[1].start));
        let last = spans.last().unwrap();
        assert!(last.start + last.length >= 9_998 && last.start + last.length <= 9_999);
        let half = spans.iter().filter(|span| span.drawn < 52).count();
        assert!((1..30).contains(&half), "{half} of {} windows are of half length", spans.len());
    }
}
