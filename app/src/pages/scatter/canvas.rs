//! The plot on a canvas, with pointer and keys, and what is drawn over it.

mod canvas_surface;
mod pointer_tool;

use leptos::html::{Canvas, Div};
use leptos::prelude::*;
use plotters::drawing::IntoDrawingArea as _;
use untrained_app::message::{Answer, Query};
use untrained_core::benchmark::Table;
use untrained_core::chart::PlotArea;
use untrained_core::family::Family;
use untrained_core::space::recurrent::Recipe;
use web_sys::HtmlCanvasElement;

use super::{Bounds, PlotView, name};
use crate::compute::look_up;
use crate::download::save_canvas;
use crate::rows;
use crate::theme::Theme;
use crate::widgets::CellGraph;
use canvas_surface::CanvasSurface;
use pointer_tool::PointerTool;

/// A point of the plot: its pixel, its row, and the values on both axes.
#[derive(Clone, Copy, PartialEq)]
pub struct PlottedPoint {
    pixel: (f64, f64),
    row: usize,
    value: (f64, f64),
}

/// The plot.
#[component]
pub fn Plot(
    table: Signal<&'static Table>,
    /// The columns of both axes.
    axes: Signal<[String; 2]>,
    view: Memo<PlotView>,
    selected: Memo<Option<Vec<usize>>>,
    on_select: Callback<Option<Bounds>>,
    on_window: Callback<Option<Bounds>>,
) -> impl IntoView {
    let theme = expect_context::<Theme>();
    let canvas = NodeRef::<Canvas>::new();
    let frame = NodeRef::<Div>::new();
    let size = RwSignal::new((960u32, 540u32));
    // The window while the plane is moved; it is written into the address at the end.
    let moving = RwSignal::new(None::<Bounds>);
    Effect::new(move |_| {
        theme.width();
        if let Some(frame) = frame.get() {
            let width = frame.client_width().max(280) as u32;
            size.set((width, if width < 600 { 420 } else { 560 }));
        }
    });
    // The plot area as it was drawn last.
    let field = RwSignal::new(None::<PlotArea>);
    Effect::new(move |_| {
        if let Some(canvas) = canvas.get() {
            field.set(view.with(|view| draw(&canvas, view, moving.get(), size.get(), theme)));
        }
    });
    let plotted = Memo::new(move |_| {
        // No point is pointed at while the plane is moved.
        let field = field.get().filter(|_| moving.get().is_none());
        field.map(|field| view.with(|view| points(view, &field))).unwrap_or_default()
    });
    let (near, pinned) = (RwSignal::new(None::<PlottedPoint>), RwSignal::new(None::<usize>));
    // Another benchmark has other rows.
    Effect::new(move |_| {
        table.track();
        near.set(None);
        pinned.set(None);
    });
    let drag = RwSignal::new(None);
    let tool =
        PointerTool { plotted: plotted.into(), field: field.into(), moving, near, pinned, drag, on_select, on_window };
    // A pinned point follows the plane.
    let shown = Memo::new(move |_| {
        let of_pinned = |row| plotted.with(|plotted| plotted.iter().find(|point| point.row == row).copied());
        near.get().or_else(|| pinned.get().and_then(of_pinned))
    });
    view! {
        <div class="plot" node_ref=frame>
            <canvas node_ref=canvas role="img" tabindex="0"
                aria-label=move || view.with(|view| view.chart.chart().caption.lead.clone())
                on:pointerdown=move |event| tool.press(&event)
                on:pointermove=move |event| tool.move_to(&event)
                on:pointerup=move |_| tool.release()
                on:pointercancel=move |_| tool.cancel()
                on:pointerleave=move |_| near.set(None)
                on:wheel=move |event| tool.wheel(&event)
                on:keydown=move |event| tool.key(&event)></canvas>
            <svg class="over" width=move || size.get().0 height=move || size.get().1 aria-hidden="true">
                {move || selected.get().map(|rows| marks(&plotted.get(), &rows))}
                {move || shown.get().map(|point| view! { <circle class="near" cx=point.pixel.0 cy=point.pixel.1 r="6"/> })}
                {move || tool.rectangle().map(|(from, to)| rectangle(from, to))}
            </svg>
            {move || shown.get().and_then(|point| tip(table.get(), axes.get(), point, size.get().0))}
        </div>
        <Buttons tool=tool canvas=canvas/>
        {move || pinned.get().map(|row| view! { <PinnedNetwork table=table row=row/> })}
    }
}

/// The network of a point, next to it.
fn tip(
    table: &'static Table,
    [across, up]: [String; 2],
    point: PlottedPoint,
    width: u32,
) -> Option<impl IntoView + use<>> {
    let id = table.rows.get(point.row)?.id;
    let line = |id: String, value| format!("{}: {}", name(table, &id), rows::shown(table, &id, value, 3));
    let (left, top) = (point.pixel.0.clamp(0.0, f64::from(width.saturating_sub(TIP)).max(0.0)), point.pixel.1 + 12.0);
    Some(view! {
        <p class="tip" aria-live="polite" style:left=format!("{left}px") style:top=format!("{top}px")>
            <strong>{format!("{} {id}", rows::one(table))}</strong>
            <span>{line(across, point.value.0)}</span>
            <span>{line(up, point.value.1)}</span>
        </p>
    })
}

/// Pixels a tip takes at most.
const TIP: u32 = 260;

/// Zooming for those who have no wheel.
#[component]
fn Buttons(tool: PointerTool, canvas: NodeRef<Canvas>) -> impl IntoView {
    let save = move |_| _ = canvas.get_untracked().map(|canvas| save_canvas(&canvas, "points.png"));
    view! {
        <p class="buttons">
            <button class="quiet" on:click=move |_| tool.zoom(0.5)>"Zoom in"</button>
            <button class="quiet" on:click=move |_| tool.zoom(2.0)>"Zoom out"</button>
            <button class="quiet" id="all-points" on:click=move |_| tool.on_window.run(None)>"Show all points"</button>
            <button class="quiet" on:click=save>"Save as PNG"</button>
        </p>
    }
}

/// The network whose point is pinned.
#[component]
fn PinnedNetwork(table: Signal<&'static Table>, row: usize) -> impl IntoView {
    let id = table.get_untracked().rows[row].id;
    let (address, name) = (rows::link(table.get_untracked(), id), format!("{} {id}", rows::one(table.get_untracked())));
    let is_cell = table.get_untracked().about.family == Some(Family::Recurrent);
    let recipe =
        LocalResource::new(move || async move { if is_cell { Some(look_up(Query::Cell(id)).await) } else { None } });
    let cell = move || match recipe.get().flatten()? {
        Ok(Answer::Cell { recipe, .. }) => {
            Recipe::from_json(&recipe).ok().map(|recipe| view! { <CellGraph recipe=recipe/> })
        }
        _ => None,
    };
    view! {
        <div class="pinned" id="pinned" aria-live="polite">
            <p><a href=address>{name}</a></p>
            {cell}
        </div>
    }
}

fn draw(
    canvas: &HtmlCanvasElement,
    view: &PlotView,
    window: Option<Bounds>,
    size: (u32, u32),
    theme: Theme,
) -> Option<PlotArea> {
    let surface = CanvasSurface::new(canvas, size)?;
    // A canvas too small for a chart stays empty.
    view.chart.draw(window, &surface.into_drawing_area(), &theme.of_charts()).ok().flatten()
}

fn points(PlotView { chart, rows }: &PlotView, field: &PlotArea) -> Vec<PlottedPoint> {
    let pixels = chart.places(field);
    let clouds = pixels.iter().zip(&chart.chart().clouds).zip(rows);
    let plotted = clouds.flat_map(|((pixels, cloud), rows)| pixels.iter().zip(&cloud.points).zip(rows));
    plotted
        .filter(|((pixel, _), _)| pixel.0.is_finite())
        .map(|((&pixel, &value), &row)| PlottedPoint { pixel, row, value })
        .collect()
}

fn marks(plotted: &[PlottedPoint], rows: &[usize]) -> impl IntoView + use<> {
    let dot = |(x, y): (f64, f64)| format!("M{x:.0} {y:.0}h0");
    let path: String =
        plotted.iter().filter(|point| rows.binary_search(&point.row).is_ok()).map(|point| dot(point.pixel)).collect();
    view! { <path class="selected" d=path/> }
}

fn rectangle(from: (f64, f64), to: (f64, f64)) -> impl IntoView {
    let (x, y) = (from.0.min(to.0), from.1.min(to.1));
    view! { <rect class="selection" x=x y=y width=(from.0 - to.0).abs() height=(from.1 - to.1).abs()/> }
}
