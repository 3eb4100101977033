//! Checksums in words.

pub use untrained_core::digest::{hex, sha256};
