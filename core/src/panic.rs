//! What a panic says.

use std::fmt;
use std::panic::PanicHookInfo;

/// The message of a panic and where it happened, as a person is to read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Panic {
    /// The message.
    pub message: String,
    /// File, without the path of the machine that built the program, and line.
    pub location: Option<(String, u32)>,
}

impl From<&PanicHookInfo<'_>> for Panic {
    fn from(panic: &PanicHookInfo) -> Self {
        let file = |path: &str| path.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
        Self {
            message: panic.payload_as_str().unwrap_or("no message").to_owned(),
            location: panic.location().map(|location| (file(location.file()), location.line())),
        }
    }
}

impl fmt::Display for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.message)?;
        self.location.as_ref().map_or(Ok(()), |(file, line)| write!(f, " ({file}, line {line})"))
    }
}
