//! Two quantities of thousands of architectures against each other.

use plotters::prelude::{Color as _, DrawingBackend, IntoDrawingArea as _, SVGBackend};
use plotters::style::text_anchor::{HPos, VPos};

use super::axis::Side;
use super::pen::{Pen, Place, Rect, Type};
use super::scale::Fitted;
use super::{Area, Axis, Chart, Error, Theme, Words, axis, density, page, scale, text};

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
struct Field<'a> {
    plot: Rect,
    x: &'a Fitted,
    y: &'a Fitted,
}

impl Field<'_> {
    /// Where the finite ones of `points` stand.
    fn places(&self, points: &[Place]) -> Vec<Place> {
        points.iter().copied().filter(is_finite).map(|point| self.place(point)).collect()
    }

    fn place(&self, (x, y): Place) -> Place {
        let plot = self.plot;
        (plot.left + self.x.place(x) * plot.width(), plot.bottom - self.y.place(y) * plot.height())
    }
}

impl Chart for Scatter {
    fn words(&self) -> &Words {
        &self.words
    }

    fn draw<B: DrawingBackend>(&self, area: &Area<B>, theme: &Theme) -> Result<(), Error> {
        let pen = Pen::new(area, theme)?;
        match self.lay(&pen)? {
            Some((plot, x, y)) => self.draw_points(&pen, &Field { plot, x: &x, y: &y }),
            None => Ok(()),
        }
    }
}

impl Scatter {
    /// Where each point stands in a drawing of `size`, cloud by cloud, in logical pixels from the top left corner; NaN for
    /// a point that is left out.
    ///
    /// # Errors
    /// As [`Chart::draw`].
    pub fn places(&self, size: (u32, u32), theme: &Theme) -> Result<Vec<Vec<Place>>, Error> {
        let mut unseen = String::new();
        let area = SVGBackend::with_string(&mut unseen, size).into_drawing_area();
        let Some((plot, x, y)) = self.lay(&Pen::new(&area, theme)?)? else { return Ok(Vec::new()) };
        let field = Field { plot, x: &x, y: &y };
        let place = |&point: &Place| if is_finite(&point) { field.place(point) } else { (f64::NAN, f64::NAN) };
        Ok(self.clouds.iter().map(|cloud| cloud.points.iter().map(place).collect()).collect())
    }

    /// Writes everything but the points; gives the plot and its axes, unless there is no finite point.
    fn lay<B: DrawingBackend>(&self, pen: &Pen<B>) -> Result<Option<(Rect, Fitted, Fitted)>, Error> {
        let x = Fitted::new(self.x.scale, self.finite().map(|point| point.0));
        let y = Fitted::new(self.y.scale, self.finite().map(|point| point.1));
        let page = page::write(pen, &self.words, &self.remarks(x.as_ref(), y.as_ref()))?;
        let Some((x, y)) = x.zip(y) else { return page::nothing(pen, page).map(|()| None) };
        Ok(Some((self.frame(pen, page, &x, &y)?, x, y)))
    }

    fn draw_points<B: DrawingBackend>(&self, pen: &Pen<B>, field: &Field) -> Result<(), Error> {
        let plot = field.plot;
        let places: Vec<Vec<Place>> = self.clouds.iter().map(|cloud| field.places(&cloud.points)).collect();
        let grain = density::Grain::of(&places, plot);
        for (n, places) in places.iter().enumerate() {
            for (rect, opacity) in grain.marks(places) {
                pen.bar(rect, pen.theme.group(n).mix(opacity))?;
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
            let colour = pen.theme.group(n);
            let style = Type { size: pen.theme.small, colour, bold: true, at: (HPos::Right, VPos::Top) };
            pen.write(&cloud.name, (right, top), style)?;
            right -= 1.08 * text::width(&cloud.name, style.size) + 14.0;
        }
        Ok(right)
    }

    fn draw_trend<B: DrawingBackend>(&self, pen: &Pen<B>, field: &Field) -> Result<(), Error> {
        let line: Vec<Place> = medians(self.finite().collect()).into_iter().map(|point| field.place(point)).collect();
        if line.len() < 2 {
            return Ok(());
        }
        pen.line(&line, pen.theme.paper, 5.0)?;
        pen.line(&line, pen.theme.ink, 2.0)
    }

    fn finite(&self) -> impl Iterator<Item = Place> {
        self.clouds.iter().flat_map(|cloud| cloud.points.iter().copied()).filter(is_finite)
    }

    /// What the picture does not show as it is.
    fn remarks(&self, x: Option<&Fitted>, y: Option<&Fitted>) -> Vec<String> {
        let all: usize = self.clouds.iter().map(|cloud| cloud.points.len()).sum();
        let left_out = all - self.finite().count();
        let beyond: usize = [x, y].into_iter().flatten().map(Fitted::beyond).sum();
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
