//! The sites in an encoder of the values that a forward pass observes, in the order in which the kernel and Burn
//! observe them.

use crate::probe::transformer::{Place, Term};
use crate::space::transformer::{Configuration, Layer, Operation, Similarity};

/// The operation of a layer.
const OPERATION: &str = "operation.operation";

/// Per kind of value, the sites of the values.
#[derive(Default)]
pub struct Places {
    /// Projections of the operations.
    pub projections: Vec<Place>,
    /// Softmaxes of the operations.
    pub softmaxes: Vec<Place>,
    /// Heads that attend.
    pub heads: Vec<Place>,
    /// Activations of the feed-forward stacks.
    pub activations: Vec<Place>,
}

impl Places {
    /// Those of an encoder.
    pub fn new(configuration: &Configuration) -> Self {
        let mut places = Self::default();
        for (index, layer) in configuration.layers.iter().enumerate() {
            let place = |part: String| Place { layer: index, part, head: None };
            let head = |head| Place { head: Some(head), ..place(OPERATION.to_owned()) };
            places.projections.extend(projections(layer).iter().map(|part| place(format!("{OPERATION}.{part}"))));
            places.softmaxes.push(place(OPERATION.to_owned()));
            places.heads.extend((0..attending(layer)).map(head));
            let activation = |index| place(format!("intermediate.{}", feed_forward_layer(index)));
            places.activations.extend((0..layer.feed_forward_layers).map(activation));
        }
        places
    }
}

/// The values at these places.
pub fn terms(places: Vec<Place>, values: impl IntoIterator<Item = f64>) -> Vec<Term> {
    places.into_iter().zip(values).map(|(place, value)| Term { place, value }).collect()
}

/// The site of the weight of this name: `encoder.layer.N.` and its part.
pub fn of_weight(name: &str) -> Place {
    let place = name.strip_prefix("encoder.layer.").and_then(|rest| rest.split_once('.'));
    let (layer, part) = place.unwrap_or(("0", name));
    Place { layer: layer.parse().unwrap_or(0), part: part.to_owned(), head: None }
}

/// The name of a feed-forward layer, counted from 0 within its encoder layer.
pub fn feed_forward_layer(index: usize) -> String {
    match index {
        0 => "dense_in".to_owned(),
        more => format!("dense_list.{}", more - 1),
    }
}

fn projections(layer: &Layer) -> &'static [&'static str] {
    match layer.operation {
        Operation::Transform(_) => &["input"],
        Operation::Attention(Similarity::WeightedMultiplicative) => &["query", "key", "value", "weight"],
        Operation::Attention(_) | Operation::Convolution { .. } => &["query", "key", "value"],
    }
}

/// Heads that attend: none of a transform, half of a convolution's.
fn attending(layer: &Layer) -> usize {
    match layer.operation {
        Operation::Transform(_) => 0,
        Operation::Attention(_) => layer.heads,
        Operation::Convolution { .. } => layer.heads / 2,
    }
}
