//! Kendall's tau-b (Kendall, Biometrika 33, 1945):
//!
//! ```text
//! tau_b = (C - D) / sqrt( (P - X)(P - Y) )
//! ```
//!
//! over all P pairs of rows: C are concordant, D discordant, X tied in x, Y tied in y. C - D is counted in O(n log n):
//! rows are taken in the order of x, and a tree of partial sums over y (Fenwick, Software: Practice and Experience 24,
//! 1994) gives the number of earlier rows with a smaller and with a larger y.

use super::order::{dense, order, ties};

/// Two lists, sorted once, so that tau-b of every resample of their rows needs no further sorting.
pub struct Pairs {
    /// Positions of equal x, from the smallest x to the largest.
    ties: Vec<Vec<usize>>,
    /// Dense rank of y, per position.
    y: Vec<usize>,
    /// Number of distinct y.
    distinct: usize,
}

impl Pairs {
    /// Sorts the two lists.
    pub fn new(x: &[f64], y: &[f64]) -> Self {
        let n = x.len().min(y.len());
        let y = dense(&y[..n]);
        let ties = ties(&order(&x[..n]), x).map(<[usize]>::to_vec).collect();
        Self { ties, distinct: y.iter().max().map_or(0, |largest| largest + 1), y }
    }

    /// Tau-b of the list in which the row at each position occurs `times(position)` times.
    pub fn tau_b(&self, times: impl Fn(usize) -> i64) -> Option<f64> {
        let mut seen = Counts::new(self.distinct);
        let (mut all, mut tied_x, mut difference) = (0, 0, 0);
        for tie in &self.ties {
            let (smaller, larger) = (|y| seen.below(y), |y| all - seen.below(y + 1));
            difference += tie.iter().map(|&row| times(row) * (smaller(self.y[row]) - larger(self.y[row]))).sum::<i64>();
            tie.iter().for_each(|&row| seen.add(self.y[row], times(row)));
            let size: i64 = tie.iter().map(|&row| times(row)).sum();
            tied_x += pairs(size);
            all += size;
        }
        let tied_y: i64 = (0..self.distinct).map(|y| pairs(seen.below(y + 1) - seen.below(y))).sum();
        let (x, y) = (pairs(all) - tied_x, pairs(all) - tied_y);
        (x > 0 && y > 0).then(|| (difference as f64 / ((x as f64) * (y as f64)).sqrt()).clamp(-1.0, 1.0))
    }
}

/// Kendall's tau-b of two lists.
pub fn tau_b(x: &[f64], y: &[f64]) -> Option<f64> {
    Pairs::new(x, y).tau_b(|_| 1)
}

/// Pairs among `n` rows.
fn pairs(n: i64) -> i64 {
    n * (n - 1) / 2
}

/// Number of rows of each rank so far: a tree of partial sums, so that adding and summing take O(log n).
struct Counts(Vec<i64>);

impl Counts {
    fn new(ranks: usize) -> Self {
        Self(vec![0; ranks + 1])
    }

    /// Adds `times` rows of `rank`.
    fn add(&mut self, rank: usize, times: i64) {
        let mut node = rank + 1;
        while node < self.0.len() {
            self.0[node] += times;
            node += lowest_bit(node);
        }
    }

    /// Rows of a rank below `rank`.
    fn below(&self, rank: usize) -> i64 {
        let (mut node, mut sum) = (rank, 0);
        while node > 0 {
            sum += self.0[node];
            node -= lowest_bit(node);
        }
        sum
    }
}

fn lowest_bit(node: usize) -> usize {
    node & node.wrapping_neg()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Pairs, tau_b};

    /// Pairs of x = 1, 2, 2, 3 and y = 1, 3, 2, 2: C = (1,2) (1,3) (1,4), D = (2,4), tied in x (2,3), in y (3,4):
    /// (3 - 1) / sqrt((6 - 1)(6 - 1)).
    #[test]
    fn tau_b_of_four_points() {
        assert_eq!(tau_b(&[1.0, 2.0, 2.0, 3.0], &[1.0, 3.0, 2.0, 2.0]), Some(0.4));
    }

    #[test]
    fn what_is_not_defined_is_none() {
        assert_eq!(tau_b(&[], &[]), None);
        assert_eq!(tau_b(&[1.0], &[1.0]), None);
        assert_eq!(tau_b(&[1.0, 1.0], &[1.0, 2.0]), None);
    }

    /// The definition, pair by pair.
    fn definition(rows: &[(f64, f64)]) -> Option<f64> {
        let (mut difference, mut x, mut y) = (0i64, 0i64, 0i64);
        for (i, a) in rows.iter().enumerate() {
            for b in &rows[..i] {
                let sign = |a: f64, b: f64| a.partial_cmp(&b).map_or(0, |order| order as i64);
                let (in_x, in_y) = (sign(a.0, b.0), sign(a.1, b.1));
                difference += in_x * in_y;
                x += in_x.abs();
                y += in_y.abs();
            }
        }
        (x > 0 && y > 0).then(|| difference as f64 / ((x as f64) * (y as f64)).sqrt())
    }

    fn value() -> impl Strategy<Value = f64> {
        prop_oneof![4 => (-5i32..5).prop_map(f64::from), 1 => Just(f64::INFINITY), 1 => Just(f64::NEG_INFINITY)]
    }

    fn split(rows: &[(f64, f64)]) -> (Vec<f64>, Vec<f64>) {
        rows.iter().copied().unzip()
    }

    proptest! {
        #[test]
        fn equals_the_definition(rows in prop::collection::vec((value(), value()), 0..40)) {
            let (x, y) = split(&rows);
            prop_assert_eq!(tau_b(&x, &y), definition(&rows));
        }

        #[test]
        fn monotone_maps_change_nothing(rows in prop::collection::vec((value(), value()), 0..40)) {
            let (x, y) = split(&rows);
            let stretched: Vec<f64> = x.iter().map(|x| x.powi(3) / 7.0 + 1.0).collect();
            prop_assert_eq!(tau_b(&x, &y), tau_b(&stretched, &y));
            prop_assert_eq!(tau_b(&x, &y), tau_b(&y, &x));
        }

        #[test]
        fn negating_one_list_changes_the_sign(rows in prop::collection::vec((value(), value()), 0..40)) {
            let (x, y) = split(&rows);
            let negated: Vec<f64> = y.iter().map(|y| -y).collect();
            prop_assert_eq!(tau_b(&x, &y), tau_b(&x, &negated).map(|tau| -tau));
        }

        #[test]
        fn times_are_copies(rows in prop::collection::vec((value(), value(), 0usize..4), 0..30)) {
            let (x, y) = split(&rows.iter().map(|row| (row.0, row.1)).collect::<Vec<_>>());
            let copies: Vec<_> = rows.iter().flat_map(|row| vec![(row.0, row.1); row.2]).collect();
            prop_assert_eq!(Pairs::new(&x, &y).tau_b(|row| rows[row].2 as i64), definition(&copies));
        }
    }
}
