//! Scatter plots of two quantities of thousands of architectures.

mod fitted;
mod plot_area;

use plotters::prelude::DrawingBackend;
use plotters::style::text_anchor::{HPos, VPos};

pub use fitted::{FittedScatter, Window};
pub use plot_area::PlotArea;

use super::axis::Side;
use super::pen::{Pen, Point, Rect, TextStyle};
use super::scale::Fitted;
use super::{Axis, Caption, Colour, Error, Theme, axis, text};

/// A scatter plot. Points that are not finite are omitted and counted below the plot.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Scatter {
    /// Title, lead and note.
    pub caption: Caption,
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical axis.
    pub y: Axis,
    /// Groups of points, each in its own colour; with more than one, their names are shown.
    pub clouds: Vec<Cloud>,
    /// Whether the groups are ordered from low to high; their colours then are, too.
    pub ordered: bool,
    /// Whether to draw a line through the points of each group, in their order, instead of the points.
    pub joined: bool,
    /// Whether to draw the median of y over equal numbers of points along x.
    pub trend: bool,
}

/// A group of points.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Cloud {
    /// Name of the group.
    pub name: String,
    /// Points as (x, y).
    pub points: Vec<Point>,
}

impl Scatter {
    /// Axes, labels and, with several groups, their names; returns the plot inside.
    fn frame<B: DrawingBackend>(&self, pen: &Pen<B>, page: Rect, x: &Fitted, y: &Fitted) -> Result<Rect, Error> {
        let free = self.legend(pen, (page.right, page.top))? - page.left;
        let label = |axis: &Axis, used: &Fitted, room| axis.label(used.scale, pen.theme.small, room);
        let left = Side { label: label(&self.y, y, free), ticks: axis::left_ticks(y, page.height()) };
        let bottom = Side { label: label(&self.x, x, page.width()), ticks: axis::bottom_ticks(x, page.width()) };
        axis::frame(pen, page, &left, &bottom)
    }

    /// Names of the groups in their colours, up to the right edge; returns their left end.
    fn legend<B: DrawingBackend>(&self, pen: &Pen<B>, (mut right, top): Point) -> Result<f64, Error> {
        if self.clouds.len() < 2 {
            return Ok(right);
        }
        for (n, cloud) in self.clouds.iter().enumerate().rev() {
            let colour = self.colour(pen.theme, n);
            let style = TextStyle { size: pen.theme.small, colour, bold: true, anchor: (HPos::Right, VPos::Top) };
            pen.write(&cloud.name, (right, top), style)?;
            right -= 1.08 * text::width(&cloud.name, style.size) + 14.0;
        }
        Ok(right)
    }

    fn colour(&self, theme: &Theme, n: usize) -> Colour {
        if self.ordered { theme.step(n, self.clouds.len()) } else { theme.group(n) }
    }

    fn finite(&self) -> impl Iterator<Item = Point> {
        self.clouds.iter().flat_map(|cloud| cloud.points.iter().copied()).filter(is_finite)
    }
}

fn is_finite(point: &Point) -> bool {
    point.0.is_finite() && point.1.is_finite()
}
