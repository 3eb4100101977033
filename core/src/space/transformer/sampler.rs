//! The published sampler: Python's generator, seeded once, from which configurations are drawn one after another.

use super::{Basis, Configuration, Layer, Operation, Similarity};
use crate::random::python::Python;

const HIDDEN: [usize; 2] = [128, 256];
const LAYERS: [usize; 2] = [2, 4];
const HEADS: [usize; 2] = [2, 4];
const FEED_FORWARD: [usize; 2] = [512, 1_024];
const FEED_FORWARD_LAYERS: [usize; 2] = [1, 3];

/// The parameters of each operation type, in the order of the published space.
const OPERATIONS: [[Operation; 2]; 3] = [
    [Operation::Attention(Similarity::ScaledDotProduct), Operation::Attention(Similarity::WeightedMultiplicative)],
    [Operation::Transform(Basis::Fourier), Operation::Transform(Basis::Cosine)],
    [Operation::Convolution { kernel: 5 }, Operation::Convolution { kernel: 9 }],
];

/// An endless iterator over the configurations that the published sampler draws.
pub struct Sampler {
    python: Python,
}

impl Sampler {
    /// A sampler with this seed; the benchmark was drawn with seed 0.
    pub fn new(seed: u64) -> Self {
        Self { python: Python::from_seed(seed) }
    }

    fn layer(&mut self) -> Option<Layer> {
        let parameters = self.python.choice(&OPERATIONS)?;
        Some(Layer {
            operation: *self.python.choice(parameters)?,
            heads: *self.python.choice(&HEADS)?,
            feed_forward: *self.python.choice(&FEED_FORWARD)?,
            feed_forward_layers: *self.python.choice(&FEED_FORWARD_LAYERS)?,
        })
    }
}

impl Iterator for Sampler {
    type Item = Configuration;

    fn next(&mut self) -> Option<Configuration> {
        let hidden = *self.python.choice(&HIDDEN)?;
        let layers = *self.python.choice(&LAYERS)?;
        Some(Configuration { hidden, layers: (0..layers).map(|_| self.layer()).collect::<Option<_>>()? })
    }
}

/// Number of configurations of the space: 2 · (48² + 48⁴).
pub fn configurations() -> u64 {
    let operations = OPERATIONS.iter().flatten().count();
    let layer = (operations * HEADS.len() * FEED_FORWARD.len() * FEED_FORWARD_LAYERS.len()) as u64;
    HIDDEN.len() as u64 * LAYERS.iter().map(|&layers| layer.pow(layers as u32)).sum::<u64>()
}

#[cfg(test)]
mod tests {
    use super::{Sampler, configurations};

    #[test]
    fn the_space_has_its_size() {
        assert_eq!(configurations(), 10_621_440);
    }

    /// The first published configuration: 256 wide, four layers, the first of them weighted multiplicative attention.
    #[test]
    fn the_first_draw_is_the_published_one() {
        let first = serde_json::to_string(&Sampler::new(0).next().unwrap()).unwrap();
        let layer = |operation: &str, parameter: &str, heads: u32, width: u32, count: u32| {
            format!(
                "{{\"operation_type\":\"{operation}\",\"operation_parameter\":\"{parameter}\",\
                 \"num_operation_heads\":{heads},\
                 \"feed_forward_dimension\":{width},\"num_feed_forward\":{count}}}"
            )
        };
        let layers =
            [("SA", "WMA", 4, 1024, 3), ("LT", "DCT", 2, 512, 3), ("SA", "SDP", 4, 512, 3), ("SA", "SDP", 4, 1024, 1)];
        let layers = layers.map(|(kind, parameter, heads, width, count)| layer(kind, parameter, heads, width, count));
        assert_eq!(
            first,
            format!("{{\"hidden_size\":256,\"nas_config\":{{\"encoder_layers\":[{}]}}}}", layers.join(","))
        );
    }
}
