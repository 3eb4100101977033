//! All measures of one predictor together. The noise ceiling takes them too, with another run's loss as the predictor.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::top::{Direction, tenth};
use super::{pearson, spearman, tau_b};

/// What a predictor tells about the loss.
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
    /// Mean result of the predictor's first tenth less that of the best tenth, in the unit of the result.
    pub top_regret: Option<f64>,
}

/// Measures `values` against what is to be predicted, of which `better` says where the better networks lie. The end of the
/// predictor that counts as its first is the one its own tau-b points to, which favours every predictor alike.
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
    /// The mean of each measure over `all`; a measure that one of them lacks is lacking.
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

    /// Of a score that is to be high the same metric finds the same best, and the correlation turns round.
    #[test]
    fn a_score_to_be_high_turns_the_correlation_round() {
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
        let whole = measure(&[1.0, 2.0], &[1.0, 2.0], Direction::Lower);
        let part = Measures { rho: None, ..measure(&[2.0, 1.0], &[1.0, 2.0], Direction::Lower) };
        let mean = Measures::mean(&[whole, part]);
        assert_eq!((mean.tau, mean.rho), (Some(0.0), None));
        assert_eq!(Measures::mean(&[]).tau, None);
    }
}
