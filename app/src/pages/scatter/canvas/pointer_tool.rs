//! Pointing, selecting, moving and zooming on the plot, with pointer, wheel or keys.

use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast as _;
use untrained_core::chart::PlotArea;
use web_sys::{Element, KeyboardEvent, PointerEvent, WheelEvent};

use super::super::Bounds;
use super::PlottedPoint;

/// Largest distance, in pixels, of a point that is pointed at.
const NEAR: f64 = 12.0;

/// Largest distance, in pixels, between press and release of a click.
const CLICK: f64 = 4.0;

/// Extent, in pixels, of points that are too close together to zoom out.
const CLUSTER: f64 = 60.0;

/// Buttons that drag: the first one and the wheel.
const DRAGS: [i16; 2] = [0, 1];

/// Zoom per pixel of scrolling: a notch of 100 zooms by a quarter.
const ZOOM: f64 = 0.0022;

/// Pixels of a line, the unit of some wheels.
const LINE: f64 = 33.0;

/// Pixels by which an arrow key moves the plane.
const STEP: f64 = 60.0;

/// A position on the canvas, in pixels.
type Pixel = (f64, f64);

/// A drag: it draws a rectangle to select, or moves the plane.
#[derive(Clone, Copy, PartialEq)]
pub struct Drag {
    from: Pixel,
    to: Pixel,
    /// Whether the plane moves.
    moves: bool,
}

/// The state of pointing and dragging.
#[derive(Clone, Copy)]
pub struct PointerTool {
    pub plotted: Signal<Vec<PlottedPoint>>,
    pub field: Signal<Option<PlotArea>>,
    /// The window while the plane moves.
    pub moving: RwSignal<Option<Bounds>>,
    /// The point at the pointer.
    pub near: RwSignal<Option<PlottedPoint>>,
    /// The row whose point was clicked.
    pub pinned: RwSignal<Option<usize>>,
    pub drag: RwSignal<Option<Drag>>,
    pub on_select: Callback<Option<Bounds>>,
    pub on_window: Callback<Option<Bounds>>,
}

impl PointerTool {
    /// The rectangle that is being drawn.
    pub fn rectangle(self) -> Option<(Pixel, Pixel)> {
        self.drag.get().filter(|drag| !drag.moves).map(|drag| (drag.from, drag.to))
    }

    pub fn press(self, event: &PointerEvent) {
        if !DRAGS.contains(&event.button()) {
            return;
        }
        // The pointer is followed beyond the canvas, too.
        if let Some(canvas) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) {
            _ = canvas.set_pointer_capture(event.pointer_id());
        }
        let from = pixel(event);
        self.near.set(None);
        self.drag.set(Some(Drag { from, to: from, moves: event.shift_key() || event.button() == 1 }));
    }

    pub fn move_to(self, event: &PointerEvent) {
        let to = pixel(event);
        let Some(drag) = self.drag.get_untracked() else {
            self.near.set(self.plotted.with_untracked(|plotted| nearest(plotted, to, NEAR)));
            return;
        };
        let (right, down) = (to.0 - drag.to.0, to.1 - drag.to.1);
        self.drag.set(Some(Drag { to, ..drag }));
        if drag.moves {
            self.moving.set(self.of_field(|field| field.span((right, down), (0.0, 0.0), 1.0)));
        }
    }

    pub fn release(self) {
        let Some(drag) = self.drag.get_untracked() else { return };
        self.drag.set(None);
        match self.moving.get_untracked() {
            Some(window) => self.set_window(window),
            None if (drag.from.0 - drag.to.0).hypot(drag.from.1 - drag.to.1) >= CLICK => {
                self.on_select.run(self.of_field(|field| between(field, drag.from, drag.to)));
            }
            None => self.click(drag.to),
        }
    }

    /// Pins the point that was clicked; a click elsewhere unpins it and clears the selection.
    fn click(self, at: Pixel) {
        let point = self.plotted.with_untracked(|plotted| nearest(plotted, at, NEAR));
        self.pinned.set(point.map(|point| point.row));
        if point.is_none() {
            self.on_select.run(None);
        }
    }

    /// Ends a drag that the browser cancelled.
    pub fn cancel(self) {
        self.drag.set(None);
        self.moving.set(None);
    }

    pub fn wheel(self, event: &WheelEvent) {
        event.prevent_default();
        let lines = if event.delta_mode() == WheelEvent::DOM_DELTA_PIXEL { 1.0 } else { LINE };
        let factor = (event.delta_y() * lines * ZOOM).exp().clamp(0.5, 2.0);
        self.zoom_about((f64::from(event.offset_x()), f64::from(event.offset_y())), factor);
    }

    pub fn key(self, event: &KeyboardEvent) {
        let moved = match event.key().as_str() {
            "ArrowLeft" => (STEP, 0.0),
            "ArrowRight" => (-STEP, 0.0),
            "ArrowUp" => (0.0, STEP),
            "ArrowDown" => (0.0, -STEP),
            "+" => return self.zoom(0.8),
            "-" => return self.zoom(1.25),
            "Enter" => return self.pin_middle(),
            "Escape" => return self.on_window.run(None),
            _ => return,
        };
        event.prevent_default();
        if let Some(window) = self.of_field(|field| field.span(moved, (0.0, 0.0), 1.0)) {
            self.set_window(window);
        }
    }

    /// Shows `factor` times as much around the middle.
    pub fn zoom(self, factor: f64) {
        if let Some(middle) = self.of_field(PlotArea::middle) {
            self.zoom_about(middle, factor);
        }
    }

    fn zoom_about(self, about: Pixel, factor: f64) {
        if factor > 1.0 && self.is_zoomed_out() {
            return;
        }
        if let Some(window) = self.of_field(|field| field.span((0.0, 0.0), about, factor)) {
            self.set_window(window);
        }
    }

    /// Whether all points are so close together that zooming out would show less.
    fn is_zoomed_out(self) -> bool {
        self.plotted.with_untracked(|plotted| {
            let spread = |of: fn(&PlottedPoint) -> f64| {
                let (low, high) = plotted
                    .iter()
                    .map(of)
                    .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), at| (low.min(at), high.max(at)));
                high - low
            };
            spread(|point| point.pixel.0) < CLUSTER && spread(|point| point.pixel.1) < CLUSTER
        })
    }

    /// Pins the point that is nearest to the middle.
    fn pin_middle(self) {
        if let Some(middle) = self.of_field(PlotArea::middle) {
            let point = self.plotted.with_untracked(|plotted| nearest(plotted, middle, f64::INFINITY));
            self.pinned.set(point.map(|point| point.row));
        }
    }

    /// Sets the window in the address. Beyond the largest numbers there is nothing to see.
    fn set_window(self, window: Bounds) {
        if window.iter().all(|bound| bound.is_finite()) {
            self.on_window.run(Some(window));
        }
        self.moving.set(None);
    }

    fn of_field<T>(self, of: impl Fn(&PlotArea) -> T) -> Option<T> {
        self.field.with_untracked(|field| field.as_ref().map(of))
    }
}

fn pixel(event: &PointerEvent) -> Pixel {
    (f64::from(event.offset_x()), f64::from(event.offset_y()))
}

fn nearest(plotted: &[PlottedPoint], at: Pixel, reach: f64) -> Option<PlottedPoint> {
    let distance = |point: &PlottedPoint| (point.pixel.0 - at.0).hypot(point.pixel.1 - at.1);
    let closest = plotted.iter().min_by(|a, b| distance(a).total_cmp(&distance(b)))?;
    (distance(closest) <= reach).then_some(*closest)
}

/// The bounds of a rectangle.
fn between(field: &PlotArea, from: Pixel, to: Pixel) -> Bounds {
    let ((x0, y0), (x1, y1)) = (field.value(from), field.value(to));
    [x0.min(x1), x0.max(x1), y0.min(y1), y0.max(y1)]
}
