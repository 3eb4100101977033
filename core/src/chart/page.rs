//! The text around the plot of every chart: a title, a lead that describes it, a note with the source and omissions.

use plotters::prelude::DrawingBackend;
use plotters::style::text_anchor::{HPos, VPos};

use super::pen::{Pen, Rect, TextStyle};
use super::{Error, text};

/// The text of a chart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Caption {
    /// What the chart shows, or the finding.
    pub title: String,
    /// The most important numbers; may be empty.
    pub lead: String,
    /// Source and small print; may be empty.
    pub note: String,
}

/// Writes title and lead at the top and note and `remarks` at the bottom; returns the rectangle between them.
pub fn write<B: DrawingBackend>(pen: &Pen<B>, caption: &Caption, remarks: &[String]) -> Result<Rect, Error> {
    let theme = pen.theme;
    let (width, height) = pen.size();
    let page =
        Rect { left: theme.margin, top: theme.margin, right: width - theme.margin, bottom: height - theme.margin };
    let title = TextStyle { size: theme.title, colour: theme.ink, bold: true, anchor: (HPos::Left, VPos::Top) };
    let lead = TextStyle { size: theme.body, colour: theme.faint, bold: false, ..title };
    let small = TextStyle { size: theme.small, ..lead };

    let top = paragraph(pen, &caption.title, page, title)?;
    let top = paragraph(pen, &caption.lead, Rect { top, ..page }, lead)?;
    let note = [std::slice::from_ref(&caption.note), remarks].concat().join(" ");
    let lines = text::wrap(&note, small.size, page.width()).len();
    let bottom = page.bottom - lines as f64 * leading(small.size);
    paragraph(pen, &note, Rect { top: bottom, ..page }, small)?;
    roomy(Rect { top: top + 4.0, bottom: if lines == 0 { bottom } else { bottom - 8.0 }, ..page }, (width, height))
}

/// Writes in the middle of `plot` that there is nothing to show.
pub fn nothing<B: DrawingBackend>(pen: &Pen<B>, plot: Rect) -> Result<(), Error> {
    let centre = (plot.left + plot.width() / 2.0, plot.top + plot.height() / 2.0);
    let style =
        TextStyle { size: pen.theme.body, colour: pen.theme.faint, bold: false, anchor: (HPos::Center, VPos::Center) };
    pen.write("nothing to show: no finite value", centre, style)
}

/// `plot`, unless it is too small to see anything in it.
pub fn roomy(plot: Rect, surface: (f64, f64)) -> Result<Rect, Error> {
    if plot.width() >= 60.0 && plot.height() >= 40.0 {
        return Ok(plot);
    }
    Err(Error::TooSmall { width: surface.0 as u32, height: surface.1 as u32 })
}

/// Distance from one line of text to the next.
pub fn leading(size: f64) -> f64 {
    (1.35 * size).ceil()
}

/// Writes `content` in lines from the top of `page`; returns the top of the next paragraph.
fn paragraph<B: DrawingBackend>(pen: &Pen<B>, content: &str, page: Rect, style: TextStyle) -> Result<f64, Error> {
    // Bold text is wider.
    let room = if style.bold { page.width() / 1.08 } else { page.width() };
    let mut top = page.top;
    for line in text::wrap(content, style.size, room) {
        pen.write(&line, (page.left, top), style)?;
        top += leading(style.size);
    }
    Ok(top)
}
