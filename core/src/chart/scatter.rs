//! Two quantities of thousands of architectures against each other.

mod field;
mod still;

use plotters::prelude::DrawingBackend;
use plotters::style::text_anchor::{HPos, VPos};

pub use field::Field;
pub use still::{Still, Window};

use super::axis::Side;
use super::pen::{Pen, Place, Rect, Type};
use super::scale::Fitted;
use super::{Area, Axis, Chart, Colour, Error, Theme, Words, axis, text};

/// A scatter chart. Points that are not finite are left out and counted in the caption.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Scatter {
    /// Title, lead and caption.
    pub words: Words,
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical axis.
    pub y: Axis,
    /// Groups of points, each in its own colour; with more than one, their names are shown.
    pub clouds: Vec<Cloud>,
    /// Whether the groups are steps from low to high, so that their colours are, too.
    pub ordered: bool,
    /// Draws a line through the points of each cloud, in their order, and no points.
    pub joined: bool,
    /// Draws the median of y over equal numbers of points along x.
    pub trend: bool,
}

/// A group of points.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Cloud {
    /// Name of the group.
    pub name: String,
    /// Points as (x, y).
    pub points: Vec<Place>,
}

impl Chart for Scatter {
    fn words(&self) -> &Words {
        &self.words
    }

    fn draw<B: DrawingBackend>(&self, area: &Area<B>, theme: &Theme) -> Result<(), Error> {
        Still::new(self.clone()).draw(None, area, theme).map(drop)
    }
}

impl Scatter {
    /// Axes, labels and, with several groups, their names; gives the plot inside.
    fn frame<B: DrawingBackend>(&self, pen: &Pen<B>, page: Rect, x: &Fitted, y: &Fitted) -> Result<Rect, Error> {
        let free = self.legend(pen, (page.right, page.top))? - page.left;
        let label = |axis: &Axis, used: &Fitted, room| axis.label(used.scale, pen.theme.small, room);
        let left = Side { label: label(&self.y, y, free), ticks: axis::left_ticks(y, page.height()) };
        let bottom = Side { label: label(&self.x, x, page.width()), ticks: axis::bottom_ticks(x, page.width()) };
        axis::frame(pen, page, &left, &bottom)
    }

    /// Names of the groups in their colours, up to the right edge; gives where they start.
    fn legend<B: DrawingBackend>(&self, pen: &Pen<B>, (mut right, top): Place) -> Result<f64, Error> {
        if self.clouds.len() < 2 {
            return Ok(right);
        }
        for (n, cloud) in self.clouds.iter().enumerate().rev() {
            let colour = self.colour(pen.theme, n);
            let style = Type { size: pen.theme.small, colour, bold: true, at: (HPos::Right, VPos::Top) };
            pen.write(&cloud.name, (right, top), style)?;
            right -= 1.08 * text::width(&cloud.name, style.size) + 14.0;
        }
        Ok(right)
    }

    fn colour(&self, theme: &Theme, n: usize) -> Colour {
        if self.ordered { theme.step(n, self.clouds.len()) } else { theme.group(n) }
    }

    fn finite(&self) -> impl Iterator<Item = Place> {
        self.clouds.iter().flat_map(|cloud| cloud.points.iter().copied()).filter(is_finite)
    }
}

fn is_finite(point: &Place) -> bool {
    point.0.is_finite() && point.1.is_finite()
}
