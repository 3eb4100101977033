//! The plot on a canvas, what the pointer and the keys do on it, and what lies over it.

mod brush;
mod hand;

use leptos::html::{Canvas, Div};
use leptos::prelude::*;
use plotters::drawing::IntoDrawingArea as _;
use untrained_app::message::{Ask, Told};
use untrained_core::benchmark::Table;
use untrained_core::chart::Field;
use untrained_core::family::Family;
use untrained_core::space::recurrent::Recipe;
use web_sys::HtmlCanvasElement;

use super::{Bounds, View, name};
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
    /// The columns of both axes.
    axes: Signal<[String; 2]>,
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
        look.width();
        if let Some(frame) = frame.get() {
            let width = frame.client_width().max(280) as u32;
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
    let (near, kept) = (RwSignal::new(None::<Spot>), RwSignal::new(None::<usize>));
    // Rows are those of their benchmark.
    Effect::new(move |_| {
        table.track();
        near.set(None);
        kept.set(None);
    });
    let brush = RwSignal::new(None);
    let hand = Hand { spots: spots.into(), field: field.into(), moving, near, kept, brush, on_select, on_window };
    // What is kept stays where its point goes.
    let shown = Memo::new(move |_| {
        let of_kept = |row| spots.with(|spots| spots.iter().find(|spot| spot.row == row).copied());
        near.get().or_else(|| kept.get().and_then(of_kept))
    });
    view! {
        <div class="plot" node_ref=frame>
            <canvas node_ref=canvas role="img" tabindex="0"
                aria-label=move || view.with(|view| view.chart.chart().words.lead.clone())
                on:pointerdown=move |event| hand.press(&event)
                on:pointermove=move |event| hand.pull(&event)
                on:pointerup=move |_| hand.release()
                on:pointercancel=move |_| hand.let_go()
                on:pointerleave=move |_| near.set(None)
                on:wheel=move |event| hand.wheel(&event)
                on:keydown=move |event| hand.key(&event)></canvas>
            <svg class="over" width=move || size.get().0 height=move || size.get().1 aria-hidden="true">
                {move || chosen.get().map(|rows| marks(&spots.get(), &rows))}
                {move || shown.get().map(|spot| view! { <circle class="near" cx=spot.at.0 cy=spot.at.1 r="6"/> })}
                {move || hand.brushed().map(|(from, to)| rectangle(from, to))}
            </svg>
            {move || shown.get().and_then(|spot| tip(table.get(), axes.get(), spot, size.get().0))}
        </div>
        <Buttons hand=hand canvas=canvas/>
        {move || kept.get().map(|row| view! { <Kept table=table row=row/> })}
    }
}

/// What a point is, beside it.
fn tip(table: &Table, [across, up]: [String; 2], spot: Spot, width: u32) -> Option<impl IntoView + use<>> {
    let id = table.rows.get(spot.row)?.id;
    let told = |id: String, value| format!("{}: {}", name(table, &id), rows::shown(table, &id, value, 3));
    let (left, top) = (spot.at.0.clamp(0.0, f64::from(width.saturating_sub(TIP)).max(0.0)), spot.at.1 + 12.0);
    Some(view! {
        <p class="tip" aria-live="polite" style:left=format!("{left}px") style:top=format!("{top}px")>
            <strong>{format!("{} {id}", rows::one(table))}</strong>
            <span>{told(across, spot.value.0)}</span>
            <span>{told(up, spot.value.1)}</span>
        </p>
    })
}

/// Pixels a tip takes at most.
const TIP: u32 = 260;

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

/// The network whose point is kept.
#[component]
fn Kept(table: Signal<&'static Table>, row: usize) -> impl IntoView {
    let id = table.get_untracked().rows[row].id;
    let (address, name) = (rows::link(table.get_untracked(), id), format!("{} {id}", rows::one(table.get_untracked())));
    let is_cell = table.get_untracked().about.family == Some(Family::Recurrent);
    let recipe =
        LocalResource::new(move || async move { if is_cell { Some(look_up(Ask::Cell(id)).await) } else { None } });
    let cell = move || match recipe.get().flatten()? {
        Ok(Told::Cell { recipe, .. }) => {
            Recipe::from_json(&recipe).ok().map(|recipe| view! { <CellGraph recipe=recipe/> })
        }
        _ => None,
    };
    view! {
        <div class="kept" id="kept" aria-live="polite">
            <p><a href=address>{name}</a></p>
            {cell}
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
    let brush = Brush::new(canvas, size)?;
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
