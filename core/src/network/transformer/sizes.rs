//! How large an encoder is beyond its configuration, and how much it reads.

use serde::{Deserialize, Serialize};

use super::kernel::in_chunk;
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
        let (embedding, hidden) = (self.embedding, configuration.hidden);
        let mut list = List::default();
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
        list.0
    }

    /// Trained parameters.
    pub fn parameters(&self, configuration: &Configuration) -> usize {
        self.checked_parameters(configuration).unwrap_or(usize::MAX)
    }

    /// Trained parameters; `None` where they are more than can be counted.
    fn checked_parameters(&self, configuration: &Configuration) -> Option<usize> {
        let count = |shape: &[usize]| shape.iter().try_fold(1usize, |product, &length| product.checked_mul(length));
        self.weights(configuration).iter().try_fold(0usize, |sum, (_, shape)| sum.checked_add(count(shape)?))
    }

    /// Checks that there is such an encoder and that it fits into `memory` bytes.
    ///
    /// # Errors
    /// [`Error::Size`] naming the size at fault.
    pub fn check(&self, configuration: &Configuration, memory: usize) -> Result<()> {
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
        match self.bytes(configuration) {
            Some(bytes) if bytes <= memory => Ok(()),
            _ => wrong(
                "batch",
                batch,
                "the encoder and what it keeps for its gradients need more memory than there is".to_owned(),
            ),
        }
    }

    /// An upper bound of the memory that all metrics need at once on the processor, in bytes: weights and their gradients;
    /// the batch; and of the sequences that are kept at a time per layer a dozen values of every token's width, the
    /// attention of every pair of tokens, and the feed-forward stacks, each twice.
    fn bytes(&self, configuration: &Configuration) -> Option<usize> {
        let read = self.batch.checked_mul(self.sequence)?;
        let tokens = self.batch.min(in_chunk(self.sequence)) * self.sequence;
        let layer = |layer: &crate::space::transformer::Layer| {
            let width =
                configuration.hidden.checked_mul(14)?.checked_add(layer.feed_forward.checked_mul(3 * layer.stacks)?)?;
            let pairs = layer.heads.checked_mul(self.sequence)?.checked_mul(4)?;
            tokens.checked_mul(width.checked_add(pairs)?)?.checked_mul(2)
        };
        let kept = configuration.layers.iter().try_fold(0usize, |sum, one| sum.checked_add(layer(one)?))?;
        let embedded = tokens.checked_mul(self.embedding.checked_mul(4)?)?;
        let weights = self.checked_parameters(configuration)?.checked_mul(4)?;
        kept.checked_add(embedded)?.checked_add(read)?.checked_add(weights)?.checked_mul(4)
    }
}

/// Names and shapes.
#[derive(Default)]
struct List(Vec<(String, Vec<usize>)>);

impl List {
    fn add(&mut self, name: &str, shape: &[usize]) {
        self.0.push((name.to_owned(), shape.to_vec()));
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
    use crate::benchmark::{Benchmark as _, NasBenchBert};
    use crate::space::transformer::{Layer, Operation, Sampler};

    /// A product of sizes that comes out as 0 when it is cut to a machine word would fit anywhere.
    #[test]
    fn sizes_beyond_counting_are_refused() {
        let drawn = Sampler::new(0).next().unwrap();
        let huge = 1 << (usize::BITS - 1);
        let told = |sizes: Sizes, configuration| sizes.check(&configuration, usize::MAX).unwrap_err().to_string();
        let words = told(Sizes { vocabulary: huge, embedding: 2, ..Sizes::PUBLISHED }, drawn.clone());
        assert!(words.ends_with("need more memory than there is"), "{words}");
        assert!(told(Sizes { batch: huge, ..Sizes::PUBLISHED }, drawn.clone()).ends_with("than there is"));
        let wide = Layer { operation: Operation::Convolution { kernel: huge + 1 }, ..drawn.layers[0] };
        let layers = vec![wide];
        assert!(told(Sizes::PUBLISHED, super::Configuration { layers, ..drawn }).ends_with("than there is"));
    }

    /// The published scorer took 256 and 1,024 whatever the configuration says: with these all 500 counts are the
    /// published ones.
    #[test]
    fn published_parameter_counts_are_met() {
        let table = NasBenchBert.table().unwrap();
        let published = &table.column("num_parameters").unwrap().values;
        let same = |(drawn, published): (crate::space::transformer::Configuration, &f64)| {
            Sizes::PUBLISHED.parameters(&drawn.as_published()) as f64 == *published
        };
        assert_eq!(Sampler::new(0).zip(published).map(same).filter(|same| *same).count(), 500);
    }
}
