//! Measures for users who train only the candidates that a metric ranks first. With k a tenth of the n rows, M the k
//! rows that the metric ranks first and L the k rows of lowest loss:
//!
//! ```text
//! tau     = tau-b of metric and loss within L, with all rows that tie with its last
//! overlap = |M and L| / k                            by chance 0.1
//! regret  = mean loss in M - mean loss in L          in the unit of the loss; 0 is perfect
//! ```
//!
//! Rows that tie at the end of M or L share the remaining places: each counts with the probability that it gets one
//! when ties are broken at random. So `overlap` and `regret` are expected values, and the order of rows does not
//! matter.

use serde::{Deserialize, Serialize};

use super::kendall::tau_b;
use super::order::{order, ties};

/// Whether higher or lower values of a metric or of a result are better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Higher values are better, or predict better networks.
    Higher,
    /// Lower values are better, or predict better networks.
    Lower,
}

impl Direction {
    /// Its name: `higher` or `lower`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Higher => "higher",
            Self::Lower => "lower",
        }
    }
}

/// The measures of the best tenth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Top {
    /// Tau-b within the tenth of lowest loss.
    pub tau: Option<f64>,
    /// Share of the tenth of lowest loss that the metric ranks in its own first tenth.
    pub overlap: f64,
    /// Mean loss of the metric's first tenth minus that of the best tenth, in its unit.
    pub regret: f64,
}

/// The share with which each row belongs to the best tenth of `values`, which is at least one row: 1, 0, or a share
/// where it ties for the last places. `None` where all values are equal: then no row is better than another.
fn shares(values: &[f64], better: Direction) -> Option<Vec<f64>> {
    let losses: Vec<f64> = match better {
        Direction::Lower => values.to_vec(),
        Direction::Higher => values.iter().map(|value| -value).collect(),
    };
    let order = order(&losses);
    let mut left = values.len().div_ceil(10);
    let mut shares = vec![0.0; values.len()];
    for tie in ties(&order, &losses) {
        if tie.len() == values.len() {
            return None;
        }
        let taken = left.min(tie.len());
        tie.iter().for_each(|&row| shares[row] = taken as f64 / tie.len() as f64);
        left -= taken;
    }
    (!values.is_empty()).then_some(shares)
}

/// The measures of the best tenth; `None` where all values of the metric or of the loss are equal.
pub fn tenth(values: &[f64], losses: &[f64], better: Direction) -> Option<Top> {
    let n = values.len().min(losses.len());
    let (values, losses) = (&values[..n], &losses[..n]);
    let (chosen, truth) = (shares(values, better)?, shares(losses, Direction::Lower)?);
    let k = n.div_ceil(10) as f64;
    let mean = |shares: &[f64]| {
        sum(shares.iter().zip(losses).filter(|(share, _)| **share > 0.0).map(|(share, loss)| share * loss)) / k
    };
    let among = |list: &[f64]| -> Vec<f64> {
        truth.iter().zip(list).filter(|(share, _)| **share > 0.0).map(|(_, value)| *value).collect()
    };
    Some(Top {
        tau: tau_b(&among(values), &among(losses)),
        overlap: sum(chosen.iter().zip(&truth).map(|(chosen, truth)| chosen * truth)) / k,
        regret: mean(&chosen) - mean(&truth),
    })
}

/// The sum from the smallest to the largest, so that the order of rows does not change its last bit.
fn sum(parts: impl Iterator<Item = f64>) -> f64 {
    let mut parts: Vec<f64> = parts.collect();
    parts.sort_by(f64::total_cmp);
    parts.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::{Direction, Top, shares, tenth};

    /// Twenty rows with losses 0, 1, .. 19: the best tenth are rows 0 and 1. The metric ranks rows 1 and 5 first:
    /// it finds one of the two, and its regret is (1 + 5) / 2 - (0 + 1) / 2.
    #[test]
    fn the_best_tenth_of_twenty_rows() {
        let losses: Vec<f64> = (0..20).map(f64::from).collect();
        let mut values = vec![0.0; 20];
        (values[1], values[5]) = (9.0, 8.0);
        let top = tenth(&values, &losses, Direction::Higher);
        assert_eq!(top, Some(Top { tau: Some(1.0), overlap: 0.5, regret: 2.5 }));
    }

    /// Row 7 is first, and four rows share the second place of two, one of which is the best: a quarter of it is found.
    #[test]
    fn rows_that_tie_share_the_last_places() {
        let losses: Vec<f64> = (0..20).map(f64::from).collect();
        let mut values = vec![0.0; 20];
        values[7] = 9.0;
        [0, 4, 6, 10].iter().for_each(|&row| values[row] = 8.0);
        let top = tenth(&values, &losses, Direction::Higher).unwrap();
        assert_eq!((top.overlap, top.regret), (0.25 / 2.0, (7.0 + (4.0 + 6.0 + 10.0) / 4.0) / 2.0 - 0.5));
        let (turned, reversed): (Vec<f64>, Vec<f64>) = values.iter().copied().zip(losses.iter().copied()).rev().unzip();
        assert_eq!(tenth(&turned, &reversed, Direction::Higher), Some(top));
    }

    /// Losses that tie at the end of the best tenth are all compared with each other.
    #[test]
    fn losses_that_tie_are_all_among_the_best() {
        let top = tenth(&[1.0, 2.0, 3.0, 4.0], &[5.0, 5.0, 6.0, 7.0], Direction::Lower).unwrap();
        assert_eq!((top.tau, top.overlap, top.regret), (None, 0.5, 0.0));
    }

    #[test]
    fn a_tenth_is_rounded_up() {
        assert_eq!(shares(&[3.0, 1.0, 2.0], Direction::Lower), Some(vec![0.0, 1.0, 0.0]));
        let eleven: Vec<f64> = (0..11).map(f64::from).collect();
        assert_eq!(shares(&eleven, Direction::Higher).unwrap().iter().sum::<f64>(), 2.0);
    }

    #[test]
    fn a_constant_list_has_no_best_tenth() {
        let rising: Vec<f64> = (0..11).map(f64::from).collect();
        assert_eq!(shares(&[3.0; 11], Direction::Lower), None);
        assert_eq!(tenth(&[3.0; 11], &rising, Direction::Lower), None);
        assert_eq!(tenth(&rising, &[3.0; 11], Direction::Lower), None);
        assert_eq!(tenth(&[], &[], Direction::Lower), None);
    }
}
