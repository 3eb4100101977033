//! Rotary positions (Su et al., *RoFormer*, 2021): entries i and i + n/2 of a head are a pair, which is rotated by the
//! angle t / θ^(2i/n) at position t; entries from n on stay as they are.

/// The angles of all positions.
pub struct Rotary {
    /// Cosine and sine of every pair: [T, n / 2].
    angles: Vec<[f32; 2]>,
    /// n / 2.
    pairs: usize,
}

impl Rotary {
    /// For `rotated` entries of a head, an even number above 0, and at most so many positions.
    pub fn new(rotated: usize, theta: f64, positions: usize) -> Self {
        Self { angles: angles(rotated, theta, positions), pairs: rotated / 2 }
    }

    /// Rotates the heads in the first `columns` of values [T, width], `features` wide each, in their direction, or back
    /// with −1: a rotation's gradient is the rotation back.
    pub fn apply(&self, values: &mut [f32], [width, columns, features]: [usize; 3], direction: f32) {
        for (token, angles) in values.chunks_mut(width).zip(self.angles.chunks(self.pairs)) {
            for head in token[..columns].chunks_mut(features) {
                let (first, second) = head[..2 * self.pairs].split_at_mut(self.pairs);
                for ((a, b), [cosine, sine]) in first.iter_mut().zip(second).zip(angles) {
                    let sine = direction * sine;
                    (*a, *b) = (*a * cosine - *b * sine, *b * cosine + *a * sine);
                }
            }
        }
    }
}

/// Cosine and sine of every pair of `rotated` entries at so many positions: [T, n / 2].
pub fn angles(rotated: usize, theta: f64, positions: usize) -> Vec<[f32; 2]> {
    let angle = |position: usize, pair: usize| position as f64 / theta.powf((2 * pair) as f64 / rotated as f64);
    let row = |position: usize| {
        (0..rotated / 2).map(move |pair| {
            let (sine, cosine) = angle(position, pair).sin_cos();
            [cosine as f32, sine as f32]
        })
    };
    (0..positions).flat_map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::Rotary;

    /// Position 1, two heads of 3 entries with one pair: (1, 0) becomes (cos 1, sin 1); back gives what was there.
    #[test]
    fn pairs_are_rotated_and_back() {
        let rotary = Rotary::new(2, 10_000.0, 2);
        let given = [[9.0, 9.0, 9.0, 9.0, 9.0, 9.0, 5.0], [1.0, 0.0, 7.0, 0.0, 1.0, 8.0, 5.0]].concat();
        let mut values = given.clone();
        rotary.apply(&mut values, [7, 6, 3], 1.0);
        let (cosine, sine) = (1f32.cos(), 1f32.sin());
        assert_eq!(values[..7], given[..7]);
        assert_eq!(values[7..], [cosine, sine, 7.0, -sine, cosine, 8.0, 5.0]);
        rotary.apply(&mut values, [7, 6, 3], -1.0);
        assert!(values.iter().zip(&given).all(|(a, b)| (a - b).abs() < 1e-6));
    }
}
