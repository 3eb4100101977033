//! Streams of random numbers for training, each from its own key, so that a run that continues after an interruption
//! draws what it would have drawn without one.

use super::python::Python;

/// What a stream is drawn for. Each purpose has a number of its own, so that no two streams are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Which tokens of a sequence are masked.
    Masking = 1,
    /// The order in which examples are stored.
    Storage = 3,
    /// The order in which stored examples are read.
    Order = 4,
}

/// A place in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct At {
    /// Seed of the run.
    pub seed: u32,
    /// Step, counted from 0.
    pub step: u32,
    /// Sequence of the step's batch, counted from 0.
    pub sequence: u32,
}

impl Purpose {
    /// The stream at a place: `random.seed(seed + (step << 32) + (sequence << 64) + (purpose << 96))` in Python.
    pub fn stream(self, at: At) -> Python {
        Python::from_words(&[at.seed, at.step, at.sequence, self as u32])
    }
}

#[cfg(test)]
mod tests {
    use super::{At, Purpose};

    #[test]
    fn every_part_of_the_key_counts() {
        let at = At { seed: 1, step: 2, sequence: 3 };
        let mut words: Vec<u32> = [
            (Purpose::Masking, at),
            (Purpose::Order, at),
            (Purpose::Masking, At { seed: 2, ..at }),
            (Purpose::Masking, At { step: 3, ..at }),
            (Purpose::Masking, At { sequence: 2, ..at }),
        ]
        .map(|(purpose, at)| purpose.stream(at).word())
        .to_vec();
        assert_eq!(
            words[0], 1_658_730_749,
            "random.seed(1 + (2 << 32) + (3 << 64) + (1 << 96)); random.getrandbits(32)"
        );
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), 5);
    }
}
