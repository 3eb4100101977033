//! All measures of one predictor. The noise ceiling is measured in the same way, with another run's loss as predictor.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::top::{Direction, tenth};
use super::{pearson, spearman, tau_b};

/// How well a predictor predicts the result of training.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Measures {
    /// Kendall's tau-b.
    pub tau: Option<f64>,
    /// Spearman's rho.
    pub rho: Option<f64>,
    /// Pearson's r.
    pub r: Option<f64>,
    /// Kendall's tau-b within the tenth of lowest loss.
    pub top_tau: Option<f64>,
    /// Share of the best tenth found in the predictor's first tenth; 0.1 by chance.
    pub top_overlap: Option<f64>,
    /// Mean result of the predictor's first tenth minus that of the best tenth, in the unit of the result.
    pub top_regret: Option<f64>,
}

/// Measures `values` against the results `truth`, whose better end is `better`. Which end of the predictor counts as
/// its first follows from the sign of its own tau-b, which favours all predictors equally.
pub fn measure(values: &[f64], truth: &[f64], better: Direction) -> Measures {
    let (losses, sign) = match better {
        Direction::Lower => (Cow::Borrowed(truth), 1.0),
        Direction::Higher => (truth.iter().map(|truth| -truth).collect(), -1.0),
    };
    let tau = tau_b(values, &losses);
    let first = if tau.is_some_and(|tau| tau < 0.0) { Direction::Higher } else { Direction::Lower };
    let top = tenth(values, &losses, first);
    Measures {
        tau: tau.map(|tau| sign * tau),
        rho: spearman(values, truth),
        r: pearson(values, truth),
        top_tau: top.and_then(|top| top.tau).map(|tau| sign * tau),
        top_overlap: top.map(|top| top.overlap),
        top_regret: top.map(|top| top.regret),
    }
}

impl Measures {
    /// The mean of each measure over `all`; `None` where one of them has none.
    pub fn mean(all: &[Self]) -> Self {
        let mean = |field: fn(&Self) -> Option<f64>| {
            let sum: f64 = all.iter().map(field).sum::<Option<f64>>()?;
            (!all.is_empty()).then(|| sum / all.len() as f64)
        };
        Self {
            tau: mean(|m| m.tau),
            rho: mean(|m| m.rho),
            r: mean(|m| m.r),
            top_tau: mean(|m| m.top_tau),
            top_overlap: mean(|m| m.top_overlap),
            top_regret: mean(|m| m.top_regret),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Direction, Measures, measure};

    /// A metric that falls as the loss rises is read from its upper end: it finds the best of ten.
    #[test]
    fn a_falling_metric_is_read_from_above() {
        let losses: Vec<f64> = (0..10).map(f64::from).collect();
        let values: Vec<f64> = losses.iter().map(|loss| -loss).collect();
        let found = measure(&values, &losses, Direction::Lower);
        assert_eq!((found.tau, found.top_overlap, found.top_regret), (Some(-1.0), Some(1.0), Some(0.0)));
    }

    /// Of a score of which higher is better the same metric finds the same best networks, and the correlation changes
    /// its sign.
    #[test]
    fn the_direction_of_the_result_changes_only_signs() {
        let losses: Vec<f64> = (0..20).map(|n| f64::from(n * 7 % 20)).collect();
        let values: Vec<f64> = (0..20).map(|n| f64::from(n * 3 % 20)).collect();
        let scores: Vec<f64> = losses.iter().map(|loss| 90.0 - loss).collect();
        let (low, high) = (measure(&values, &losses, Direction::Lower), measure(&values, &scores, Direction::Higher));
        assert_eq!(
            (low.tau, low.top_overlap, low.top_regret),
            (high.tau.map(|tau| -tau), high.top_overlap, high.top_regret)
        );
    }

    #[test]
    fn a_mean_needs_every_part() {
        let complete = measure(&[1.0, 2.0], &[1.0, 2.0], Direction::Lower);
        let part = Measures { rho: None, ..measure(&[2.0, 1.0], &[1.0, 2.0], Direction::Lower) };
        let mean = Measures::mean(&[complete, part]);
        assert_eq!((mean.tau, mean.rho), (Some(0.0), None));
        assert_eq!(Measures::mean(&[]).tau, None);
    }
}
