//! Finds what a person probably meant.

use crate::Error;

/// Furthest spelling that is still taken for a slip: Jaro-Winkler similarity, 1 is equal.
const ALIKE: f64 = 0.75;

/// The error for a `name` that is not among `known`, with the nearest one that is.
pub fn unknown<'a>(kind: &'static str, name: &str, known: impl IntoIterator<Item = &'a str>) -> Error {
    let nearest = known
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(candidate, &name.to_lowercase()), candidate))
        .filter(|(alike, _)| *alike >= ALIKE)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate.to_owned());
    Error::Unknown { kind, name: name.to_owned(), nearest }
}

#[cfg(test)]
mod tests {
    use super::unknown;

    #[test]
    fn names_the_nearest_and_only_a_near_one() {
        let known = ["hidden_covariance_layer_1", "jacobian_cosine"];
        let close = unknown("metric", "jacobian_cosin", known).to_string();
        assert_eq!(close, "unknown metric 'jacobian_cosin'; did you mean 'jacobian_cosine'?");
        assert_eq!(unknown("metric", "zzz", known).to_string(), "unknown metric 'zzz'");
    }
}
