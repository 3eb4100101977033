//! The plot on a canvas, what the pointer and the keys do on it, and what lies over it.

mod brush;
mod hand;

use leptos::html::{Canvas, Div};
use leptos::prelude::*;
use plotters::drawing::IntoDrawingArea as _;
use untrained_app::message::{Ask, Told};
use untrained_core::benchmark::Table;
use untrained_core::chart::{Field, compact};
use untrained_core::space::recurrent::Recipe;
use web_sys::HtmlCanvasElement;

use super::{Bounds, View};
use crate::compute::look_up;
use crate::download::save_canvas;
use crate::look::Look;
use crate::rows;
use crate::widgets::CellGraph;
use brush::Brush;
use hand::Hand;

/// A pixel, and the point there: its row, and the values on both axes.
#[derive(Clone, Copy, PartialEq)]
pub struct Spot {
    at: (f64, f64),
    row: usize,
    value: (f64, f64),
}

/// The plot.
#[component]
pub fn Plot(
    table: Signal<&'static Table>,
    view: Memo<View>,
    chosen: Memo<Option<Vec<usize>>>,
    on_select: Callback<Option<Bounds>>,
    on_window: Callback<Option<Bounds>>,
) -> impl IntoView {
    let look = expect_context::<Look>();
    let canvas = NodeRef::<Canvas>::new();
    let frame = NodeRef::<Div>::new();
    let size = RwSignal::new((960u32, 540u32));
    // While a hand moves the plane its window is here; it goes into the address when the hand lets go.
    let moving = RwSignal::new(None::<Bounds>);
    Effect::new(move |_| {
        if let Some(frame) = frame.get() {
            let width = frame.client_width().max(300) as u32;
            size.set((width, if width < 600 { 420 } else { 560 }));
        }
    });
    // What the points stand on, as it was drawn last.
    let field = RwSignal::new(None::<Field>);
    Effect::new(move |_| {
        if let Some(canvas) = canvas.get() {
            field.set(view.with(|view| draw(&canvas, view, moving.get(), size.get(), look)));
        }
    });
    let spots = Memo::new(move |_| {
        // Nothing is pointed at while the plane moves.
        let field = field.get().filter(|_| moving.get().is_none());
        field.map(|field| view.with(|view| spots(view, &field))).unwrap_or_default()
    });
    let near = RwSignal::new(None::<Spot>);
    let hand = Hand {
        spots: spots.into(),
        field: field.into(),
        moving,
        near,
        brush: RwSignal::new(None),
        on_select,
        on_window,
    };
    view! {
        <div class="plot" node_ref=frame>
            <canvas node_ref=canvas role="img" tabindex="0"
                aria-label=move || view.with(|view| view.chart.chart().words.lead.clone())
                on:pointerdown=move |event| hand.press(&event)
                on:pointermove=move |event| hand.pull(&event)
                on:pointerup=move |_| hand.release()
                on:pointerleave=move |_| near.set(None)
                on:wheel=move |event| hand.wheel(&event)
                on:keydown=move |event| hand.key(&event)></canvas>
            <svg class="over" width=move || size.get().0 height=move || size.get().1 aria-hidden="true">
                {move || chosen.get().map(|rows| marks(&spots.get(), &rows))}
                {move || near.get().map(|spot| view! { <circle class="near" cx=spot.at.0 cy=spot.at.1 r="6"/> })}
                {move || hand.brushed().map(|(from, to)| rectangle(from, to))}
            </svg>
        </div>
        <Buttons hand=hand canvas=canvas/>
        <Near table=table near=near/>
    }
}

/// What the hand does, for those who have no wheel.
#[component]
fn Buttons(hand: Hand, canvas: NodeRef<Canvas>) -> impl IntoView {
    let keep = move |_| _ = canvas.get_untracked().map(|canvas| save_canvas(&canvas, "points.png"));
    view! {
        <p class="buttons">
            <button class="quiet" on:click=move |_| hand.zoom(0.5)>"Zoom in"</button>
            <button class="quiet" on:click=move |_| hand.zoom(2.0)>"Zoom out"</button>
            <button class="quiet" id="whole" on:click=move |_| hand.on_window.run(None)>"Show all points"</button>
            <button class="quiet" on:click=keep>"Save as PNG"</button>
        </p>
    }
}

/// What the pointer is at.
#[component]
fn Near(table: Signal<&'static Table>, near: RwSignal<Option<Spot>>) -> impl IntoView {
    let id = Memo::new(move |_| near.get().map(|spot| table.get().rows[spot.row].id));
    let is_cell = move || rows::one(table.get()) == "Cell";
    let recipe = LocalResource::new(move || {
        let id = id.get();
        let asked = id.filter(|_| is_cell());
        async move { Some(look_up(Ask::Cell(asked?)).await) }
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
                let id = table.get().rows[spot.row].id;
                let words = format!("{} {id}: {} across, {} up", rows::one(table.get()), compact(spot.value.0), compact(spot.value.1));
                view! { <p><a href=rows::link(table.get(), id)>{words}</a></p> }
            })}
            {move || id.get().is_some().then(cell)}
        </div>
    }
}

fn draw(
    canvas: &HtmlCanvasElement,
    view: &View,
    window: Option<Bounds>,
    size: (u32, u32),
    look: Look,
) -> Option<Field> {
    // Setting it wipes a canvas, and costs a new one.
    if (canvas.width(), canvas.height()) != size {
        canvas.set_width(size.0);
        canvas.set_height(size.1);
    }
    let brush = Brush::new(canvas)?;
    // A canvas too small for a chart stays empty.
    view.chart.draw(window, &brush.into_drawing_area(), &look.theme()).ok().flatten()
}

fn spots(View { chart, rows }: &View, field: &Field) -> Vec<Spot> {
    let places = chart.places(field);
    let clouds = places.iter().zip(&chart.chart().clouds).zip(rows);
    let spots = clouds.flat_map(|((places, cloud), rows)| places.iter().zip(&cloud.points).zip(rows));
    spots.filter(|((at, _), _)| at.0.is_finite()).map(|((&at, &value), &row)| Spot { at, row, value }).collect()
}

fn marks(spots: &[Spot], rows: &[usize]) -> impl IntoView + use<> {
    let dot = |at: (f64, f64)| format!("M{:.0} {:.0}h0", at.0, at.1);
    let path: String =
        spots.iter().filter(|spot| rows.binary_search(&spot.row).is_ok()).map(|spot| dot(spot.at)).collect();
    view! { <path class="chosen" d=path/> }
}

fn rectangle(from: (f64, f64), to: (f64, f64)) -> impl IntoView {
    let (x, y) = (from.0.min(to.0), from.1.min(to.1));
    view! { <rect class="brush" x=x y=y width=(from.0 - to.0).abs() height=(from.1 - to.1).abs()/> }
}
