//! The plot on a canvas, what the pointer does on it, and what lies over it.

use leptos::html::{Canvas, Div};
use leptos::prelude::*;
use plotters::drawing::IntoDrawingArea as _;
use plotters_canvas::CanvasBackend;
use untrained_core::chart::{Chart as _, Scatter, compact};
use untrained_core::space::recurrent::Recipe;
use web_sys::PointerEvent;

use super::{Bounds, View};
use crate::compute::look_up;
use crate::look::Look;
use crate::rows::table;
use crate::widgets::CellGraph;
use untrained_app::message::{Ask, Told};

/// Pixels within which a point is meant.
const NEAR: f64 = 12.0;

/// A pixel, and the point there: its row, and the values on both axes.
#[derive(Clone, Copy, PartialEq)]
struct Spot {
    at: (f64, f64),
    row: usize,
    value: (f64, f64),
}

/// The plot.
#[component]
pub fn Plot(view: Memo<View>, chosen: Memo<Option<Vec<usize>>>, on_select: Callback<Option<Bounds>>) -> impl IntoView {
    let look = expect_context::<Look>();
    let canvas = NodeRef::<Canvas>::new();
    let frame = NodeRef::<Div>::new();
    let size = RwSignal::new((960u32, 540u32));
    Effect::new(move |_| {
        if let Some(frame) = frame.get() {
            let width = frame.client_width().max(300) as u32;
            size.set((width, if width < 600 { 420 } else { 560 }));
        }
    });
    let spots = Memo::new(move |_| spots(&view.get(), size.get(), look));
    Effect::new(move |_| {
        if let Some(canvas) = canvas.get() {
            draw(&canvas, &view.get().chart, size.get(), look);
        }
    });
    let near = RwSignal::new(None::<Spot>);
    let from = RwSignal::new(None::<(f64, f64)>);
    let to = RwSignal::new(None::<(f64, f64)>);
    let place = |event: &PointerEvent| (f64::from(event.offset_x()), f64::from(event.offset_y()));
    let moved = move |event: PointerEvent| {
        let at = place(&event);
        if from.get_untracked().is_some() {
            to.set(Some(at));
        } else {
            near.set(spots.with_untracked(|spots| nearest(spots, at)));
        }
    };
    let released = move |_| {
        if let (Some(from), Some(to)) = (from.get_untracked(), to.get_untracked()) {
            on_select.run(spots.with_untracked(|spots| bounds(spots, from, to)));
        }
        from.set(None);
        to.set(None);
    };
    view! {
        <div class="plot" node_ref=frame>
            <canvas node_ref=canvas role="img"
                aria-label=move || view.get().chart.words.lead
                on:pointermove=moved on:pointerup=released on:pointerleave=move |_| near.set(None)
                on:pointerdown=move |event: PointerEvent| { from.set(Some(place(&event))); near.set(None); }></canvas>
            <svg class="over" width=move || size.get().0 height=move || size.get().1 aria-hidden="true">
                {move || chosen.get().map(|rows| marks(&spots.get(), &rows))}
                {move || near.get().map(|spot| view! { <circle class="near" cx=spot.at.0 cy=spot.at.1 r="6"/> })}
                {move || from.get().zip(to.get()).map(|(from, to)| brush(from, to))}
            </svg>
        </div>
        <Near near=near/>
    }
}

/// What the pointer is at.
#[component]
fn Near(near: RwSignal<Option<Spot>>) -> impl IntoView {
    let id = Memo::new(move |_| near.get().map(|spot| table().rows[spot.row].id));
    let recipe = LocalResource::new(move || {
        let id = id.get();
        async move { Some(look_up(Ask::Cell(id?)).await) }
    });
    let cell = move || match recipe.get().flatten()? {
        Ok(Told::Cell { recipe, .. }) => {
            Recipe::from_json(&recipe).ok().map(|recipe| view! { <CellGraph recipe=recipe/> })
        }
        _ => None,
    };
    view! {
        <div class="near" aria-live="polite">
            {move || near.get().map(|spot| {
                let id = table().rows[spot.row].id;
                let words = format!("Cell {id}: {} across, {} up", compact(spot.value.0), compact(spot.value.1));
                view! { <p><a href=format!("?page=cell&id={id}")>{words}</a></p> }
            })}
            {move || id.get().is_some().then(cell)}
        </div>
    }
}

fn draw(canvas: &web_sys::HtmlCanvasElement, chart: &Scatter, size: (u32, u32), look: Look) {
    // Set before drawing, since setting them wipes a canvas.
    canvas.set_width(size.0);
    canvas.set_height(size.1);
    if let Some(backend) = CanvasBackend::with_canvas_object(canvas.clone()) {
        // A canvas too small for a chart stays empty.
        _ = chart.draw(&backend.into_drawing_area(), &look.theme());
    }
}

fn spots(view: &View, size: (u32, u32), look: Look) -> Vec<Spot> {
    let places = view.chart.places(size, &look.theme()).unwrap_or_default();
    let clouds = places.iter().zip(&view.chart.clouds).zip(&view.rows);
    let spots = clouds.flat_map(|((places, cloud), rows)| places.iter().zip(&cloud.points).zip(rows));
    spots.filter(|((at, _), _)| at.0.is_finite()).map(|((&at, &value), &row)| Spot { at, row, value }).collect()
}

fn nearest(spots: &[Spot], at: (f64, f64)) -> Option<Spot> {
    let distance = |spot: &Spot| (spot.at.0 - at.0).hypot(spot.at.1 - at.1);
    let closest = spots.iter().min_by(|a, b| distance(a).total_cmp(&distance(b)))?;
    (distance(closest) <= NEAR).then_some(*closest)
}

/// What the points within a rectangle span; none where there is no point.
fn bounds(spots: &[Spot], from: (f64, f64), to: (f64, f64)) -> Option<Bounds> {
    let within = |value: f64, a: f64, b: f64| (a.min(b)..=a.max(b)).contains(&value);
    let inside = spots.iter().filter(|spot| within(spot.at.0, from.0, to.0) && within(spot.at.1, from.1, to.1));
    let span = |bounds: Option<Bounds>, spot: &Spot| {
        let (x, y) = spot.value;
        let [left, right, low, high] = bounds.unwrap_or([x, x, y, y]);
        Some([left.min(x), right.max(x), low.min(y), high.max(y)])
    };
    inside.fold(None, span)
}

fn marks(spots: &[Spot], rows: &[usize]) -> impl IntoView + use<> {
    let dot = |at: (f64, f64)| format!("M{:.0} {:.0}h0", at.0, at.1);
    let path: String =
        spots.iter().filter(|spot| rows.binary_search(&spot.row).is_ok()).map(|spot| dot(spot.at)).collect();
    view! { <path class="chosen" d=path/> }
}

fn brush(from: (f64, f64), to: (f64, f64)) -> impl IntoView {
    let (x, y) = (from.0.min(to.0), from.1.min(to.1));
    view! { <rect class="brush" x=x y=y width=(from.0 - to.0).abs() height=(from.1 - to.1).abs()/> }
}
