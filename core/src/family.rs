//! The families of networks that this program knows.

use serde::{Deserialize, Serialize};

/// What sort of network an architecture describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    /// Recurrent networks, which read a token at a time.
    Recurrent,
    /// Encoders, which read a sequence at once.
    Encoder,
    /// Decoders, which predict the next token from those before.
    Decoder,
}
