//! Sizes of an encoder that its configuration leaves open, and of the batch it reads.

use serde::{Deserialize, Serialize};

use crate::corpus::Shape;
use crate::space::encoder::{Configuration, Operation, Similarity};
use crate::{Error, Result};

/// Sizes that all encoders of the space share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = EncoderSizes))]
#[serde(default, deny_unknown_fields)]
pub struct Sizes {
    /// V: tokens of the vocabulary.
    pub vocabulary: usize,
    /// E: width of the embeddings.
    pub embedding: usize,
    /// Number of positions that have an embedding.
    pub positions: usize,
    /// B: sequences.
    pub batch: usize,
    /// T: tokens of a sequence.
    pub sequence: usize,
}

impl Default for Sizes {
    /// The published ones, with a batch that is scored in a second or two.
    fn default() -> Self {
        Self { batch: 16, sequence: 128, ..Self::PUBLISHED }
    }
}

impl Sizes {
    /// The sizes the published scores were computed with.
    pub const PUBLISHED: Self = Self { vocabulary: 30_522, embedding: 128, positions: 512, batch: 128, sequence: 512 };

    /// Number of token types that have an embedding.
    pub(crate) const TYPES: usize = 2;

    /// Every weight with its name in PyTorch and its shape, in the order of the network.
    pub fn weights(&self, configuration: &Configuration) -> Vec<(String, Vec<usize>)> {
        self.weights_with(configuration, None)
    }

    /// As [`Self::weights`], where the first feed-forward layer of every layer has a width of its own.
    pub fn weights_with(&self, configuration: &Configuration, first: Option<usize>) -> Vec<(String, Vec<usize>)> {
        let mut weights = Vec::new();
        self.each_weight(configuration, first, &mut |name, shape| weights.push((name.to_owned(), shape.to_vec())));
        weights
    }

    /// Calls `visit` for every weight with its name and shape, without building a list.
    fn each_weight(&self, configuration: &Configuration, first: Option<usize>, visit: &mut dyn FnMut(&str, &[usize])) {
        let (embedding, hidden) = (self.embedding, configuration.hidden);
        let mut list = List(visit);
        list.add("embeddings.word_embeddings.weight", &[self.vocabulary, embedding]);
        list.add("embeddings.position_embeddings.weight", &[self.positions, embedding]);
        list.add("embeddings.token_type_embeddings.weight", &[Self::TYPES, embedding]);
        list.norm("embeddings.LayerNorm", embedding);
        if embedding != hidden {
            list.linear("embeddings_project", embedding, hidden);
        }
        for (index, layer) in configuration.layers.iter().enumerate() {
            let prefix = format!("encoder.layer.{index}");
            list.operation(&format!("{prefix}.operation"), hidden, layer.operation, layer.heads);
            let mut width = hidden;
            for index in 0..layer.feed_forward_layers {
                let next = first.filter(|_| index == 0).unwrap_or(layer.feed_forward);
                list.linear(&format!("{prefix}.intermediate.{}", feed_forward_layer(index)), width, next);
                width = next;
            }
            list.linear(&format!("{prefix}.output.dense"), width, hidden);
            list.norm(&format!("{prefix}.output.LayerNorm"), hidden);
        }
    }

    /// Trained parameters.
    pub fn parameters(&self, configuration: &Configuration) -> usize {
        self.count(configuration) as usize
    }

    /// Trained parameters as a float, which holds any number of them.
    pub(super) fn count(&self, configuration: &Configuration) -> f64 {
        let mut sum = 0.0;
        let mut add = |_: &str, shape: &[usize]| sum += shape.iter().map(|&length| length as f64).product::<f64>();
        self.each_weight(configuration, None, &mut add);
        sum
    }

    /// Checks that an encoder of these sizes exists.
    ///
    /// # Errors
    /// [`Error::Size`] naming the size at fault.
    pub fn check(&self) -> Result<()> {
        let Self { vocabulary, embedding, positions, batch, sequence } = *self;
        let wrong = |name, value, problem: String| Err(Error::Size { name, value, problem });
        let named =
            [("vocabulary-size", vocabulary), ("embedding", embedding), ("batch", batch), ("sequence", sequence)];
        if let Some(&(name, value)) = named.iter().find(|(_, value)| *value == 0) {
            return wrong(name, value, "must be at least 1".to_owned());
        }
        if sequence > positions {
            return wrong("sequence", sequence, format!("longer than the {positions} positions"));
        }
        Ok(())
    }

    /// Every size with its name on the command line, and its default; the batch first.
    pub(super) fn with_defaults(&self) -> [(&'static str, usize, usize); 4] {
        let Self { vocabulary, embedding, batch, sequence, .. } = *self;
        let defaults = Self::default();
        [
            ("batch", batch, defaults.batch),
            ("sequence", sequence, defaults.sequence),
            ("vocabulary-size", vocabulary, defaults.vocabulary),
            ("embedding", embedding, defaults.embedding),
        ]
    }
}

/// Visits the names and shapes of the weights of linear maps, norms and operations.
struct List<'a>(&'a mut dyn FnMut(&str, &[usize]));

/// The name of a feed-forward layer, counted from 0 within its encoder layer.
pub fn feed_forward_layer(index: usize) -> String {
    match index {
        0 => "dense_in".to_owned(),
        more => format!("dense_list.{}", more - 1),
    }
}

impl List<'_> {
    fn add(&mut self, name: &str, shape: &[usize]) {
        (self.0)(name, shape);
    }

    fn linear(&mut self, name: &str, input: usize, output: usize) {
        self.add(&format!("{name}.weight"), &[output, input]);
        self.add(&format!("{name}.bias"), &[output]);
    }

    fn norm(&mut self, name: &str, width: usize) {
        self.add(&format!("{name}.weight"), &[width]);
        self.add(&format!("{name}.bias"), &[width]);
    }

    fn operation(&mut self, name: &str, hidden: usize, operation: Operation, heads: usize) {
        let inner = format!("{name}.operation");
        let mixed = if matches!(operation, Operation::Convolution { .. }) { hidden / 2 } else { hidden };
        if matches!(operation, Operation::Transform(_)) {
            return self.linear(&format!("{inner}.input"), hidden, hidden);
        }
        for part in ["query", "key", "value"] {
            self.linear(&format!("{inner}.{part}"), hidden, mixed);
        }
        match operation {
            Operation::Attention(Similarity::WeightedMultiplicative) => {
                self.add(&format!("{inner}.weight.weight"), &[hidden, hidden]);
            }
            Operation::Convolution { kernel } => {
                let depthwise = format!("{inner}.key_conv_attn_layer");
                self.add(&format!("{depthwise}.depthwise.weight"), &[hidden, 1, kernel]);
                self.add(&format!("{depthwise}.pointwise.weight"), &[mixed, hidden, 1]);
                self.add(&format!("{depthwise}.bias"), &[mixed, 1]);
                self.linear(&format!("{inner}.conv_kernel_layer"), mixed, (heads / 2).saturating_mul(kernel));
                self.linear(&format!("{inner}.conv_out_layer"), hidden, mixed);
            }
            _ => {}
        }
        self.linear(&format!("{name}.output.dense"), hidden, hidden);
        self.norm(&format!("{name}.output.LayerNorm"), hidden);
    }
}

impl From<&Sizes> for Shape {
    fn from(sizes: &Sizes) -> Self {
        Self { vocabulary: sizes.vocabulary, batch: sizes.batch, steps: sizes.sequence }
    }
}

#[cfg(test)]
mod tests {
    use super::Sizes;
    use crate::memory::Engine;
    use crate::network::encoder::Demand;
    use crate::observation::Need;
    use crate::space::encoder::{Configuration, Layer, Operation, Sampler};

    /// A product of sizes that overflows to 0 in a machine word would seem to fit.
    #[test]
    fn sizes_beyond_counting_are_refused() {
        let drawn = Sampler::new(0).next().unwrap();
        let huge = 1 << (usize::BITS - 1);
        let refused = |sizes: Sizes, configuration: &Configuration| {
            let needs = &[Need::Jacobian(0.0)].into_iter().collect();
            let demand = Demand { configuration, sizes: &sizes, needs, weights_given: false, engine: Engine::Kernel };
            demand.check(usize::MAX).unwrap_err().to_string()
        };
        let message = refused(Sizes { vocabulary: huge, embedding: 2, ..Sizes::PUBLISHED }, &drawn);
        assert!(message.contains("more memory than there is"), "{message}");
        let message = refused(Sizes { batch: huge, ..Sizes::PUBLISHED }, &drawn);
        assert!(message.starts_with("size batch = ") && message.contains("more memory than there is"), "{message}");
        let wide = Layer { operation: Operation::Convolution { kernel: huge + 1 }, ..drawn.layers[0] };
        let message = refused(Sizes::PUBLISHED, &Configuration { layers: vec![wide], ..drawn });
        assert!(message.contains("more memory than there is"), "{message}");
    }
}
