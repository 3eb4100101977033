//! How large an encoder is beyond its configuration, and how much it reads.

use serde::{Deserialize, Serialize};

use super::places::stack;
use crate::space::transformer::{Configuration, Operation, Similarity};
use crate::{Error, Result};

/// What all encoders of the space share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = EncoderSizes))]
#[serde(default, deny_unknown_fields)]
pub struct Sizes {
    /// V: words.
    pub vocabulary: usize,
    /// E: width of the embeddings.
    pub embedding: usize,
    /// Positions that have an embedding.
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

    /// Types of tokens that have an embedding.
    pub const TYPES: usize = 2;

    /// Every weight with its name in PyTorch and its shape, in the order of the network.
    pub fn weights(&self, configuration: &Configuration) -> Vec<(String, Vec<usize>)> {
        let mut weights = Vec::new();
        self.each_weight(configuration, &mut |name, shape| weights.push((name.to_owned(), shape.to_vec())));
        weights
    }

    /// Hands on every weight with its name and shape, without a list of them.
    fn each_weight(&self, configuration: &Configuration, hand_on: &mut dyn FnMut(&str, &[usize])) {
        let (embedding, hidden) = (self.embedding, configuration.hidden);
        let mut list = List(hand_on);
        list.add("embeddings.word_embeddings.weight", &[self.vocabulary, embedding]);
        list.add("embeddings.position_embeddings.weight", &[self.positions, embedding]);
        list.add("embeddings.token_type_embeddings.weight", &[Self::TYPES, embedding]);
        list.norm("embeddings.LayerNorm", embedding);
        if embedding != hidden {
            list.linear("embeddings_project", embedding, hidden);
        }
        for (at, layer) in configuration.layers.iter().enumerate() {
            let prefix = format!("encoder.layer.{at}");
            list.operation(&format!("{prefix}.operation"), hidden, layer.operation, layer.heads);
            for at in 0..layer.stacks {
                let input = if at == 0 { hidden } else { layer.feed_forward };
                list.linear(&format!("{prefix}.intermediate.{}", stack(at)), input, layer.feed_forward);
            }
            list.linear(&format!("{prefix}.output.dense"), layer.feed_forward, hidden);
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
        self.each_weight(configuration, &mut add);
        sum
    }

    /// Checks that there is such an encoder.
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

    /// Every size with its name as typed, and the usual one; the batch first.
    pub(super) fn with_usual(&self) -> [(&'static str, usize, usize); 4] {
        let Self { vocabulary, embedding, batch, sequence, .. } = *self;
        let usual = Self::default();
        [
            ("batch", batch, usual.batch),
            ("sequence", sequence, usual.sequence),
            ("vocabulary-size", vocabulary, usual.vocabulary),
            ("embedding", embedding, usual.embedding),
        ]
    }
}

/// Who takes names and shapes.
struct List<'a>(&'a mut dyn FnMut(&str, &[usize]));

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

#[cfg(test)]
mod tests {
    use super::Sizes;
    use crate::memory::Engine;
    use crate::network::transformer::Demand;
    use crate::space::transformer::{Configuration, Layer, Operation, Sampler};

    /// A product of sizes that comes out as 0 when it is cut to a machine word would fit anywhere.
    #[test]
    fn sizes_beyond_counting_are_refused() {
        let drawn = Sampler::new(0).next().unwrap();
        let huge = 1 << (usize::BITS - 1);
        let refused = |sizes: Sizes, configuration: &Configuration| {
            let demand = Demand { configuration, sizes: &sizes, weights_given: false, engine: Engine::Kernel };
            demand.check(usize::MAX).unwrap_err().to_string()
        };
        let words = refused(Sizes { vocabulary: huge, embedding: 2, ..Sizes::PUBLISHED }, &drawn);
        assert!(words.contains("more memory than there is"), "{words}");
        let words = refused(Sizes { batch: huge, ..Sizes::PUBLISHED }, &drawn);
        assert!(words.starts_with("size batch = ") && words.contains("more memory than there is"), "{words}");
        let wide = Layer { operation: Operation::Convolution { kernel: huge + 1 }, ..drawn.layers[0] };
        let words = refused(Sizes::PUBLISHED, &Configuration { layers: vec![wide], ..drawn });
        assert!(words.contains("more memory than there is"), "{words}");
    }
}
