//! A scatter plot with fitted axes and transformed points, which are computed once while a window moves over it.

use plotters::prelude::{Color as _, DrawingBackend};

use super::super::pen::{Pen, Point};
use super::super::scale::Fitted;
use super::super::{Area, Caption, Chart, Error, Theme, density, page};
use super::{PlotArea, Scatter, is_finite};
use crate::rank::quantile;

/// In the place of a point that is not finite.
const NOWHERE: Point = (f64::NAN, f64::NAN);

/// A window of values: x from and to, y from and to.
pub type Window = [f64; 4];

/// A scatter plot prepared for drawing it many times.
#[derive(Debug, Clone, PartialEq)]
pub struct FittedScatter {
    chart: Scatter,
    /// Both axes, without a window; `None` where there is no finite point.
    axes: Option<(Fitted, Fitted)>,
    /// The points of each group, transformed as the axes are.
    transformed: Vec<Vec<Point>>,
    /// The finite points from left to right, each with its transformed values.
    along: Vec<(Point, Point)>,
}

impl Chart for Scatter {
    fn caption(&self) -> &Caption {
        &self.caption
    }

    fn draw<B: DrawingBackend>(&self, area: &Area<B>, theme: &Theme) -> Result<(), Error> {
        FittedScatter::new(self.clone()).draw(None, area, theme).map(drop)
    }
}

impl FittedScatter {
    /// Fits the axes of a chart and transforms its points.
    #[must_use]
    pub fn new(chart: Scatter) -> Self {
        let x = Fitted::new(chart.x.scale, chart.finite().map(|point| point.0));
        let y = Fitted::new(chart.y.scale, chart.finite().map(|point| point.1));
        let axes = x.zip(y);
        let transform = |point: Point| match &axes {
            Some((x, y)) if is_finite(&point) => (x.transform(point.0), y.transform(point.1)),
            _ => NOWHERE,
        };
        let transformed =
            chart.clouds.iter().map(|cloud| cloud.points.iter().copied().map(transform).collect()).collect();
        let mut along: Vec<(Point, Point)> =
            if chart.trend { chart.finite().map(|point| (point, transform(point))).collect() } else { Vec::new() };
        along.sort_unstable_by(|(a, _), (b, _)| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        Self { chart, axes, transformed, along }
    }

    /// The chart.
    #[must_use]
    pub fn chart(&self) -> &Scatter {
        &self.chart
    }

    /// The points of each group on a plot of this chart, in logical pixels from the top left corner; NaN for a point
    /// that is omitted.
    #[must_use]
    pub fn places(&self, area: &PlotArea) -> Vec<Vec<Point>> {
        let drawn = |&point: &Point| area.point(point).unwrap_or(NOWHERE);
        self.transformed.iter().map(|points| points.iter().map(drawn).collect()).collect()
    }

    /// Draws the part within `window`, or else the windows of the chart's axes; returns the plot area, `None` where
    /// there is no finite point.
    ///
    /// # Errors
    /// As [`Chart::draw`](super::super::Chart::draw).
    pub fn draw<B: DrawingBackend>(
        &self,
        window: Option<Window>,
        area: &Area<B>,
        theme: &Theme,
    ) -> Result<Option<PlotArea>, Error> {
        let pen = Pen::new(area, theme)?;
        let area = self.draw_frame(window, &pen)?;
        if let Some(area) = &area {
            self.draw_points(&pen, area)?;
            self.draw_trend(&pen, area)?;
        }
        Ok(area)
    }

    /// Draws everything but the points; returns the plot area.
    fn draw_frame<B: DrawingBackend>(&self, window: Option<Window>, pen: &Pen<B>) -> Result<Option<PlotArea>, Error> {
        let Scatter { x, y, caption, .. } = &self.chart;
        let window =
            window.map_or((x.window, y.window), |[left, right, low, high]| (Some((left, right)), Some((low, high))));
        let windowed = window.0.is_some() || window.1.is_some();
        let page = page::write(pen, caption, &self.remarks(windowed))?;
        let Some((x, y)) = self.axes.clone() else { return page::nothing(pen, page).map(|()| None) };
        let (x, y) = (x.shown(window.0), y.shown(window.1));
        let plot = self.chart.frame(pen, page, &x, &y)?;
        Ok(Some(PlotArea { plot, x, y, windowed }))
    }

    fn draw_points<B: DrawingBackend>(&self, pen: &Pen<B>, area: &PlotArea) -> Result<(), Error> {
        let shown = |points: &Vec<Point>| points.iter().filter_map(|&point| area.point(point)).collect();
        let groups: Vec<Vec<Point>> = self.transformed.iter().map(shown).collect();
        if self.chart.joined || groups.iter().map(Vec::len).sum::<usize>() < FEW {
            return self.draw_individually(pen, &groups);
        }
        for (n, marks) in density::Grain::marks(&groups, area.plot).into_iter().enumerate() {
            for (rect, opacity) in marks {
                pen.bar(rect, self.chart.colour(pen.theme, n).mix(opacity))?;
            }
        }
        Ok(())
    }

    /// Draws points so few that each can be seen, or lines through them.
    fn draw_individually<B: DrawingBackend>(&self, pen: &Pen<B>, groups: &[Vec<Point>]) -> Result<(), Error> {
        for (n, points) in groups.iter().enumerate() {
            let colour = self.chart.colour(pen.theme, n);
            if self.chart.joined {
                pen.line(points, colour, 2.0)?;
            } else {
                points.iter().try_for_each(|&point| pen.dot(point, DOT, colour.mix(FAINT)))?;
            }
        }
        Ok(())
    }

    fn draw_trend<B: DrawingBackend>(&self, pen: &Pen<B>, area: &PlotArea) -> Result<(), Error> {
        let shown = self.along.iter().filter(|(_, transformed)| area.point(*transformed).is_some());
        let shown: Vec<Point> = shown.map(|(point, _)| *point).collect();
        let transform = |(x, y): Point| area.point((area.x.transform(x), area.y.transform(y)));
        let line: Vec<Point> = medians(&shown).into_iter().filter_map(transform).collect();
        if line.len() < 2 {
            return Ok(());
        }
        pen.line(&line, pen.theme.paper, 5.0)?;
        pen.line(&line, pen.theme.ink, 2.0)
    }

    /// Notes on points that are omitted or clamped.
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

/// From so many points on, shaded squares are clearer than dots.
const FEW: usize = 1_000;

/// Radius and opacity of a dot; others are visible through it.
const DOT: f64 = 3.0;
const FAINT: f64 = 0.6;

/// Medians of x and y over up to 16 equal parts of the points, sorted from left to right, each of at least 20.
fn medians(points: &[Point]) -> Vec<Point> {
    let part = points.len().div_ceil(16).max(20);
    points.chunks(part).filter(|chunk| 2 * chunk.len() >= part).map(median).collect()
}

fn median(points: &[Point]) -> Point {
    let (x, mut y): (Vec<f64>, Vec<f64>) = points.iter().copied().unzip();
    y.sort_unstable_by(f64::total_cmp);
    (quantile(&x, 0.5), quantile(&y, 0.5))
}
