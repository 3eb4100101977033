//! Strokes in logical pixels on a surface of any density.

use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind};
use plotters::element::{Circle, PathElement, Rectangle, Text};
use plotters::prelude::DrawingBackend;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontDesc, FontFamily, FontStyle, RGBAColor, ShapeStyle};

use super::{Colour, Error, Theme};

/// A part of a surface, in its own pixels.
pub type Area<B> = DrawingArea<B, Shift>;

/// A point, in logical pixels from the upper left corner.
pub type Point = (f64, f64);

/// A rectangle, in logical pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rect {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

impl Rect {
    pub fn width(&self) -> f64 {
        self.right - self.left
    }

    pub fn height(&self) -> f64 {
        self.bottom - self.top
    }
}

/// Size, colour and weight of a text, and which of its points is placed at the given one.
#[derive(Clone, Copy)]
pub struct TextStyle {
    pub size: f64,
    pub colour: Colour,
    pub bold: bool,
    pub anchor: (HPos, VPos),
}

/// Draws on one area in one theme.
pub struct Pen<'a, B: DrawingBackend> {
    area: &'a Area<B>,
    pub theme: &'a Theme,
}

impl<'a, B: DrawingBackend> Pen<'a, B> {
    pub fn new(area: &'a Area<B>, theme: &'a Theme) -> Result<Self, Error> {
        let (width, height) = area.dim_in_pixel();
        let corners = [(0, 0), (width as i32, height as i32)];
        area.draw(&Rectangle::new(corners, theme.paper.filled())).map_err(|error| refused(&error))?;
        Ok(Self { area, theme })
    }

    /// Width and height of the area.
    pub fn size(&self) -> (f64, f64) {
        let (width, height) = self.area.dim_in_pixel();
        (f64::from(width) / self.theme.zoom, f64::from(height) / self.theme.zoom)
    }

    pub fn bar(&self, rect: Rect, colour: RGBAColor) -> Result<(), Error> {
        let corners = [self.pixel((rect.left, rect.top)), self.pixel((rect.right, rect.bottom))];
        self.area.draw(&Rectangle::new(corners, colour.filled())).map_err(|error| refused(&error))
    }

    pub fn line(&self, through: &[Point], colour: Colour, width: f64) -> Result<(), Error> {
        let stroke_width = (width * self.theme.zoom).round().max(1.0) as u32;
        let style = ShapeStyle { color: colour.to_rgba(), filled: false, stroke_width };
        self.area.draw(&PathElement::new(self.pixels(through), style)).map_err(|error| refused(&error))
    }

    pub fn dot(&self, centre: Point, radius: f64, colour: RGBAColor) -> Result<(), Error> {
        let radius = (radius * self.theme.zoom).round() as i32;
        self.area.draw(&Circle::new(self.pixel(centre), radius, colour.filled())).map_err(|error| refused(&error))
    }

    /// Writes `text`; nothing when it is empty.
    pub fn write(&self, text: &str, point: Point, style: TextStyle) -> Result<(), Error> {
        if text.is_empty() {
            return Ok(());
        }
        let weight = if style.bold { FontStyle::Bold } else { FontStyle::Normal };
        let font = FontDesc::new(FontFamily::SansSerif, style.size * self.theme.zoom * self.theme.em, weight);
        let style = font.color(&style.colour).pos(Pos::new(style.anchor.0, style.anchor.1));
        self.area.draw(&Text::new(text, self.pixel(point), style)).map_err(|error| refused(&error))
    }

    fn pixels(&self, points: &[Point]) -> Vec<(i32, i32)> {
        points.iter().map(|&point| self.pixel(point)).collect()
    }

    fn pixel(&self, (x, y): Point) -> (i32, i32) {
        ((x * self.theme.zoom).round() as i32, (y * self.theme.zoom).round() as i32)
    }
}

/// A surface's error may borrow from the surface, so only its message is saved.
fn refused<E: std::error::Error + Send + Sync>(error: &DrawingAreaErrorKind<E>) -> Error {
    Error::Surface { problem: error.to_string() }
}
