//! Look-up of names, with suggestions for misspelled ones.

use crate::plain::excerpt;
use crate::{Error, Result};

/// Least Jaro-Winkler similarity of a suggestion; 1 is equal.
const LEAST_SIMILARITY: f64 = 0.75;

/// The error for a `name` that is not among `known`: it names the most similar one, or all where none is similar.
pub fn unknown<'a>(kind: &'static str, name: &str, known: impl IntoIterator<Item = &'a str>) -> Error {
    let known: Vec<&str> = known.into_iter().collect();
    let similarity = |candidate: &str| strsim::jaro_winkler(&candidate.to_lowercase(), &name.to_lowercase());
    let nearest = known.iter().max_by(|a, b| similarity(a).total_cmp(&similarity(b)));
    let nearest = nearest.filter(|nearest| similarity(nearest) >= LEAST_SIMILARITY);
    let hint = nearest.map_or_else(|| format!("there are {}", known.join(", ")), |n| format!("did you mean '{n}'?"));
    Error::Unknown { kind, name: excerpt(name), hint }
}

/// The item of this name in a list.
///
/// # Errors
/// As [`unknown`].
pub fn find<'a, T>(kind: &'static str, name: &str, list: &'a [T], named: impl Fn(&T) -> &'static str) -> Result<&'a T> {
    let found = list.iter().find(|item| named(item) == name);
    found.ok_or_else(|| unknown(kind, name, list.iter().map(named)))
}

/// The items of these names, each once, in the order of the list; all without names.
///
/// # Errors
/// As [`unknown`].
pub fn choose<T: Copy>(
    kind: &'static str,
    names: &[String],
    list: &[T],
    named: impl Fn(&T) -> &'static str,
) -> Result<Vec<T>> {
    names.iter().try_for_each(|name| find(kind, name, list, &named).map(|_| ()))?;
    let wanted = |item: &&T| names.is_empty() || names.iter().any(|name| name == named(item));
    Ok(list.iter().filter(wanted).copied().collect())
}

#[cfg(test)]
mod tests {
    use super::unknown;

    #[test]
    fn names_the_nearest_or_all() {
        let known = ["hidden_covariance_layer_1", "jacobian_cosine"];
        let close = unknown("metric", "jacobian_cosin", known).to_string();
        assert_eq!(close, "unknown metric 'jacobian_cosin'; did you mean 'jacobian_cosine'?");
        let far = unknown("metric", "zzz", known).to_string();
        assert_eq!(far, "unknown metric 'zzz'; there are hidden_covariance_layer_1, jacobian_cosine");
    }
}
