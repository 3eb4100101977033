//! Where numbers stand on a plot.

use super::super::pen::{Place, Rect};
use super::super::scale::Fitted;

/// Both axes laid over a plot.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    pub(super) plot: Rect,
    pub(super) x: Fitted,
    pub(super) y: Fitted,
    /// Whether only a part of the axes is shown, and what lies beyond is left out.
    pub(super) windowed: bool,
}

impl Field {
    /// The values at a place in the drawing, in logical pixels from the top left corner.
    #[must_use]
    pub fn value(&self, (across, down): Place) -> Place {
        let plot = self.plot;
        (self.x.value((across - plot.left) / plot.width()), self.y.value((plot.bottom - down) / plot.height()))
    }

    /// What the plot spans when it is moved by so many pixels to the right and down, and `zoom` times as much is shown
    /// around the place `about`: x from and to, y from and to.
    #[must_use]
    pub fn span(&self, (right, down): Place, about: Place, zoom: f64) -> [f64; 4] {
        let Rect { left, top, right: end, bottom } = self.plot;
        let around = |edge: f64, about: f64| about + (edge - about) * zoom;
        let corner = |x: f64, y: f64| self.value((around(x, about.0) - right, around(y, about.1) - down));
        let ((x0, y1), (x1, y0)) = (corner(left, top), corner(end, bottom));
        [x0, x1, y0, y1]
    }

    /// The middle of the plot.
    #[must_use]
    pub fn middle(&self) -> Place {
        ((self.plot.left + self.plot.right) / 2.0, (self.plot.top + self.plot.bottom) / 2.0)
    }

    /// Where a point stands that was bent as the axes are; none for one that is left out.
    pub(super) fn place(&self, (x, y): Place) -> Option<Place> {
        let plot = self.plot;
        let shown = !x.is_nan() && (!self.windowed || self.x.spans(x) && self.y.spans(y));
        shown.then(|| (plot.left + self.x.part(x) * plot.width(), plot.bottom - self.y.part(y) * plot.height()))
    }
}
