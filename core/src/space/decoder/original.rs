//! Whose names and layout the weights of a decoder have.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Decoder, Norm, Position, Words};

/// Whose names and layout the weights of a decoder have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Original {
    /// GPT-2 in Hugging Face's library: queries, keys and values in one matrix, and matrices [in, out]. LTS' GPT-2 has
    /// the same layers.
    Gpt2,
    /// GPT-Neo in Hugging Face's library.
    GptNeo,
    /// Llama in Hugging Face's library.
    Llama,
    /// HW-GPT-Bench: queries, keys and values of one head after another in one matrix.
    HwGpt,
    /// LTS' Transformer-XL: queries, keys and values in one matrix.
    TransformerXl,
}

impl Original {
    /// Whether queries, keys and values are one matrix, so that no key or value can be shared by heads.
    pub fn is_fused(self) -> bool {
        matches!(self, Self::Gpt2 | Self::HwGpt | Self::TransformerXl)
    }

    /// Whether the matrix of queries, keys and values has one head after another.
    pub fn is_interleaved(self) -> bool {
        self == Self::HwGpt
    }

    /// Whether matrices are stored as [in, out].
    pub fn is_transposed(self) -> bool {
        self == Self::Gpt2
    }

    /// What a decoder has that its original has no weights for.
    pub(super) fn problem(self, decoder: &Decoder) -> Option<String> {
        let position = match decoder.position {
            Position::Learned => matches!(self, Self::Gpt2 | Self::GptNeo),
            Position::Rotary { .. } => matches!(self, Self::HwGpt | Self::Llama),
            Position::Relative => self == Self::TransformerXl,
        };
        let shares = decoder.layers.iter().any(|layer| layer.key_value_heads != layer.heads);
        let adaptive = matches!(decoder.words, Words::Adaptive(_));
        let wrong = [
            (!position, "positions of this kind"),
            ((decoder.norm == Norm::LayerAfter) != (self == Self::TransformerXl), "norms at these places"),
            (decoder.gated != (self == Self::Llama), if decoder.gated { "a gate" } else { "no gate" }),
            (self.is_fused() && shares, "keys and values that heads share"),
            (adaptive && !matches!(self, Self::Gpt2 | Self::TransformerXl), "clusters of words"),
        ];
        let found = wrong.iter().find(|(wrong, _)| *wrong);
        found.map(|(_, what)| format!("the weights of {self} are not those of a decoder with {what}"))
    }
}

impl fmt::Display for Original {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gpt2 => "GPT-2",
            Self::GptNeo => "GPT-Neo",
            Self::Llama => "Llama",
            Self::HwGpt => "HW-GPT",
            Self::TransformerXl => "Transformer-XL",
        })
    }
}
