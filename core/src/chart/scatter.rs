//! Two quantities of thousands of architectures against each other.

use plotters::prelude::{Color as _, DrawingBackend};
use plotters::style::text_anchor::{HPos, VPos};

use super::axis::Side;
use super::pen::{Pen, Place, Rect, Type};
use super::scale::Fitted;
use super::{Area, Axis, Chart, Colour, Error, Theme, Words, axis, density, page, scale, text};

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

/// Both axes laid over a plot.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    plot: Rect,
    x: Fitted,
    y: Fitted,
    /// Whether only a part of the axes is shown, and what lies beyond is left out.
    windowed: bool,
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

    /// Where the points stand that are shown.
    fn places(&self, points: &[Place]) -> Vec<Place> {
        points.iter().copied().filter_map(|point| self.place(point)).collect()
    }

    /// Where a point stands; none for one that is left out.
    fn place(&self, (x, y): Place) -> Option<Place> {
        let plot = self.plot;
        let shown = is_finite(&(x, y)) && (!self.windowed || self.x.shows(x) && self.y.shows(y));
        shown.then(|| (plot.left + self.x.place(x) * plot.width(), plot.bottom - self.y.place(y) * plot.height()))
    }
}

impl Chart for Scatter {
    fn words(&self) -> &Words {
        &self.words
    }

    fn draw<B: DrawingBackend>(&self, area: &Area<B>, theme: &Theme) -> Result<(), Error> {
        self.draw_field(area, theme).map(drop)
    }
}

impl Scatter {
    /// Where each point stands on a field of this chart, cloud by cloud, in logical pixels from the top left corner; NaN
    /// for a point that is left out.
    #[must_use]
    pub fn places(&self, field: &Field) -> Vec<Vec<Place>> {
        let place = |&point: &Place| field.place(point).unwrap_or((f64::NAN, f64::NAN));
        self.clouds.iter().map(|cloud| cloud.points.iter().map(place).collect()).collect()
    }

    /// Draws as [`Chart::draw`] and gives the field the points stand on; none where there is no finite point.
    ///
    /// # Errors
    /// As [`Chart::draw`].
    pub fn draw_field<B: DrawingBackend>(&self, area: &Area<B>, theme: &Theme) -> Result<Option<Field>, Error> {
        let pen = Pen::new(area, theme)?;
        let field = self.lay(&pen)?;
        if let Some(field) = &field {
            self.draw_points(&pen, field)?;
        }
        Ok(field)
    }

    /// Writes everything but the points; gives the field they stand on, unless there is no finite point.
    fn lay<B: DrawingBackend>(&self, pen: &Pen<B>) -> Result<Option<Field>, Error> {
        let x = self.x.fitted(self.finite().map(|point| point.0));
        let y = self.y.fitted(self.finite().map(|point| point.1));
        let page = page::write(pen, &self.words, &self.remarks(x.as_ref(), y.as_ref()))?;
        let Some((x, y)) = x.zip(y) else { return page::nothing(pen, page).map(|()| None) };
        let plot = self.frame(pen, page, &x, &y)?;
        Ok(Some(Field { plot, x, y, windowed: self.windowed() }))
    }

    fn windowed(&self) -> bool {
        self.x.window.is_some() || self.y.window.is_some()
    }

    fn draw_points<B: DrawingBackend>(&self, pen: &Pen<B>, field: &Field) -> Result<(), Error> {
        let plot = field.plot;
        let places: Vec<Vec<Place>> = self.clouds.iter().map(|cloud| field.places(&cloud.points)).collect();
        for (n, marks) in density::Grain::marks(&places, plot).into_iter().enumerate() {
            for (rect, opacity) in marks {
                pen.bar(rect, self.colour(pen.theme, n).mix(opacity))?;
            }
        }
        if self.trend { self.draw_trend(pen, field) } else { Ok(()) }
    }

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

    fn draw_trend<B: DrawingBackend>(&self, pen: &Pen<B>, field: &Field) -> Result<(), Error> {
        let shown = self.finite().filter(|point| field.place(*point).is_some()).collect();
        let line: Vec<Place> = medians(shown).into_iter().filter_map(|point| field.place(point)).collect();
        if line.len() < 2 {
            return Ok(());
        }
        pen.line(&line, pen.theme.paper, 5.0)?;
        pen.line(&line, pen.theme.ink, 2.0)
    }

    fn colour(&self, theme: &Theme, n: usize) -> Colour {
        if self.ordered { theme.step(n, self.clouds.len()) } else { theme.group(n) }
    }

    fn finite(&self) -> impl Iterator<Item = Place> {
        self.clouds.iter().flat_map(|cloud| cloud.points.iter().copied()).filter(is_finite)
    }

    /// What the picture does not show as it is.
    fn remarks(&self, x: Option<&Fitted>, y: Option<&Fitted>) -> Vec<String> {
        let all: usize = self.clouds.iter().map(|cloud| cloud.points.len()).sum();
        let left_out = all - self.finite().count();
        let beyond: usize = if self.windowed() { 0 } else { [x, y].into_iter().flatten().map(Fitted::beyond).sum() };
        [
            (beyond > 0).then(|| format!("On the edge of the plot because they lie beyond it: {beyond}.")),
            (left_out > 0).then(|| format!("Left out because they are not finite: {left_out}.")),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

fn is_finite(point: &Place) -> bool {
    point.0.is_finite() && point.1.is_finite()
}

/// Medians of x and y over up to 16 equal parts of the points along x, each of at least 20 points.
fn medians(mut points: Vec<Place>) -> Vec<Place> {
    points.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let part = points.len().div_ceil(16).max(20);
    points.chunks(part).filter(|chunk| 2 * chunk.len() >= part).map(median).collect()
}

fn median(points: &[Place]) -> Place {
    let middle = |mut values: Vec<f64>| {
        values.sort_unstable_by(f64::total_cmp);
        scale::quantile(&values, 0.5)
    };
    (middle(points.iter().map(|p| p.0).collect()), middle(points.iter().map(|p| p.1).collect()))
}
