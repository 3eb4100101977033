//! Names and numbers as they are written in a figure.

use crate::benchmark::{CLEAR_TAU, Evaluation};
use crate::chart::rounded;
use crate::rank::{Direction, Resampling};

pub use crate::benchmark::title::{baseline, capital, title};

/// A whole number with its thousands apart: "8,794".
pub fn count(number: usize) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> = digits.as_bytes().rchunks(3).rev().filter_map(|group| str::from_utf8(group).ok()).collect();
    groups.join(",")
}

/// Which way a metric points, as far as the benchmark says, whose better results lie `better`.
pub fn direction(evaluation: &Evaluation, better: Direction) -> &'static str {
    let towards = |tau: f64| if better == Direction::Higher { tau } else { -tau };
    match evaluation.measures.tau.map(towards) {
        Some(tau) if tau >= CLEAR_TAU => "higher is better",
        Some(tau) if tau <= -CLEAR_TAU => "lower is better",
        _ => "no direction",
    }
}

/// A correlation, or that it is not defined.
pub fn correlation(value: Option<f64>) -> String {
    value.map_or_else(|| "not defined".to_owned(), |value| rounded(value, 3))
}

/// How the intervals are found that are shown: "95 % interval from 1,000 resamples of the architectures".
pub fn resampled() -> String {
    format!("95 % interval from {} resamples of the architectures", count(Resampling::STANDARD.resamples as usize))
}

/// Its 95 % interval, where it has one.
pub fn interval(evaluation: &Evaluation) -> String {
    let bounds = evaluation.low.zip(evaluation.high);
    bounds.map_or_else(String::new, |(low, high)| format!(" ({} to {})", rounded(low, 3), rounded(high, 3)))
}

#[cfg(test)]
mod tests {
    use super::count;

    #[test]
    fn counts_have_their_thousands_apart() {
        assert_eq!([7, 341, 8794, 1_000_000].map(count), ["7", "341", "8,794", "1,000,000"]);
    }
}
