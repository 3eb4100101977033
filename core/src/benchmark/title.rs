//! Names of columns for people.

use crate::family::Family;
use crate::metric::{self, METRICS};

/// Metrics of other papers, as their authors spell them.
const SPELLED: [(&str, &str); 8] = [
    ("az_nas", "AZ-NAS"),
    ("eznas", "EZNAS"),
    ("grad_norm", "Gradient norm"),
    ("grasp", "GraSP"),
    ("logsynflow", "LogSynflow"),
    ("lpzero", "LPZero"),
    ("snip", "SNIP"),
    ("synflow", "SynFlow"),
];

/// The title of a metric that this program computes.
fn computed(id: &str) -> Option<&'static str> {
    METRICS.iter().map(|metric| metric.about()).find(|about| about.id == id).map(|about| about.title)
}

/// Whether this program computes the metric.
pub fn is_computed(id: &str) -> bool {
    computed(id).is_some()
}

/// A metric's name for a person: "Hidden covariance, layer 1".
pub fn title(id: &str) -> String {
    computed(id).map_or_else(|| spelled_out(id), str::to_owned)
}

/// The name of something counted without a network: "Depth of the cell".
pub fn baseline(id: &str) -> String {
    match id {
        "parameters" => "Number of parameters".into(),
        "num_parameters" => "Number of parameters, as published".into(),
        "parameters_own_size" => "Number of parameters, own size".into(),
        _ if is_of_cells_alone(id) => format!("{} of the cell", title(id)),
        _ => title(id),
    }
}

fn is_of_cells_alone(id: &str) -> bool {
    metric::find(Family::Recurrent, id).is_ok_and(|metric| metric.families() == [Family::Recurrent])
}

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

#[cfg(test)]
mod tests {
    use super::{baseline, capital, title};

    #[test]
    fn names_are_for_people() {
        assert_eq!((capital("test loss"), capital("")), ("Test loss".to_owned(), String::new()));
        assert_eq!(title("hidden_covariance_layer_1"), "Hidden covariance, layer 1");
        assert_eq!(title("more_noised_jacobian_cosine"), "More noised Jacobian cosine");
        assert_eq!((title("lpzero"), title("layers_then")), ("LPZero".to_owned(), "Layers then".to_owned()));
        assert_eq!(baseline("parameters"), "Number of parameters");
    }
}
