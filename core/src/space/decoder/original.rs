//! Whose names and layout the weights of a decoder have.

use std::fmt;

use serde::{Deserialize, Serialize};

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
