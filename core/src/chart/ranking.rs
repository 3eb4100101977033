//! A ranking of predictors: one row each, a dot with its interval, between 0 and the ceiling.

use plotters::prelude::{Color as _, DrawingBackend};
use plotters::style::text_anchor::{HPos, VPos};

use super::pen::{Pen, Rect, TextStyle};
use super::scale::Fitted;
use super::{Area, Axis, Caption, Chart, Colour, Error, Scale, Theme, axis, number, page, text};

/// A ranking chart, from 0 to 1. Rows without a finite value show their name and a note.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ranking {
    /// Title, lead and note.
    pub caption: Caption,
    /// The horizontal axis; always linear.
    pub axis: Axis,
    /// The rows from top to bottom.
    pub rows: Vec<Row>,
    /// The noise ceiling: no predictor can be expected to exceed it.
    pub ceiling: Option<Mark>,
    /// The baseline to exceed.
    pub baseline: Option<Mark>,
}

/// One predictor.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// How well it predicts, 0 to 1.
    pub value: f64,
    /// Confidence interval of the value.
    pub interval: Option<(f64, f64)>,
    /// Its kind, shown by its colour.
    pub kind: Kind,
}

/// The kind of a predictor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A score of the untrained network.
    Metric,
    /// Something that needs no network at all, such as counting parameters.
    Baseline,
    /// Something that needs training.
    Training,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Training, Self::Metric, Self::Baseline];

    const fn name(self) -> &'static str {
        match self {
            Self::Metric => "untrained network",
            Self::Baseline => "trivial baseline",
            Self::Training => "needs training",
        }
    }

    fn colour(self, theme: &Theme) -> Colour {
        match self {
            Self::Metric => theme.group(0),
            Self::Baseline => theme.group(1),
            Self::Training => theme.group(2),
        }
    }
}

/// A value on the axis with its name.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    /// Where, 0 to 1.
    pub value: f64,
    /// What it is.
    pub name: String,
}

/// Distance of rows from each other: next to their names, and below them.
const STEP: (f64, f64) = (23.0, 38.0);

/// Names wider than this share of the page are above their rows.
const NAMES: f64 = 0.42;

impl Chart for Ranking {
    fn caption(&self) -> &Caption {
        &self.caption
    }

    fn draw<B: DrawingBackend>(&self, area: &Area<B>, theme: &Theme) -> Result<(), Error> {
        let pen = Pen::new(area, theme)?;
        let page = page::write(&pen, &self.caption, &self.remarks())?;
        if self.rows.is_empty() {
            return page::nothing(&pen, page);
        }
        let page = Rect { top: self.legend(&pen, page)?, ..page };
        let plot = self.frame(&pen, page)?;
        self.draw_marks(&pen, plot)?;
        let step = plot.height() / self.rows.len() as f64;
        let low = if plot.left > page.left { 0.5 } else { 0.72 };
        for (n, row) in self.rows.iter().enumerate() {
            let y = plot.top + (n as f64 + low) * step;
            self.draw_name(&pen, row, plot, y)?;
            draw_row(&pen, row, plot, y)?;
        }
        Ok(())
    }
}

impl Ranking {
    /// A suitable height for the rows on a surface of `width`, in logical pixels.
    #[must_use]
    pub fn height(&self, width: u32, theme: &Theme) -> u32 {
        let page = f64::from(width) - 2.0 * theme.margin;
        let (step, around) = if self.names(theme) > NAMES * page { (STEP.1, 300.0) } else { (STEP.0, 230.0) };
        (around + self.rows.len() as f64 * step) as u32
    }

    /// Width of the names.
    fn names(&self, theme: &Theme) -> f64 {
        axis::column(self.rows.iter().map(|row| row.name.as_str()), theme.body)
    }

    /// Names of the kinds of rows in their colours; returns the top of the remaining page.
    fn legend<B: DrawingBackend>(&self, pen: &Pen<B>, page: Rect) -> Result<f64, Error> {
        let size = pen.theme.body;
        let (mut left, mut top) = (page.left, page.top + 6.0);
        for kind in Kind::ALL.into_iter().filter(|kind| self.rows.iter().any(|row| row.kind == *kind)) {
            let wide = 13.0 + 1.08 * text::width(kind.name(), size);
            if left > page.left && left + wide > page.right {
                (left, top) = (page.left, top + page::leading(size));
            }
            let style = TextStyle { size, colour: kind.colour(pen.theme), bold: true, anchor: (HPos::Left, VPos::Top) };
            pen.dot((left + 4.0, top + 0.42 * size), 4.0, style.colour.to_rgba())?;
            pen.write(kind.name(), (left + 13.0, top), style)?;
            left += wide + 18.0;
        }
        Ok(top + page::leading(size))
    }

    /// The axis and its label; returns the plot inside, right of the names or as wide as the page.
    fn frame<B: DrawingBackend>(&self, pen: &Pen<B>, page: Rect) -> Result<Rect, Error> {
        let line = page::leading(pen.theme.small);
        let names = self.names(pen.theme);
        let above = [&self.ceiling, &self.baseline].into_iter().flatten().count() as f64 * line;
        let plot = Rect {
            left: if names > NAMES * page.width() { page.left } else { page.left + names },
            top: page.top + above + 8.0,
            right: page.right - 8.0,
            bottom: page.bottom - 2.0 * line - 8.0,
        };
        let plot = page::roomy(plot, pen.size())?;
        let ticks = axis::bottom_ticks(&Fitted::between(0.0, 1.0), plot.width());
        for (position, _) in &ticks {
            let x = plot.left + position * plot.width();
            pen.line(&[(x, plot.top), (x, plot.bottom)], pen.theme.hair, 1.0)?;
        }
        axis::draw_bottom(pen, plot, &ticks)?;
        axis::draw_label(pen, page, &self.axis.label(Scale::Linear, pen.theme.small, page.width()))?;
        Ok(plot)
    }

    /// The band from the ceiling to 1 and the line of the baseline, each named above the plot in a line of its own.
    fn draw_marks<B: DrawingBackend>(&self, pen: &Pen<B>, plot: Rect) -> Result<(), Error> {
        if let Some(mark) = &self.ceiling {
            let left = plot.left + mark.value * plot.width();
            let line = if self.baseline.is_some() { page::leading(pen.theme.small) } else { 0.0 };
            pen.bar(Rect { left, ..plot }, pen.theme.faint.mix(0.28))?;
            name_mark(pen, plot, mark, plot.top - 4.0 - line, pen.theme.faint)?;
        }
        if let Some(mark) = &self.baseline {
            let colour = Kind::Baseline.colour(pen.theme);
            dashes(pen, plot.left + mark.value * plot.width(), plot, colour)?;
            name_mark(pen, plot, mark, plot.top - 4.0, colour)?;
        }
        Ok(())
    }

    /// The name left of the plot, or above its row where the plot takes the full width.
    fn draw_name<B: DrawingBackend>(&self, pen: &Pen<B>, row: &Row, plot: Rect, y: f64) -> Result<(), Error> {
        let (size, colour, bold) = (pen.theme.body, pen.theme.ink, false);
        if plot.left > pen.theme.margin + 1.0 {
            let anchor = (HPos::Right, VPos::Center);
            return pen.write(&row.name, (plot.left - 7.0, y), TextStyle { size, colour, bold, anchor });
        }
        let name = text::cut(&row.name, size, plot.width());
        let top = y - 8.0 - page::leading(size);
        let background = Rect { left: plot.left, top, right: plot.left + text::width(&name, size), bottom: y - 8.0 };
        pen.bar(background, pen.theme.paper.mix(0.85))?;
        pen.write(&name, (plot.left, top), TextStyle { size, colour, bold, anchor: (HPos::Left, VPos::Top) })
    }

    fn remarks(&self) -> Vec<String> {
        let missing = self.rows.iter().filter(|row| !row.value.is_finite()).count();
        if missing > 0 { vec![format!("Without a finite value: {missing}.")] } else { Vec::new() }
    }
}

/// Writes a mark's name above the plot, on the side of its value where there is more room.
fn name_mark<B: DrawingBackend>(
    pen: &Pen<B>,
    plot: Rect,
    mark: &Mark,
    bottom: f64,
    colour: Colour,
) -> Result<(), Error> {
    let x = plot.left + mark.value * plot.width();
    let wide = text::width(&mark.name, pen.theme.small);
    let side = if x + wide > plot.right { HPos::Right } else { HPos::Left };
    let x = if matches!(side, HPos::Right) { plot.right } else { x };
    pen.write(
        &mark.name,
        (x, bottom),
        TextStyle { size: pen.theme.small, colour, bold: false, anchor: (side, VPos::Bottom) },
    )
}

/// A dashed vertical line from the top to the bottom of the plot.
fn dashes<B: DrawingBackend>(pen: &Pen<B>, x: f64, plot: Rect, colour: Colour) -> Result<(), Error> {
    let Rect { top, bottom, .. } = plot;
    let count = ((bottom - top) / 7.0) as usize;
    (0..=count)
        .map(|n| top + 7.0 * n as f64)
        .try_for_each(|y| pen.line(&[(x, y), (x, (y + 4.0).min(bottom))], colour, 1.0))
}

fn draw_row<B: DrawingBackend>(pen: &Pen<B>, row: &Row, plot: Rect, y: f64) -> Result<(), Error> {
    if !row.value.is_finite() {
        let style = TextStyle {
            size: pen.theme.small,
            colour: pen.theme.faint,
            bold: false,
            anchor: (HPos::Left, VPos::Center),
        };
        return pen.write("no finite value", (plot.left + 6.0, y), style);
    }
    let colour = row.kind.colour(pen.theme);
    let x = |value: f64| plot.left + value.clamp(0.0, 1.0) * plot.width();
    let (low, high) = row.interval.unwrap_or((row.value, row.value));
    pen.bar(Rect { left: plot.left, top: y - 1.0, right: x(row.value), bottom: y + 1.0 }, colour.mix(0.4))?;
    pen.bar(Rect { left: x(low), top: y - 3.0, right: x(high), bottom: y + 3.0 }, colour.mix(0.45))?;
    pen.dot((x(row.value), y), 4.5, colour.to_rgba())?;
    draw_value(pen, row.value, (x(row.value.min(low)) - 9.0, x(row.value.max(high)) + 9.0, plot.right), y)
}

/// Writes the value right of its dot, or left of it where the plot ends, on a background so that no line crosses it.
fn draw_value<B: DrawingBackend>(
    pen: &Pen<B>,
    value: f64,
    (before, after, end): (f64, f64, f64),
    y: f64,
) -> Result<(), Error> {
    let size = pen.theme.body;
    let label = number::rounded(value, 2);
    let wide = 1.08 * text::width(&label, size);
    let (left, x, side) =
        if after + wide > end { (before - wide, before, HPos::Right) } else { (after, after, HPos::Left) };
    let background = Rect { left: left - 2.0, top: y - 0.6 * size, right: left + wide, bottom: y + 0.6 * size };
    pen.bar(background, pen.theme.paper.to_rgba())?;
    pen.write(&label, (x, y), TextStyle { size, colour: pen.theme.ink, bold: true, anchor: (side, VPos::Center) })
}
