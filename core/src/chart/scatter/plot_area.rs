//! The mapping between values and points of a plot.

use super::super::pen::{Point, Rect};
use super::super::scale::Fitted;

/// A plot with both of its axes.
#[derive(Debug, Clone, PartialEq)]
pub struct PlotArea {
    pub(super) plot: Rect,
    pub(super) x: Fitted,
    pub(super) y: Fitted,
    /// Whether only a window of the axes is shown, and points beyond it are omitted.
    pub(super) windowed: bool,
}

impl PlotArea {
    /// The values at a point of the drawing, in logical pixels from the top left corner.
    #[must_use]
    pub fn value(&self, (across, down): Point) -> Point {
        let plot = self.plot;
        (self.x.value((across - plot.left) / plot.width()), self.y.value((plot.bottom - down) / plot.height()))
    }

    /// The window after the plot is moved by so many pixels to the right and down and `zoom` times as much is shown
    /// around the point `about`: x from and to, y from and to.
    #[must_use]
    pub fn span(&self, (right, down): Point, about: Point, zoom: f64) -> [f64; 4] {
        let Rect { left, top, right: end, bottom } = self.plot;
        let around = |edge: f64, about: f64| about + (edge - about) * zoom;
        let corner = |x: f64, y: f64| self.value((around(x, about.0) - right, around(y, about.1) - down));
        let ((x0, y1), (x1, y0)) = (corner(left, top), corner(end, bottom));
        [x0, x1, y0, y1]
    }

    /// The middle of the plot.
    #[must_use]
    pub fn middle(&self) -> Point {
        ((self.plot.left + self.plot.right) / 2.0, (self.plot.top + self.plot.bottom) / 2.0)
    }

    /// The point of the drawing for transformed values; `None` for one that is omitted.
    pub(super) fn point(&self, (x, y): Point) -> Option<Point> {
        let plot = self.plot;
        let shown = !x.is_nan() && (!self.windowed || self.x.spans(x) && self.y.spans(y));
        shown.then(|| (plot.left + self.x.part(x) * plot.width(), plot.bottom - self.y.part(y) * plot.height()))
    }
}
