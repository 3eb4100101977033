//! What a hand does on the plot: point, select, move, zoom, with pointer, wheel or keys.

use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast as _;
use untrained_core::chart::PlotArea;
use web_sys::{Element, KeyboardEvent, PointerEvent, WheelEvent};

use super::super::Bounds;
use super::Spot;

/// Pixels within which a point is meant.
const NEAR: f64 = 12.0;

/// Pixels within which a press and a release are a click.
const CLICK: f64 = 4.0;

/// Pixels that a heap of points takes.
const HEAP: f64 = 60.0;

/// Buttons that drag: the first one and the wheel.
const DRAGS: [i16; 2] = [0, 1];

/// How much a pixel of the wheel's turn zooms: a notch of 100 by a quarter.
const TURN: f64 = 0.0022;

/// Pixels of a line, in which some wheels are told.
const LINE: f64 = 33.0;

/// Pixels an arrow key moves the plane.
const STEP: f64 = 60.0;

/// A place on the canvas, in pixels.
type Place = (f64, f64);

/// What a drag draws: a rectangle to select, or the plane's way.
#[derive(Clone, Copy, PartialEq)]
pub struct Drag {
    from: Place,
    to: Place,
    /// Whether the plane moves.
    moves: bool,
}

/// The hand on the plot.
#[derive(Clone, Copy)]
pub struct Hand {
    pub spots: Signal<Vec<Spot>>,
    pub field: Signal<Option<PlotArea>>,
    /// The window while the plane moves.
    pub moving: RwSignal<Option<Bounds>>,
    /// What the pointer is at.
    pub near: RwSignal<Option<Spot>>,
    /// The row whose point was clicked.
    pub kept: RwSignal<Option<usize>>,
    pub brush: RwSignal<Option<Drag>>,
    pub on_select: Callback<Option<Bounds>>,
    pub on_window: Callback<Option<Bounds>>,
}

impl Hand {
    /// The rectangle that is being drawn.
    pub fn brushed(self) -> Option<(Place, Place)> {
        self.brush.get().filter(|drag| !drag.moves).map(|drag| (drag.from, drag.to))
    }

    pub fn press(self, event: &PointerEvent) {
        if !DRAGS.contains(&event.button()) {
            return;
        }
        // The way of the pointer is followed beyond the canvas, too.
        if let Some(canvas) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) {
            _ = canvas.set_pointer_capture(event.pointer_id());
        }
        let from = place(event);
        self.near.set(None);
        self.brush.set(Some(Drag { from, to: from, moves: event.shift_key() || event.button() == 1 }));
    }

    pub fn pull(self, event: &PointerEvent) {
        let to = place(event);
        let Some(drag) = self.brush.get_untracked() else {
            self.near.set(self.spots.with_untracked(|spots| nearest(spots, to, NEAR)));
            return;
        };
        let (right, down) = (to.0 - drag.to.0, to.1 - drag.to.1);
        self.brush.set(Some(Drag { to, ..drag }));
        if drag.moves {
            self.moving.set(self.of_field(|field| field.span((right, down), (0.0, 0.0), 1.0)));
        }
    }

    pub fn release(self) {
        let Some(drag) = self.brush.get_untracked() else { return };
        self.brush.set(None);
        match self.moving.get_untracked() {
            Some(window) => self.keep(window),
            None if (drag.from.0 - drag.to.0).hypot(drag.from.1 - drag.to.1) >= CLICK => {
                self.on_select.run(self.of_field(|field| between(field, drag.from, drag.to)));
            }
            None => self.click(drag.to),
        }
    }

    /// Keeps the point that was clicked; a click beside all points lets go of what was kept and selected.
    fn click(self, at: Place) {
        let spot = self.spots.with_untracked(|spots| nearest(spots, at, NEAR));
        self.kept.set(spot.map(|spot| spot.row));
        if spot.is_none() {
            self.on_select.run(None);
        }
    }

    /// Ends a drag that the browser took away.
    pub fn let_go(self) {
        self.brush.set(None);
        self.moving.set(None);
    }

    pub fn wheel(self, event: &WheelEvent) {
        event.prevent_default();
        let lines = if event.delta_mode() == WheelEvent::DOM_DELTA_PIXEL { 1.0 } else { LINE };
        let factor = (event.delta_y() * lines * TURN).exp().clamp(0.5, 2.0);
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
            "Enter" => return self.keep_middle(),
            "Escape" => return self.on_window.run(None),
            _ => return,
        };
        event.prevent_default();
        if let Some(window) = self.of_field(|field| field.span(moved, (0.0, 0.0), 1.0)) {
            self.keep(window);
        }
    }

    /// Shows `factor` times as much around the middle.
    pub fn zoom(self, factor: f64) {
        if let Some(middle) = self.of_field(PlotArea::middle) {
            self.zoom_about(middle, factor);
        }
    }

    fn zoom_about(self, about: Place, factor: f64) {
        if factor > 1.0 && self.sees_a_heap() {
            return;
        }
        if let Some(window) = self.of_field(|field| field.span((0.0, 0.0), about, factor)) {
            self.keep(window);
        }
    }

    /// Whether all points lie so near to each other that showing more would show less.
    fn sees_a_heap(self) -> bool {
        self.spots.with_untracked(|spots| {
            let spread = |of: fn(&Spot) -> f64| {
                let (low, high) = spots
                    .iter()
                    .map(of)
                    .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), at| (low.min(at), high.max(at)));
                high - low
            };
            spread(|spot| spot.at.0) < HEAP && spread(|spot| spot.at.1) < HEAP
        })
    }

    /// Keeps the point that is nearest to the middle.
    fn keep_middle(self) {
        if let Some(middle) = self.of_field(PlotArea::middle) {
            let spot = self.spots.with_untracked(|spots| nearest(spots, middle, f64::INFINITY));
            self.kept.set(spot.map(|spot| spot.row));
        }
    }

    /// Into the address, where it stays. Beyond the largest numbers there is nothing to see.
    fn keep(self, window: Bounds) {
        if window.iter().all(|bound| bound.is_finite()) {
            self.on_window.run(Some(window));
        }
        self.moving.set(None);
    }

    fn of_field<T>(self, of: impl Fn(&PlotArea) -> T) -> Option<T> {
        self.field.with_untracked(|field| field.as_ref().map(of))
    }
}

fn place(event: &PointerEvent) -> Place {
    (f64::from(event.offset_x()), f64::from(event.offset_y()))
}

fn nearest(spots: &[Spot], at: Place, reach: f64) -> Option<Spot> {
    let distance = |spot: &Spot| (spot.at.0 - at.0).hypot(spot.at.1 - at.1);
    let closest = spots.iter().min_by(|a, b| distance(a).total_cmp(&distance(b)))?;
    (distance(closest) <= reach).then_some(*closest)
}

/// What a rectangle spans.
fn between(field: &PlotArea, from: Place, to: Place) -> Bounds {
    let ((x0, y0), (x1, y1)) = (field.value(from), field.value(to));
    [x0.min(x1), x0.max(x1), y0.min(y1), y0.max(y1)]
}
