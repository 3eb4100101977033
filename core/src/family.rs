//! The families of networks.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A family of networks. A closed set: what differs between families is a `match` in [`crate::network::Model`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    /// Recurrent networks, which read a token at a time; every layer runs the same cell.
    Recurrent,
    /// Encoders, which read a sequence at once.
    Encoder,
    /// Decoders, which predict the next token from those before.
    Decoder,
}

impl Family {
    /// Every family.
    pub const ALL: [Self; 3] = [Self::Recurrent, Self::Encoder, Self::Decoder];

    /// Its name in records, tasks and lists, where encoders keep the name that the first versions gave them.
    pub fn space(self) -> &'static str {
        match self {
            Self::Recurrent => "recurrent",
            Self::Encoder => "transformer",
            Self::Decoder => "decoder",
        }
    }

    /// What its architectures are called, in the plural.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Recurrent => "cells",
            Self::Encoder => "encoders",
            Self::Decoder => "decoders",
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Recurrent => "recurrent networks",
            Self::Encoder => "encoders",
            Self::Decoder => "decoders",
        })
    }
}
