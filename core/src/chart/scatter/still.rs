//! A chart with its axes fitted and its points laid on them: all that stays while a window moves over it.

use plotters::prelude::{Color as _, DrawingBackend};

use super::super::pen::{Pen, Place};
use super::super::scale::Fitted;
use super::super::{Area, Error, Theme, density, page};
use super::{Field, Scatter, is_finite};
use crate::rank::quantile;

/// Stands for a point that is not finite.
const NOWHERE: Place = (f64::NAN, f64::NAN);

/// A part of the plane: x from and to, y from and to.
pub type Window = [f64; 4];

/// A chart that is drawn again and again.
#[derive(Debug, Clone, PartialEq)]
pub struct Still {
    chart: Scatter,
    /// Both axes, whole; none where there is no finite point.
    axes: Option<(Fitted, Fitted)>,
    /// The points of each cloud, bent as the axes are.
    bent: Vec<Vec<Place>>,
    /// The finite points from left to right, and the same bent.
    along: Vec<(Place, Place)>,
}

impl Still {
    /// Fits the axes of a chart and lays its points on them.
    #[must_use]
    pub fn new(chart: Scatter) -> Self {
        let x = Fitted::new(chart.x.scale, chart.finite().map(|point| point.0));
        let y = Fitted::new(chart.y.scale, chart.finite().map(|point| point.1));
        let axes = x.zip(y);
        let bend = |point: Place| match &axes {
            Some((x, y)) if is_finite(&point) => (x.bend(point.0), y.bend(point.1)),
            _ => NOWHERE,
        };
        let bent = chart.clouds.iter().map(|cloud| cloud.points.iter().copied().map(bend).collect()).collect();
        let mut along: Vec<(Place, Place)> =
            if chart.trend { chart.finite().map(|point| (point, bend(point))).collect() } else { Vec::new() };
        along.sort_unstable_by(|(a, _), (b, _)| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        Self { chart, axes, bent, along }
    }

    /// The chart.
    #[must_use]
    pub fn chart(&self) -> &Scatter {
        &self.chart
    }

    /// Where each point stands on a field of this chart, cloud by cloud, in logical pixels from the top left corner; NaN
    /// for a point that is left out.
    #[must_use]
    pub fn places(&self, field: &Field) -> Vec<Vec<Place>> {
        let place = |&point: &Place| field.place(point).unwrap_or(NOWHERE);
        self.bent.iter().map(|points| points.iter().map(place).collect()).collect()
    }

    /// Draws the part within `window`, or else what the axes of the chart show; gives the field the points stand on, none
    /// where there is no finite point.
    ///
    /// # Errors
    /// As [`Chart::draw`](super::super::Chart::draw).
    pub fn draw<B: DrawingBackend>(
        &self,
        window: Option<Window>,
        area: &Area<B>,
        theme: &Theme,
    ) -> Result<Option<Field>, Error> {
        let pen = Pen::new(area, theme)?;
        let field = self.lay(window, &pen)?;
        if let Some(field) = &field {
            self.draw_points(&pen, field)?;
            self.draw_trend(&pen, field)?;
        }
        Ok(field)
    }

    /// Writes everything but the points; gives the field they stand on.
    fn lay<B: DrawingBackend>(&self, window: Option<Window>, pen: &Pen<B>) -> Result<Option<Field>, Error> {
        let Scatter { x, y, words, .. } = &self.chart;
        let window =
            window.map_or((x.window, y.window), |[left, right, low, high]| (Some((left, right)), Some((low, high))));
        let windowed = window.0.is_some() || window.1.is_some();
        let page = page::write(pen, words, &self.remarks(windowed))?;
        let Some((x, y)) = self.axes.clone() else { return page::nothing(pen, page).map(|()| None) };
        let (x, y) = (x.shown(window.0), y.shown(window.1));
        let plot = self.chart.frame(pen, page, &x, &y)?;
        Ok(Some(Field { plot, x, y, windowed }))
    }

    fn draw_points<B: DrawingBackend>(&self, pen: &Pen<B>, field: &Field) -> Result<(), Error> {
        let place = |points: &Vec<Place>| points.iter().filter_map(|&point| field.place(point)).collect();
        let places: Vec<Vec<Place>> = self.bent.iter().map(place).collect();
        if self.chart.joined || places.iter().map(Vec::len).sum::<usize>() < FEW {
            return self.draw_apart(pen, &places);
        }
        for (n, marks) in density::Grain::marks(&places, field.plot).into_iter().enumerate() {
            for (rect, opacity) in marks {
                pen.bar(rect, self.chart.colour(pen.theme, n).mix(opacity))?;
            }
        }
        Ok(())
    }

    /// Points so few that each can be seen, or lines through them.
    fn draw_apart<B: DrawingBackend>(&self, pen: &Pen<B>, clouds: &[Vec<Place>]) -> Result<(), Error> {
        for (n, places) in clouds.iter().enumerate() {
            let colour = self.chart.colour(pen.theme, n);
            if self.chart.joined {
                pen.line(places, colour, 2.0)?;
            } else {
                places.iter().try_for_each(|&place| pen.dot(place, DOT, colour.mix(FAINT)))?;
            }
        }
        Ok(())
    }

    fn draw_trend<B: DrawingBackend>(&self, pen: &Pen<B>, field: &Field) -> Result<(), Error> {
        let shown = self.along.iter().filter(|(_, bent)| field.place(*bent).is_some());
        let shown: Vec<Place> = shown.map(|(point, _)| *point).collect();
        let bend = |(x, y): Place| field.place((field.x.bend(x), field.y.bend(y)));
        let line: Vec<Place> = medians(&shown).into_iter().filter_map(bend).collect();
        if line.len() < 2 {
            return Ok(());
        }
        pen.line(&line, pen.theme.paper, 5.0)?;
        pen.line(&line, pen.theme.ink, 2.0)
    }

    /// What the picture does not show as it is.
    fn remarks(&self, windowed: bool) -> Vec<String> {
        let all: usize = self.chart.clouds.iter().map(|cloud| cloud.points.len()).sum();
        let left_out = all - self.chart.finite().count();
        let axes = self.axes.iter().filter(|_| !windowed);
        let beyond: usize = axes.map(|(x, y)| x.beyond() + y.beyond()).sum();
        [
            (beyond > 0).then(|| format!("On the edge of the plot because they lie beyond it: {beyond}.")),
            (left_out > 0).then(|| format!("Left out because they are not finite: {left_out}.")),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// From so many points on, squares that grow darker tell more than dots.
const FEW: usize = 1_000;

/// Radius and opacity of a dot: others are seen through it.
const DOT: f64 = 3.0;
const FAINT: f64 = 0.6;

/// Medians of x and y over up to 16 equal parts of the points, which stand from left to right, each of at least 20.
fn medians(points: &[Place]) -> Vec<Place> {
    let part = points.len().div_ceil(16).max(20);
    points.chunks(part).filter(|chunk| 2 * chunk.len() >= part).map(median).collect()
}

fn median(points: &[Place]) -> Place {
    let (x, mut y): (Vec<f64>, Vec<f64>) = points.iter().copied().unzip();
    y.sort_unstable_by(f64::total_cmp);
    (quantile(&x, 0.5), quantile(&y, 0.5))
}
