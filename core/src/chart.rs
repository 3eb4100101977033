//! Charts of plain data, drawn on any surface: the same code draws on a canvas and writes SVG.
//!
//! One file per kind of chart; all of them share one visual language ([`Theme`]), one way to place numbers on an
//! axis ([`Scale`]) and one page: title, lead, plot, note. Lengths are logical pixels; a theme's `zoom` converts
//! them to those of the surface.

mod axis;
mod boxes;
mod density;
mod error;
mod grid;
mod number;
mod page;
mod pen;
mod ranking;
mod scale;
mod scatter;
mod svg;
#[cfg(test)]
mod tests;
mod text;
mod theme;

pub use axis::Axis;
pub use boxes::{Boxes, Group};
pub use error::Error;
pub use grid::Grid;
pub use number::{among, compact, rounded};
pub use page::Caption;
pub use pen::Area;
pub use ranking::{Kind, Mark, Ranking, Row};
pub use scale::Scale;
pub use scatter::{Cloud, FittedScatter, PlotArea, Scatter, Window};
pub use svg::svg;
pub use theme::{Colour, Theme};

use plotters::prelude::DrawingBackend;

/// Something that can be drawn on any surface.
pub trait Chart {
    /// Title, lead and note; title and lead are the description for those who do not see the picture.
    fn caption(&self) -> &Caption;

    /// Draws on all of `area`.
    ///
    /// # Errors
    /// When the surface fails or is too small.
    fn draw<B: DrawingBackend>(&self, area: &Area<B>, theme: &Theme) -> Result<(), Error>;
}
