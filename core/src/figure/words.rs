//! Names and numbers as they stand in a figure.

use crate::benchmark::Worth;
use crate::chart::rounded;
use crate::metric::by_id;

/// A metric's name for a person: "Hidden covariance, layer 1".
pub fn title(id: &str) -> String {
    by_id(id).map_or(id, |metric| metric.about().title).to_owned()
}

/// The name of something counted without a network: "Depth of the cell".
pub fn baseline(id: &str) -> String {
    if id == "parameters" { "Number of parameters".into() } else { format!("{} of the cell", title(id)) }
}

/// A whole number with its thousands apart: "8,794".
pub fn count(number: usize) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> = digits.as_bytes().rchunks(3).rev().filter_map(|group| str::from_utf8(group).ok()).collect();
    groups.join(",")
}

/// Which way a metric points, as far as the benchmark says.
pub fn direction(worth: &Worth) -> &'static str {
    match worth.measures.tau {
        Some(tau) if tau <= -0.05 => "higher is better",
        Some(tau) if tau >= 0.05 => "lower is better",
        _ => "no direction",
    }
}

/// A correlation, or that there is none.
pub fn correlation(value: Option<f64>) -> String {
    value.map_or_else(|| "none".to_owned(), |value| rounded(value, 3))
}

/// Its 95 % interval, where it has one.
pub fn interval(worth: &Worth) -> String {
    let bounds = worth.low.zip(worth.high);
    bounds.map_or_else(String::new, |(low, high)| format!(" ({} to {})", rounded(low, 3), rounded(high, 3)))
}

#[cfg(test)]
mod tests {
    use super::{count, title};

    #[test]
    fn names_and_counts_are_for_people() {
        assert_eq!(title("hidden_covariance_layer_1"), "Hidden covariance, layer 1");
        assert_eq!(title("more_noised_jacobian_cosine"), "More noised Jacobian cosine");
        assert_eq!([7, 341, 8794, 1_000_000].map(count), ["7", "341", "8,794", "1,000,000"]);
    }
}
