//! A canvas as a surface for charts that sets the fill colour only when it changes: a plot has thousands of rectangles
//! of a few colours, and parsing a colour takes longer than filling a rectangle.

use leptos::prelude::window;
use leptos::wasm_bindgen::JsCast as _;
use plotters_backend::{BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind};
use plotters_canvas::CanvasBackend;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

type Done = Result<(), DrawingErrorKind<<CanvasBackend as DrawingBackend>::ErrorType>>;

/// The surface.
pub struct CanvasSurface {
    canvas: CanvasBackend,
    context: CanvasRenderingContext2d,
    /// In logical pixels.
    size: (u32, u32),
    /// Red, green, blue and opacity of the fill colour; unknown after anything but a rectangle was drawn.
    colour: Option<((u8, u8, u8), f64)>,
}

impl CanvasSurface {
    /// A surface of this many logical pixels on a canvas, with the density of the screen; none if the browser gives
    /// none.
    pub fn new(canvas: &HtmlCanvasElement, size: (u32, u32)) -> Option<Self> {
        let context: CanvasRenderingContext2d = canvas.get_context("2d").ok()??.dyn_into().ok()?;
        let density = window().device_pixel_ratio().max(1.0);
        let physical = |logical: u32| (f64::from(logical) * density).round() as u32;
        // Setting the size clears a canvas and allocates it again.
        if (canvas.width(), canvas.height()) != (physical(size.0), physical(size.1)) {
            canvas.set_width(physical(size.0));
            canvas.set_height(physical(size.1));
            let style = canvas.style();
            // Only a name that is none could be refused.
            _ = style.set_property("width", &format!("{}px", size.0));
            _ = style.set_property("height", &format!("{}px", size.1));
        }
        context.set_transform(density, 0.0, 0.0, density, 0.0, 0.0).ok()?;
        Some(Self { canvas: CanvasBackend::with_canvas_object(canvas.clone())?, context, size, colour: None })
    }

    fn set_fill(&mut self, BackendColor { rgb, alpha }: BackendColor) {
        if self.colour != Some((rgb, alpha)) {
            let (red, green, blue) = rgb;
            self.context.set_fill_style_str(&format!("rgba({red},{green},{blue},{alpha})"));
            self.colour = Some((rgb, alpha));
        }
    }

    fn other(&mut self) -> &mut CanvasBackend {
        self.colour = None;
        &mut self.canvas
    }
}

impl DrawingBackend for CanvasSurface {
    type ErrorType = <CanvasBackend as DrawingBackend>::ErrorType;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }

    fn ensure_prepared(&mut self) -> Done {
        self.canvas.ensure_prepared()
    }

    fn present(&mut self) -> Done {
        self.canvas.present()
    }

    fn draw_pixel(&mut self, at: BackendCoord, colour: BackendColor) -> Done {
        self.other().draw_pixel(at, colour)
    }

    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Done {
        self.other().draw_line(from, to, style)
    }

    fn draw_rect<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S, fill: bool) -> Done {
        if !fill {
            return self.other().draw_rect(from, to, style, fill);
        }
        self.set_fill(style.color());
        let [left, top, width, height] = [from.0, from.1, to.0 - from.0, to.1 - from.1].map(f64::from);
        self.context.fill_rect(left, top, width, height);
        Ok(())
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, path: I, style: &S) -> Done {
        self.other().draw_path(path, style)
    }

    fn draw_circle<S: BackendStyle>(&mut self, at: BackendCoord, radius: u32, style: &S, fill: bool) -> Done {
        self.other().draw_circle(at, radius, style, fill)
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, path: I, style: &S) -> Done {
        self.other().fill_polygon(path, style)
    }

    fn draw_text<S: BackendTextStyle>(&mut self, text: &str, style: &S, at: BackendCoord) -> Done {
        self.other().draw_text(text, style, at)
    }
}
