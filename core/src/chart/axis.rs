//! What an axis shows, and drawing it: thin lines, few of them, every label readable.

use plotters::prelude::DrawingBackend;
use plotters::style::text_anchor::{HPos, VPos};

use super::pen::{Pen, Rect, TextStyle};
use super::scale::{Fitted, Tick};
use super::{Error, Scale, page, text};

/// What one axis shows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Axis {
    /// Name of the quantity.
    pub name: String,
    /// Unit, direction or both: "nats, lower is better"; may be empty.
    pub note: String,
    /// How values are mapped to positions.
    pub scale: Scale,
    /// The range of values that is shown; `None` for all.
    pub window: Option<(f64, f64)>,
}

impl Axis {
    /// An axis whose scale follows the data.
    pub fn new(name: impl Into<String>, note: impl Into<String>) -> Self {
        Self { name: name.into(), note: note.into(), scale: Scale::Auto, window: None }
    }

    /// The same axis on a given scale.
    #[must_use]
    pub fn on(self, scale: Scale) -> Self {
        Self { scale, ..self }
    }

    /// The same axis with only a range of values shown.
    #[must_use]
    pub fn within(self, window: Option<(f64, f64)>) -> Self {
        Self { window, ..self }
    }

    /// Fits the axis to the finite ones of `values`; `None` if there is none.
    pub(super) fn fitted(&self, values: impl Iterator<Item = f64>) -> Option<Fitted> {
        Fitted::new(self.scale, values).map(|fitted| fitted.shown(self.window))
    }

    /// Name, unit and direction, and a note on the scale in use: as much of it as fits into a width of `room` at font
    /// size `size`.
    pub(super) fn label(&self, used: Scale, size: f64, room: f64) -> String {
        let full = self.with(&[&self.note, used.note()]);
        let labels = [full, self.with(&[used.note()]), self.name.clone()];
        let fits = |label: &&String| text::width(label, size) <= room;
        labels.iter().find(fits).cloned().unwrap_or_else(|| text::cut(&self.name, size, room))
    }

    fn with(&self, notes: &[&str]) -> String {
        let notes: Vec<&str> = notes.iter().copied().filter(|note| !note.is_empty()).collect();
        if notes.is_empty() || self.name.is_empty() {
            self.name.clone()
        } else {
            format!("{} ({})", self.name, notes.join("; "))
        }
    }
}

/// Gap between an axis and its labels.
const GAP: f64 = 7.0;

/// Label, which may be empty, and ticks of the axis at one side of a plot.
pub struct Side {
    pub label: String,
    pub ticks: Vec<Tick>,
}

/// Draws the axes left of and below a plot as large as `page` allows; returns the plot.
pub fn frame<B: DrawingBackend>(pen: &Pen<B>, page: Rect, left: &Side, bottom: &Side) -> Result<Rect, Error> {
    let size = pen.theme.small;
    let line = page::leading(size);
    let room = |side: &Side| if side.label.is_empty() { 0.0 } else { line };
    let plot = Rect {
        left: page.left + column(left.ticks.iter().map(|tick| tick.1.as_str()), size),
        top: page.top + room(left) + 8.0,
        bottom: page.bottom - line - room(bottom) - 8.0,
        ..page
    };
    let plot = page::roomy(plot, pen.size())?;
    draw_left(pen, plot, &left.ticks)?;
    draw_bottom(pen, plot, &bottom.ticks)?;
    let style = label_style(pen, (HPos::Left, VPos::Top));
    pen.write(&text::cut(&left.label, size, page.width()), (page.left, page.top), style)?;
    draw_label(pen, page, &bottom.label)?;
    Ok(plot)
}

/// Writes the label of a horizontal axis at the lower right of `page`.
pub fn draw_label<B: DrawingBackend>(pen: &Pen<B>, page: Rect, label: &str) -> Result<(), Error> {
    let point = (page.right, page.bottom - page::leading(pen.theme.small));
    let style = label_style(pen, (HPos::Right, VPos::Top));
    pen.write(&text::cut(label, pen.theme.small, page.width()), point, style)
}

/// Width of the widest of `labels` and the gap to the axis.
pub fn column<'a>(labels: impl Iterator<Item = &'a str>, size: f64) -> f64 {
    labels.map(|label| text::width(label, size)).fold(0.0, f64::max) + GAP
}

/// Draws grid lines, and the labels of the vertical axis left of `plot` as far as they have room.
fn draw_left<B: DrawingBackend>(pen: &Pen<B>, plot: Rect, ticks: &[Tick]) -> Result<(), Error> {
    let style = label_style(pen, (HPos::Right, VPos::Center));
    let mut free = f64::INFINITY;
    for (position, label) in ticks {
        let y = plot.bottom - position * plot.height();
        pen.line(&[(plot.left, y), (plot.right, y)], pen.theme.hair, 1.0)?;
        if y <= free {
            pen.write(label, (plot.left - GAP, y), style)?;
            free = y - page::leading(style.size);
        }
    }
    Ok(())
}

/// Draws the line and short ticks of the horizontal axis below `plot`, and its labels as far as they have room.
pub fn draw_bottom<B: DrawingBackend>(pen: &Pen<B>, plot: Rect, ticks: &[Tick]) -> Result<(), Error> {
    let style = label_style(pen, (HPos::Center, VPos::Top));
    let (surface, _) = pen.size();
    let mut free = f64::NEG_INFINITY;
    pen.line(&[(plot.left, plot.bottom), (plot.right, plot.bottom)], pen.theme.faint, 1.0)?;
    for (position, label) in ticks {
        let half = text::width(label, style.size) / 2.0;
        let x = plot.left + position * plot.width();
        pen.line(&[(x, plot.bottom), (x, plot.bottom + 4.0)], pen.theme.faint, 1.0)?;
        let centre = x.min(surface - half - 2.0).max(half + 2.0);
        if centre - half >= free {
            pen.write(label, (centre, plot.bottom + GAP), style)?;
            free = centre + half + 6.0;
        }
    }
    Ok(())
}

/// Ticks of a vertical axis of about `height`, as many as can be distinguished.
pub fn left_ticks(scale: &Fitted, height: f64) -> Vec<Tick> {
    scale.ticks(((height / 50.0) as usize).max(3))
}

/// Ticks of a horizontal axis of about `width`, as many as have room for their labels.
pub fn bottom_ticks(scale: &Fitted, width: f64) -> Vec<Tick> {
    scale.ticks(((width / 85.0) as usize).max(2))
}

fn label_style<B: DrawingBackend>(pen: &Pen<B>, anchor: (HPos, VPos)) -> TextStyle {
    TextStyle { size: pen.theme.small, colour: pen.theme.faint, bold: false, anchor }
}
