//! A chart as an SVG document.

use plotters::drawing::IntoDrawingArea;
use plotters::prelude::SVGBackend;

use super::{Chart, Error, Theme};

/// The SVG backend of plotters writes text smaller than requested, by this factor.
const SVG_EM: f64 = 1.24;

/// `chart` as an SVG document of `size` (width, height) in pixels, with title and lead as its description.
///
/// # Errors
/// When `size` leaves no room for the data.
pub fn svg(chart: &impl Chart, size: (u32, u32), theme: &Theme) -> Result<String, Error> {
    let theme = Theme { em: SVG_EM * theme.em, ..theme.clone() };
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, size).into_drawing_area();
        chart.draw(&area, &theme)?;
        area.present().map_err(|error| Error::Surface { problem: error.to_string() })?;
    }
    let short = DEFAULTS.iter().fold(text, |text, attribute| text.replace(attribute, ""));
    Ok(described(&short, chart))
}

/// Attributes with their default value, which make up a third of a drawing.
const DEFAULTS: [&str; 2] = [" opacity=\"1\"", " stroke=\"none\""];

/// Adds title and description as the first children of the document, for those who do not see the picture.
fn described(text: &str, chart: &impl Chart) -> String {
    let caption = chart.caption();
    let (title, lead) = (escaped(&caption.title), escaped(&caption.lead));
    text.replacen(">\n", &format!(" role=\"img\">\n<title>{title}</title>\n<desc>{lead}</desc>\n"), 1)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
