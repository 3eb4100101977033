//! Random numbers without a state: each follows from a key and its index, so that what is drawn at one place does not
//! depend on what was drawn before, and a run that continues draws the same.

/// A source of 32-bit words: word i is a hash of i under a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    key: u64,
}

impl Placed {
    /// The source of a seed.
    pub fn from_seed(seed: u64) -> Self {
        Self { key: mix(seed) }
    }

    /// The source of a part of this one: a step, a sequence, a layer.
    #[must_use]
    pub fn at(self, part: u64) -> Self {
        Self { key: mix(self.key ^ mix(part)) }
    }

    /// Word `index`: two rounds of a multiplicative hash that the compiler computes for many indices at a time
    /// (constants: Wellons, *hash-prospector*, lowbias32 of 2022), each with half of the key.
    #[inline(always)]
    pub fn word(self, index: u32) -> u32 {
        let mut word = index ^ self.key as u32;
        word = (word ^ (word >> 16)).wrapping_mul(0x21f0_aaad);
        word = word.wrapping_add((self.key >> 32) as u32);
        word = (word ^ (word >> 15)).wrapping_mul(0x735a_2d97);
        word ^ (word >> 15)
    }

    /// Uniform in [0, 1) with 32 bits.
    pub fn uniform(self, index: u32) -> f64 {
        f64::from(self.word(index)) / 4_294_967_296.0
    }
}

/// The finaliser of SplitMix64 (Steele, Lea and Flood 2014) after its increment.
fn mix(value: u64) -> u64 {
    let mut mixed = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first output of SplitMix64 from seed 1234567, as its authors' code prints it.
    #[test]
    fn keys_are_mixed_as_published() {
        assert_eq!(mix(1_234_567), 6_457_827_717_110_365_317);
    }

    /// Means of 65,536 numbers are within 4 standard errors of 1/2, and numbers at neighbouring indices or of
    /// neighbouring keys are not correlated: within 4 / 256.
    #[test]
    fn numbers_are_uniform_and_independent() {
        const COUNT: u32 = 65_536;
        let all = |source: Placed| (0..COUNT).map(|index| source.uniform(index) - 0.5).collect::<Vec<_>>();
        for part in 0..8 {
            let here = all(Placed::from_seed(3).at(part));
            let there = all(Placed::from_seed(3).at(part + 1));
            let mean = here.iter().sum::<f64>() / f64::from(COUNT);
            let correlation =
                |other: &[f64]| 12.0 * here.iter().zip(other).map(|(a, b)| a * b).sum::<f64>() / f64::from(COUNT);
            assert!(mean.abs() < 4.0 * 0.2887 / 256.0, "{mean}");
            assert!(correlation(&there).abs() < 4.0 / 256.0, "keys: {}", correlation(&there));
            assert!(correlation(&here[1..]).abs() < 4.0 / 256.0, "indices: {}", correlation(&here[1..]));
        }
    }
}
