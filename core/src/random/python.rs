//! Python's `random` module: `random.seed(integer)` and `random.choice`.

use super::Mt19937;

/// Python's `random.Random`.
pub struct Python {
    engine: Mt19937,
}

impl Python {
    /// `random.seed(seed)`: the array initialisation with the 32-bit words of the integer, lowest first.
    pub fn from_seed(seed: u64) -> Self {
        let (low, high) = (seed as u32, (seed >> 32) as u32);
        let key: &[u32] = if high == 0 { &[low] } else { &[low, high] };
        Self { engine: Mt19937::from_words(key) }
    }

    /// `random.choice(items)`: rejection on as many top bits of a word as the length has; `None` without items.
    pub fn choice<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        let bits = usize::BITS - items.len().leading_zeros();
        loop {
            let drawn = self.engine.word().checked_shr(32u32.saturating_sub(bits)).unwrap_or(0) as usize;
            if drawn < items.len() || items.is_empty() {
                return items.get(drawn);
            }
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
}
