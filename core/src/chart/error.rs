//! What can go wrong while drawing.

/// Why a chart could not be drawn.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The surface failed.
    #[error("drawing surface: {problem}")]
    Surface {
        /// The error message of the surface.
        problem: String,
    },
    /// After text and margins nothing is left for the data.
    #[error("a chart of {width} x {height} pixels leaves no room for the data")]
    TooSmall {
        /// Width of the surface, in logical pixels.
        width: u32,
        /// Height of the surface, in logical pixels.
        height: u32,
    },
}
