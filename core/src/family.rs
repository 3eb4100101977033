//! The families of networks.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A family of networks. A closed set: what differs between families is a `match` in [`crate::network::model`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Family {
    /// Recurrent networks, every layer of which runs the same cell.
    #[serde(rename = "recurrent")]
    Recurrent,
    /// Encoders. Records and tasks keep the name that the first versions gave them.
    #[serde(rename = "transformer", alias = "encoder")]
    Encoder,
}

impl Family {
    /// Every family.
    pub const ALL: [Self; 2] = [Self::Recurrent, Self::Encoder];

    /// Its name in records, tasks and lists.
    pub fn id(self) -> &'static str {
        match self {
            Self::Recurrent => "recurrent",
            Self::Encoder => "transformer",
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Recurrent => "recurrent networks",
            Self::Encoder => "encoders",
        })
    }
}
