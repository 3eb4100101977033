//! The models of Hugging Face that are the same network as BERT, and what is special about each.

use serde::Deserialize;

use crate::Result;
use crate::network::encoder::Sizes;
use crate::network::transformer::{Array, Listed, Weights};

/// The table of positions, by our name.
const POSITIONS: &str = "embeddings.position_embeddings.weight";

/// The table of kinds of text.
const TYPES: &str = "embeddings.token_type_embeddings.weight";

/// A model that is read as a BERT.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Original {
    /// BERT, and what is trained from it under its name, such as MiniLM.
    Bert,
    /// ELECTRA: embeddings may be narrower than the layers.
    Electra,
    /// RoBERTa: the first two rows of its table of positions belong to no place, and there is one kind of text.
    Roberta,
    /// CamemBERT, a RoBERTa.
    Camembert,
    /// XLM-RoBERTa, a RoBERTa.
    XlmRoberta,
    /// DistilBERT: other names, and no kinds of text.
    #[serde(rename = "distilbert")]
    DistilBert,
}

impl Original {
    /// Rows of the table of positions before that of the first token.
    pub fn unused_positions(self) -> usize {
        match self {
            // The id of padding, and one more: places are counted from there.
            Self::Roberta | Self::Camembert | Self::XlmRoberta => 2,
            Self::Bert | Self::Electra | Self::DistilBert => 0,
        }
    }

    /// Kinds of text that have an embedding.
    pub fn types(self) -> usize {
        match self {
            Self::Bert | Self::Electra => Sizes::TYPES,
            Self::Roberta | Self::Camembert | Self::XlmRoberta => 1,
            Self::DistilBert => 0,
        }
    }

    /// Our weights as its file has them: other shapes, or none.
    pub fn listed(self, ours: Listed) -> Listed {
        let theirs = |(name, mut shape): (String, Vec<usize>)| {
            match name.as_str() {
                POSITIONS => shape[0] += self.unused_positions(),
                TYPES => shape[0] = self.types(),
                _ => {}
            }
            (shape[0] > 0).then_some((name, shape))
        };
        ours.into_iter().filter_map(theirs).collect()
    }

    /// The weights of its file as those of a BERT that computes the same: the first kind of text is the only one that is
    /// read, and without kinds it adds nothing.
    ///
    /// # Errors
    /// [`crate::Error::Weights`] where a table is missing.
    pub fn as_bert(self, mut weights: Weights, width: usize) -> Result<Weights> {
        let positions = weights.get_mut(POSITIONS)?;
        positions.values.drain(..self.unused_positions() * width);
        positions.shape[0] -= self.unused_positions();
        if self.types() < Sizes::TYPES {
            let mut values = weights.get(TYPES).map_or_else(|_| Vec::new(), |table| table.values.clone());
            values.resize(Sizes::TYPES * width, 0.0);
            let table = Array { shape: vec![Sizes::TYPES, width], values };
            weights.append([(TYPES.to_owned(), table)].into_iter().collect());
        }
        Ok(weights)
    }
}
