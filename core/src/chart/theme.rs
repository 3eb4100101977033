//! One visual language: colours that colour-blind readers can distinguish, three font sizes, few and thin lines.

use plotters::style::RGBColor;
use plotters::style::colors::colormaps::{ColorMap as _, ViridisRGB};

/// A colour in the surface's type.
pub type Colour = RGBColor;

/// Colours and sizes of a chart. Lengths are logical pixels.
#[derive(Debug, Clone, PartialEq)]
pub struct Theme {
    /// Background.
    pub paper: Colour,
    /// Titles and values.
    pub ink: Colour,
    /// Labels, captions and axes.
    pub faint: Colour,
    /// Grid lines and bands.
    pub hair: Colour,
    /// One colour per group, in order; repeated when there are more groups. After Okabe and Ito, "Color Universal
    /// Design" (2008), darkened or lightened for contrast with the background.
    pub series: [Colour; 6],
    /// Size of the title.
    pub title: f64,
    /// Font size of the lead and of names.
    pub body: f64,
    /// Size of tick labels and captions.
    pub small: f64,
    /// Empty border around the chart.
    pub margin: f64,
    /// Pixels of the surface per logical pixel: 2 on a dense display.
    pub zoom: f64,
    /// The factor by which the surface reduces font sizes: 1.24 for the SVG backend of plotters, 1 for a canvas.
    pub em: f64,
}

impl Theme {
    /// Dark on white.
    pub const LIGHT: Self = Self {
        paper: RGBColor(255, 255, 255),
        ink: RGBColor(31, 35, 40),
        faint: RGBColor(92, 99, 108),
        hair: RGBColor(226, 229, 233),
        series: [
            RGBColor(0, 114, 178),
            RGBColor(213, 94, 0),
            RGBColor(0, 138, 101),
            RGBColor(176, 86, 138),
            RGBColor(176, 122, 0),
            RGBColor(56, 148, 200),
        ],
        title: 17.0,
        body: 13.0,
        small: 11.5,
        margin: 20.0,
        zoom: 1.0,
        em: 1.0,
    };

    /// Light on near black.
    pub const DARK: Self = Self {
        paper: RGBColor(18, 22, 28),
        ink: RGBColor(233, 237, 242),
        faint: RGBColor(155, 164, 175),
        hair: RGBColor(45, 52, 61),
        series: [
            RGBColor(86, 180, 233),
            RGBColor(240, 132, 52),
            RGBColor(38, 190, 146),
            RGBColor(222, 146, 190),
            RGBColor(236, 180, 50),
            RGBColor(140, 160, 255),
        ],
        ..Self::LIGHT
    };

    /// The same theme with smaller text and without a border: for one chart among many.
    #[must_use]
    pub fn small_print(&self) -> Self {
        Self { title: 12.5, body: 11.0, small: 10.0, margin: 0.0, ..self.clone() }
    }

    /// The colour of step `n` of `count` from low to high, after Viridis (van der Walt and Smith, 2015), without the
    /// end that has no contrast with the background.
    #[must_use]
    pub fn step(&self, n: usize, count: usize) -> Colour {
        let part = n as f64 / (count.max(2) - 1) as f64;
        let dark = u16::from(self.paper.0) < 128;
        let (low, high) = if dark { (0.3, 1.0) } else { (0.0, 0.82) };
        ViridisRGB.get_color(low + part * (high - low))
    }

    /// The colour of the n-th group.
    #[must_use]
    pub fn group(&self, n: usize) -> Colour {
        self.series[n % self.series.len()]
    }
}
