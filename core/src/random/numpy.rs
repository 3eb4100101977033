//! numpy's legacy generator, `numpy.random.seed(s)` and the functions of `numpy.random`.

use super::Mt19937;

/// numpy's `RandomState`.
pub struct Numpy {
    engine: Mt19937,
    /// The polar method draws two normal numbers at a time; this is the one not returned yet.
    spare: Option<f64>,
}

impl Numpy {
    /// `numpy.random.seed(seed)`.
    pub fn from_seed(seed: u32) -> Self {
        Self { engine: Mt19937::from_word(seed), spare: None }
    }

    /// A generator whose words come from this engine.
    pub fn from_engine(engine: Mt19937) -> Self {
        Self { engine, spare: None }
    }

    /// `random_sample()`: uniform in [0, 1) with 53 bits, from two words.
    pub fn double(&mut self) -> f64 {
        self.engine.double()
    }

    /// `normal()`: the standard normal by Marsaglia's polar method; the second of each pair is returned first.
    pub fn normal(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        loop {
            let (x, y) = (2.0 * self.double() - 1.0, 2.0 * self.double() - 1.0);
            let square = x * x + y * y;
            if square > 0.0 && square < 1.0 {
                let scale = (-2.0 * square.ln() / square).sqrt();
                self.spare = Some(scale * x);
                return scale * y;
            }
        }
    }

    /// `choice(len(weights), p=weights / sum)`: the position of one double among the cumulative probabilities.
    pub fn weighted(&mut self, weights: &[f64]) -> usize {
        let sum: f64 = weights.iter().sum();
        let cumulative: Vec<f64> = weights
            .iter()
            .scan(0.0, |total, weight| {
                *total += weight / sum;
                Some(*total)
            })
            .collect();
        let last = cumulative.last().copied().unwrap_or(1.0);
        let drawn = self.double();
        cumulative.iter().take_while(|&&edge| edge / last <= drawn).count()
    }

    /// `choice(items, count, replace=False)`: a complete shuffle of the positions, then the first `count`.
    pub fn without_replacement<T: Clone>(&mut self, items: &[T], count: usize) -> Vec<T> {
        let mut positions: Vec<usize> = (0..items.len()).collect();
        for last in (1..positions.len()).rev() {
            let other = self.at_most(last as u32) as usize;
            positions.swap(last, other);
        }
        positions.iter().take(count).map(|&position| items[position].clone()).collect()
    }

    /// A uniform integer in 0..=`most` by masked rejection.
    fn at_most(&mut self, most: u32) -> u32 {
        let mask = u32::MAX.checked_shr(most.leading_zeros()).unwrap_or(0);
        loop {
            let drawn = self.engine.word() & mask;
            if drawn <= most {
                return drawn;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Numpy;

    /// `numpy.random.seed(0); numpy.random.random_sample(2)`, then the first words of `seed(0); normal(size=5)`.
    #[test]
    fn draws_as_numpy_does() {
        let mut numpy = Numpy::from_seed(0);
        assert_eq!([numpy.double(), numpy.double()], [0.548_813_503_927_324_7, 0.715_189_366_372_419_5]);
        let mut numpy = Numpy::from_seed(0);
        let normal: Vec<f64> = (0..5).map(|_| numpy.normal()).collect();
        let expected = [
            1.764_052_345_967_664,
            0.400_157_208_367_223_3,
            0.978_737_984_105_739_2,
            2.240_893_199_201_458,
            1.867_557_990_149_967_5,
        ];
        assert_eq!(normal, expected);
    }

    /// `seed(5); choice(list("abcdefg"), 3, replace=False); choice(4, p=[3/6, 1/6, 1/6, 1/6]); permutation(10)`, and
    /// `seed(3)` with twelve weighted draws: printed by numpy 2.4.6.
    #[test]
    fn chooses_as_numpy_does() {
        let mut numpy = Numpy::from_seed(5);
        assert_eq!(numpy.without_replacement(&['a', 'b', 'c', 'd', 'e', 'f', 'g'], 3), ['g', 'c', 'e']);
        assert_eq!(numpy.weighted(&[3.0, 1.0, 1.0, 1.0]), 1);
        let ten: Vec<usize> = (0..10).collect();
        assert_eq!(numpy.without_replacement(&ten, 10), [2, 5, 6, 3, 8, 1, 4, 7, 9, 0]);
        let mut numpy = Numpy::from_seed(3);
        let drawn: Vec<usize> = (0..12).map(|_| numpy.weighted(&[3.0, 1.0, 1.0, 1.0])).collect();
        assert_eq!(drawn, [1, 2, 0, 1, 3, 3, 0, 0, 0, 0, 0, 0]);
    }
}
