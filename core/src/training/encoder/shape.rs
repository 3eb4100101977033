//! What an encoder in training is: its configuration with the widths that the published code gives it.

use serde::{Deserialize, Serialize};

use crate::Result;
use crate::network::encoder::{Sizes, checkpoint_names};
use crate::network::transformer::{Listed, Weights};
use crate::space::encoder::{Configuration, Layer, Operation, Similarity};

/// The width of the first feed-forward layer of every layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FirstWidth {
    /// Four times the hidden size, as the published code has it; the configuration counts for further layers alone.
    FourTimesHidden,
    /// That of the configuration.
    AsConfigured,
}

/// An encoder to be trained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EncoderShape {
    /// Its layers.
    pub configuration: Configuration,
    /// Vocabulary, embeddings, and the length T that sequences are padded to.
    pub sizes: Sizes,
    /// Of its feed-forward layers.
    pub first_width: FirstWidth,
}

impl EncoderShape {
    /// The encoder that the published training really trained: scaled dot-product attention in every layer, whatever
    /// its operation says, since the branches for other operations are never entered; and
    /// [`FirstWidth::FourTimesHidden`].
    pub fn as_published(configuration: &Configuration, sizes: &Sizes) -> Self {
        let operation = Operation::Attention(Similarity::ScaledDotProduct);
        let layers = configuration.layers.iter().map(|layer| Layer { operation, ..*layer }).collect();
        let configuration = Configuration { layers, ..*configuration };
        Self { configuration, sizes: *sizes, first_width: FirstWidth::FourTimesHidden }
    }

    /// ELECTRA's generator for this discriminator: the same layers at a quarter of the hidden size. Further feed-forward
    /// layers stay as wide as the discriminator's.
    #[must_use]
    pub fn generator(&self) -> Self {
        let hidden = self.configuration.hidden / 4;
        let configuration = Configuration { hidden, layers: self.configuration.layers.clone() };
        Self { configuration, ..*self }
    }

    /// The width of the first feed-forward layers, where it is not that of the configuration.
    pub fn first(&self) -> Option<usize> {
        match self.first_width {
            FirstWidth::FourTimesHidden => Some(4 * self.configuration.hidden),
            FirstWidth::AsConfigured => None,
        }
    }

    /// Weights of this encoder from a safetensors file, with the names of Hugging Face or of the published code; others
    /// are ignored.
    ///
    /// # Errors
    /// [`crate::Error::Weights`] naming the tensor that is missing, misshapen or of another type.
    pub fn read(&self, bytes: &[u8]) -> Result<Weights> {
        let named = |name: &str| std::iter::once(name.to_owned()).chain(checkpoint_names(name)).collect();
        Weights::read(bytes, self.weights().concat(), named)
    }

    /// The weights of its embeddings, and those of the rest, with their names in PyTorch.
    pub(super) fn weights(&self) -> [Listed; 2] {
        let all = self.sizes.weights_with(&self.configuration, self.first());
        let (embeddings, rest) = all.into_iter().partition(|(name, _)| name.starts_with("embeddings."));
        [embeddings, rest]
    }
}
