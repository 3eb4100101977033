//! The rank of a value among those of a benchmark: how many networks it is better than.

use super::{Column, Table};
use crate::rank::{Direction, better_than, tau_b};

/// Size of tau-b from which on a column has a direction: the end at which the better networks are.
pub const CLEAR_TAU: f64 = 0.05;

impl Table {
    /// Which values of a column the better networks have, computed; `None` where tau-b with the result is smaller than
    /// [`CLEAR_TAU`], as for a column that is constant. For the columns of a benchmark [`super::About::direction`]
    /// gives the same without sorting.
    pub fn direction(&self, column: &Column) -> Option<Direction> {
        let known = column.values.iter().zip(&self.results).filter(|(value, _)| !value.is_nan());
        let (values, results): (Vec<f64>, Vec<f64>) = known.unzip();
        let tau = tau_b(&values, &results).filter(|tau| tau.abs() >= CLEAR_TAU)?;
        Some(match (self.about.target.better, tau > 0.0) {
            (Direction::Higher, true) | (Direction::Lower, false) => Direction::Higher,
            _ => Direction::Lower,
        })
    }

    /// Share of the networks, 0 to 1, that a newly computed score is better than. `None` where there is no such column,
    /// it has no direction, it does not hold what its name says ([`super::About::flawed`]), or the score is NaN.
    pub fn share_behind(&self, metric: &str, score: f64) -> Option<f64> {
        let column = self.column(metric).filter(|_| !self.about.flawed.contains(&metric))?;
        better_than(&column.values, score, self.about.direction(metric)?)
    }
}

#[cfg(test)]
mod tests {
    use crate::benchmark::{BENCHMARKS, Benchmark as _, Kind, NasBenchNlp};

    /// What a benchmark says of the direction of its columns is what its table shows.
    #[test]
    fn directions_are_those_of_the_tables() {
        for benchmark in BENCHMARKS {
            let table = benchmark.table().unwrap().scored();
            for column in &table.columns {
                let said = benchmark.about().direction(&column.id);
                assert_eq!(said, table.direction(column), "{} of {}", column.id, benchmark.about().id);
            }
            let said = benchmark.about().directions.iter();
            assert!(said.clone().count() >= 4);
            assert!(said.map(|(id, _)| id).all(|id| table.column(id).is_some()));
        }
    }

    /// Cell 3 has a hidden covariance of -4900: higher than that of 69 % of the scored runs.
    #[test]
    fn a_score_is_better_than_those_behind_it() {
        let table = NasBenchNlp.table().unwrap().scored();
        let share = |metric, score| table.share_behind(metric, score);
        assert_eq!(share("hidden_covariance_layer_1", f64::INFINITY), Some(1.0));
        assert_eq!(share("hidden_covariance_layer_1", f64::NEG_INFINITY), Some(0.0));
        assert_eq!(share("hidden_covariance_layer_1", f64::NAN), None);
        assert_eq!(share("no_such_metric", 1.0), None);
        let flawed: Vec<_> = table.about.flawed.iter().filter_map(|metric| share(metric, 1.0)).collect();
        assert!(!table.about.flawed.is_empty() && flawed.is_empty());
        let (row, column) = (0, table.column("hidden_covariance_layer_1").unwrap());
        let behind = column.values.iter().filter(|value| **value < column.values[row]).count();
        assert_eq!(
            share("hidden_covariance_layer_1", column.values[row]),
            Some(behind as f64 / table.rows.len() as f64)
        );
        assert!(table.columns.iter().any(|column| column.kind == Kind::Metric && table.direction(column).is_none()));
    }
}
