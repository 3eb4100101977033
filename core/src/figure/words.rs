//! Names and numbers as they stand in a figure.

use crate::benchmark::{CLEAR_TAU, Worth};
use crate::chart::rounded;
use crate::family::Family;
use crate::metric::{self, METRICS};
use crate::rank::{Direction, Resampling};

/// A metric's name for a person: "Hidden covariance, layer 1".
pub fn title(id: &str) -> String {
    let known = METRICS.iter().find(|metric| metric.about().id == id).map(|metric| metric.about().title);
    known.map_or_else(|| spelled_out(id), str::to_owned)
}

/// Metrics of other papers, as their authors spell them.
const SPELLED: [(&str, &str); 7] = [
    ("eznas", "EZNAS"),
    ("grad_norm", "Gradient norm"),
    ("grasp", "GraSP"),
    ("logsynflow", "LogSynflow"),
    ("lpzero", "LPZero"),
    ("snip", "SNIP"),
    ("synflow", "SynFlow"),
];

/// "Layers then hidden size".
fn spelled_out(id: &str) -> String {
    let known = SPELLED.iter().find(|(known, _)| *known == id);
    known.map_or_else(|| capital(&id.replace('_', " ")), |(_, name)| (*name).to_owned())
}

/// With a capital letter: "Loss", "GLUE score".
pub fn capital(words: &str) -> String {
    let mut words = words.to_owned();
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    words
}

/// The name of something counted without a network: "Depth of the cell".
pub fn baseline(id: &str) -> String {
    match id {
        "parameters" => "Number of parameters".into(),
        "num_parameters" => "Number of parameters, as published".into(),
        "parameters_own_size" => "Number of parameters, own size".into(),
        _ if metric::find(Family::Recurrent, id).is_ok() => format!("{} of the cell", title(id)),
        _ => title(id),
    }
}

/// A whole number with its thousands apart: "8,794".
pub fn count(number: usize) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> = digits.as_bytes().rchunks(3).rev().filter_map(|group| str::from_utf8(group).ok()).collect();
    groups.join(",")
}

/// Which way a metric points, as far as the benchmark says, whose better results lie `better`.
pub fn direction(worth: &Worth, better: Direction) -> &'static str {
    let towards = |tau: f64| if better == Direction::Higher { tau } else { -tau };
    match worth.measures.tau.map(towards) {
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
pub fn interval(worth: &Worth) -> String {
    let bounds = worth.low.zip(worth.high);
    bounds.map_or_else(String::new, |(low, high)| format!(" ({} to {})", rounded(low, 3), rounded(high, 3)))
}

#[cfg(test)]
mod tests {
    use super::{capital, count, title};

    #[test]
    fn names_and_counts_are_for_people() {
        assert_eq!((capital("test loss"), capital("")), ("Test loss".to_owned(), String::new()));
        assert_eq!(title("hidden_covariance_layer_1"), "Hidden covariance, layer 1");
        assert_eq!(title("more_noised_jacobian_cosine"), "More noised Jacobian cosine");
        assert_eq!((title("lpzero"), title("layers_then")), ("LPZero".to_owned(), "Layers then".to_owned()));
        assert_eq!([7, 341, 8794, 1_000_000].map(count), ["7", "341", "8,794", "1,000,000"]);
    }
}
