//! What matters to somebody who trains only the candidates a metric puts first. With k a tenth of the n rows, M the k
//! rows the metric puts first and L the k rows of lowest loss:
//!
//! ```text
//! tau     = tau-b of metric and loss within L
//! overlap = |M and L| / k                            by chance 0.1
//! regret  = mean loss in M - mean loss in L          in the unit of the loss; 0 is perfect
//! ```

use serde::Serialize;

use super::kendall::tau_b;
use super::order::order;

/// Which end is the better one, of a metric or of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// High values are better, or promise better networks.
    Higher,
    /// Low values are better, or promise better networks.
    Lower,
}

/// The measures of the best tenth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Top {
    /// Tau-b within the tenth of lowest loss.
    pub tau: Option<f64>,
    /// Share of the tenth of lowest loss that the metric puts in its own first tenth.
    pub overlap: f64,
    /// Mean loss of the metric's first tenth less that of the best tenth, in its unit.
    pub regret: f64,
}

/// Positions of the best tenth of `values`, at least one; ties go to the earlier row. `Lower` puts the smallest first.
pub fn best(values: &[f64], better: Direction) -> Vec<usize> {
    let turned: Vec<f64> = match better {
        Direction::Lower => values.to_vec(),
        Direction::Higher => values.iter().map(|value| -value).collect(),
    };
    let mut order = order(&turned);
    order.truncate(values.len().div_ceil(10));
    order
}

/// The measures of the best tenth; `None` without rows.
pub fn tenth(values: &[f64], losses: &[f64], better: Direction) -> Option<Top> {
    let n = values.len().min(losses.len());
    let (values, losses) = (&values[..n], &losses[..n]);
    let (chosen, truth) = (best(values, better), best(losses, Direction::Lower));
    let k = std::num::NonZero::new(truth.len())?.get() as f64;
    let mean = |rows: &[usize]| rows.iter().map(|&row| losses[row]).sum::<f64>() / k;
    let among = |list: &[f64]| truth.iter().map(|&row| list[row]).collect::<Vec<_>>();
    let mut is_best = vec![false; n];
    truth.iter().for_each(|&row| is_best[row] = true);
    Some(Top {
        tau: tau_b(&among(values), &among(losses)),
        overlap: chosen.iter().filter(|&&row| is_best[row]).count() as f64 / k,
        regret: mean(&chosen) - mean(&truth),
    })
}

#[cfg(test)]
mod tests {
    use super::{Direction, Top, best, tenth};

    /// Twenty rows with losses 0, 1, .. 19: the best tenth are rows 0 and 1. The metric puts rows 1 and 5 first:
    /// it finds one of the two, and gives up (1 + 5) / 2 - (0 + 1) / 2 of loss.
    #[test]
    fn twenty_rows_by_hand() {
        let losses: Vec<f64> = (0..20).map(f64::from).collect();
        let mut values = vec![0.0; 20];
        (values[1], values[5]) = (9.0, 8.0);
        let top = tenth(&values, &losses, Direction::Higher);
        assert_eq!(top, Some(Top { tau: Some(1.0), overlap: 0.5, regret: 2.5 }));
    }

    #[test]
    fn a_tenth_is_rounded_up() {
        assert_eq!(best(&[3.0, 1.0, 2.0], Direction::Lower), [1]);
        assert_eq!(best(&[3.0; 11], Direction::Lower), [0, 1]);
        assert_eq!(tenth(&[], &[], Direction::Lower), None);
    }
}
