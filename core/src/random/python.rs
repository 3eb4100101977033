//! Python's `random` module: `random.seed(integer)` and the functions that the published programs call.

use super::Mt19937;

/// Python's `random.Random`.
#[derive(Clone)]
pub struct Python {
    engine: Mt19937,
}

impl Python {
    /// `random.seed(seed)`: the array initialisation with the 32-bit words of the integer, lowest first.
    pub fn from_seed(seed: u64) -> Self {
        let (low, high) = (seed as u32, (seed >> 32) as u32);
        let words = [low, high];
        Self::from_words(if high == 0 { &words[..1] } else { &words })
    }

    /// `random.seed` of a longer integer, from its 32-bit words, lowest first. Python leaves out zeros at the end.
    pub fn from_words(words: &[u32]) -> Self {
        Self { engine: Mt19937::from_words(words) }
    }

    /// `random.getrandbits(32)`: one word.
    pub fn word(&mut self) -> u32 {
        self.engine.word()
    }

    /// `random.random()`: uniform in [0, 1) with 53 bits, from two words.
    pub fn random(&mut self) -> f64 {
        self.engine.double()
    }

    /// `random.randrange(count)`: rejection on as many top bits of a word as `count` has; 0 where `count` is 0.
    pub fn randrange(&mut self, count: usize) -> usize {
        let bits = usize::BITS - count.leading_zeros();
        loop {
            let drawn = self.word().checked_shr(32u32.saturating_sub(bits)).unwrap_or(0) as usize;
            if drawn < count || count == 0 {
                return drawn;
            }
        }
    }

    /// `random.randint(least, most)`: uniform, both ends included; `least` where `most` is smaller.
    pub fn randint(&mut self, least: usize, most: usize) -> usize {
        least + self.randrange((most + 1).saturating_sub(least))
    }

    /// `random.choice(items)`; `None` without items.
    pub fn choice<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.get(self.randrange(items.len()))
    }

    /// `random.shuffle(items)`.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.randrange(last + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Python;

    /// `random.seed(s); [random.choice(...) for _ in range(10)]` for s = 0 over 1..=5 and s = 2**40 + 3 over 0..9:
    /// printed by Python 3.11.
    #[test]
    fn chooses_as_python_does() {
        let draw = |seed, items: &[u32]| -> Vec<u32> {
            let mut python = Python::from_seed(seed);
            (0..10).filter_map(|_| python.choice(items).copied()).collect()
        };
        assert_eq!(draw(0, &[1, 2, 3, 4, 5]), [4, 4, 1, 3, 5, 4, 4, 3, 4, 3]);
        assert_eq!(draw((1 << 40) + 3, &[0, 1, 2, 3, 4, 5, 6, 7, 8]), [3, 0, 8, 1, 4, 6, 3, 7, 8, 8]);
        assert_eq!(Python::from_seed(0).choice::<u32>(&[]), None);
    }

    /// `random.seed(0)`, then three of `random()`, eight of `randint(5, 128)` and one of `getrandbits(32)`; and
    /// `random.seed(7); random.shuffle(list(range(10)))`: printed by Python 3.11.
    #[test]
    fn draws_as_python_does() {
        let mut python = Python::from_seed(0);
        let doubles = [0.844_421_851_525_048_1, 0.757_954_402_940_302_5, 0.420_571_580_830_845];
        assert_eq!([python.random(), python.random(), python.random()], doubles);
        let whole: Vec<usize> = (0..8).map(|_| python.randint(5, 128)).collect();
        assert_eq!(whole, [38, 128, 70, 67, 56, 122, 105, 111]);
        assert_eq!((python.randint(9, 9), python.word(), python.randint(9, 3)), (9, 4_156_669_319, 9));
        let mut items: Vec<u32> = (0..10).collect();
        Python::from_seed(7).shuffle(&mut items);
        assert_eq!(items, [8, 3, 1, 4, 7, 0, 9, 6, 2, 5]);
    }

    /// `random.seed(3 + (5 << 32) + (9 << 64)); random.random()`: printed by Python 3.11.
    #[test]
    fn seeds_with_long_integers_as_python_does() {
        assert_eq!(Python::from_words(&[3, 5, 9]).random(), 0.349_595_548_217_676_7);
    }
}
