//! The head that predicts words from hidden states.
//!
//! ```text
//! z = LayerNorm(gelu(h Wᵀ + b))          h [M, H], W [E, H], z [M, E]
//! ```
//!
//! The words' embeddings are its output matrix ([`crate::network::vocabulary`]), with a bias of its own.

use crate::Result;
use crate::network::encoder::Sizes;
use crate::network::transformer::kernel::builder::Builder;
use crate::network::transformer::kernel::gelu::gelu;
use crate::network::transformer::kernel::linear::{Linear, Tape};
use crate::network::transformer::kernel::norm::Norm;
use crate::network::transformer::{Listed, Scope};
use crate::network::vocabulary::Words;
use crate::observation::Role;

/// The names of the weights of the head of a masked language model begin so.
pub const HEAD: &str = "predictions";

/// The name of the embeddings of the words.
pub const WORDS: &str = "embeddings.word_embeddings.weight";

/// Whether a device reads the weight of this name: of the embeddings, which are looked up on the host, the words alone,
/// as output matrix.
#[cfg(feature = "burn")]
pub fn is_read(name: &str) -> bool {
    name == WORDS || !name.ends_with("_embeddings.weight")
}

/// The head.
pub struct PredictionHead<'a> {
    dense: Linear<'a>,
    norm: Norm<'a>,
    words: Words<'a>,
    /// The name of the bias of the words.
    bias: String,
}

impl<'a> PredictionHead<'a> {
    /// The head with the weights named `name.…`, and the words' embeddings.
    ///
    /// # Errors
    /// [`crate::Error::Weights`] where a weight is missing.
    pub fn new(weights: Scope<'a>, name: &str) -> Result<Self> {
        let mut builder = Builder::new(weights.shared());
        let bias = format!("{name}.bias");
        Ok(Self {
            dense: builder.linear(Role::Unread, &[format!("{name}.dense")])?,
            norm: builder.norm(&format!("{name}.LayerNorm"))?,
            words: Words { table: &weights.weights.get(WORDS)?.values, bias: &weights.weights.get(&bias)?.values },
            bias,
        })
    }

    /// Names and shapes of its weights, without the words', for hidden states of this width.
    pub fn weights(name: &str, hidden: usize, sizes: &Sizes) -> Listed {
        let embedding = sizes.embedding;
        let list = [
            ("dense.weight", vec![embedding, hidden]),
            ("dense.bias", vec![embedding]),
            ("LayerNorm.weight", vec![embedding]),
            ("LayerNorm.bias", vec![embedding]),
            ("bias", vec![sizes.vocabulary]),
        ];
        list.map(|(part, shape)| (format!("{name}.{part}"), shape)).into()
    }

    /// z of hidden states h, and the backward pass from its gradient to that of h.
    pub fn forward(&self, h: Vec<f32>) -> (Vec<f32>, impl FnOnce(Vec<f32>, &mut Tape) -> Vec<f32>) {
        let mut slopes = self.dense.forward(&h);
        let (z, cache) = self.norm.forward(gelu(&mut slopes));
        let back = move |mut upstream: Vec<f32>, tape: &mut Tape| {
            self.norm.backward(&cache, &mut upstream, tape);
            upstream.iter_mut().zip(slopes).for_each(|(upstream, slope)| *upstream *= slope);
            let back = self.dense.backward(&upstream);
            tape.save(&self.dense, h, upstream);
            back
        };
        (z, back)
    }

    /// Its map, whose gradient is computed from a tape.
    pub fn linear(&self) -> &Linear<'a> {
        &self.dense
    }

    /// Its output matrix.
    pub fn words(&self) -> Words<'a> {
        self.words
    }

    /// The name of its bias.
    pub fn bias(&self) -> &str {
        &self.bias
    }
}
