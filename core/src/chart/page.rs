//! What every chart has around its plot: a title, a lead that says what is seen, a caption of what is left out.

use plotters::prelude::DrawingBackend;
use plotters::style::text_anchor::{HPos, VPos};

use super::pen::{Pen, Rect, Type};
use super::{Error, text};

/// The words of a chart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Words {
    /// What is shown, or found.
    pub title: String,
    /// The numbers a reader takes away; may be empty.
    pub lead: String,
    /// Source and small print; may be empty.
    pub caption: String,
}

/// Writes title and lead at the top and caption and `remarks` at the bottom; gives what is left between them.
pub fn write<B: DrawingBackend>(pen: &Pen<B>, words: &Words, remarks: &[String]) -> Result<Rect, Error> {
    let theme = pen.theme;
    let (width, height) = pen.size();
    let page =
        Rect { left: theme.margin, top: theme.margin, right: width - theme.margin, bottom: height - theme.margin };
    let title = Type { size: theme.title, colour: theme.ink, bold: true, at: (HPos::Left, VPos::Top) };
    let lead = Type { size: theme.body, colour: theme.faint, bold: false, ..title };
    let small = Type { size: theme.small, ..lead };

    let top = paragraph(pen, &words.title, page, title)?;
    let top = paragraph(pen, &words.lead, Rect { top, ..page }, lead)?;
    let caption = [std::slice::from_ref(&words.caption), remarks].concat().join(" ");
    let lines = text::wrap(&caption, small.size, page.width()).len();
    let bottom = page.bottom - lines as f64 * leading(small.size);
    paragraph(pen, &caption, Rect { top: bottom, ..page }, small)?;
    roomy(Rect { top: top + 4.0, bottom: if lines == 0 { bottom } else { bottom - 8.0 }, ..page }, (width, height))
}

/// Says in the middle of `plot` that there is nothing to see.
pub fn nothing<B: DrawingBackend>(pen: &Pen<B>, plot: Rect) -> Result<(), Error> {
    let centre = (plot.left + plot.width() / 2.0, plot.top + plot.height() / 2.0);
    let style = Type { size: pen.theme.body, colour: pen.theme.faint, bold: false, at: (HPos::Center, VPos::Center) };
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

/// Writes `words` in lines from the top of `page`; gives where the next paragraph starts.
fn paragraph<B: DrawingBackend>(pen: &Pen<B>, words: &str, page: Rect, style: Type) -> Result<f64, Error> {
    // Bold type runs wider.
    let room = if style.bold { page.width() / 1.08 } else { page.width() };
    let mut top = page.top;
    for line in text::wrap(words, style.size, room) {
        pen.write(&line, (page.left, top), style)?;
        top += leading(style.size);
    }
    Ok(top)
}
