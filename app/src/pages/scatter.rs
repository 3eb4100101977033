//! Plots any column against any other, for all rows; hover, select, zoom, move.

mod canvas;
mod colour;
mod selected_rows;

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{query_signal_with_options, use_navigate};
use untrained_app::parse::read_bounds;
use untrained_core::benchmark::Table;
use untrained_core::chart::{Axis, Caption, Cloud, FittedScatter, Scale, Scatter};
use untrained_core::figure::words;
use untrained_core::rank::measure;

use crate::address::query;
use crate::rows::{self, LOSS, columns, values};
use crate::widgets::Choice;
use canvas::Plot;
use colour::Colouring;
use selected_rows::SelectedRows;

const SCALES: [(&str, &str, Scale); 4] = [
    ("auto", "auto", Scale::Auto),
    ("linear", "linear", Scale::Linear),
    ("log", "log", Scale::SignedLog),
    ("rank", "rank", Scale::Rank),
];

/// A chart and the row of each of its points.
#[derive(Clone, PartialEq)]
struct PlotView {
    chart: FittedScatter,
    /// Per cloud, the row of each point.
    rows: Vec<Vec<usize>>,
}

/// The choices of the visitor.
#[derive(Clone, PartialEq)]
struct Choices {
    x: String,
    y: String,
    scales: (Scale, Scale),
    colour: String,
    /// Only points within these bounds.
    window: Option<Bounds>,
}

/// A part of the plane: bounds of x, then of y.
pub type Bounds = [f64; 4];

/// The page.
#[component]
pub fn ScatterPage() -> impl IntoView {
    let (benchmark, _) = text("benchmark", rows::table().about.id);
    let table = Signal::derive(move || rows::of(&benchmark.get()));
    let (x, set_x) = query::<String>("x");
    let x = Signal::derive(move || x.get().unwrap_or_else(|| rows::best(table.get()).into()));
    let set_x = Callback::new(move |id| set_x.set(Some(id)));
    let (y, set_y) = text("y", LOSS);
    let (across, set_across) = text("xscale", "auto");
    let (up, set_up) = text("yscale", "auto");
    let (colour, set_colour) = text("colour", "none");
    let (area, set_area) = bounds("area", false);
    // Otherwise each turn of the wheel would add an entry to the history.
    let (window, set_window) = bounds("window", true);
    let view = Memo::new(move |_| {
        let scales = (scale(&across.get()), scale(&up.get()));
        let (x, y, colour, window) = (x.get(), y.get(), colour.get(), window.get());
        plotted(table.get(), &Choices { x, y, scales, colour, window })
    });
    let selected = Memo::new(move |_| area.get().map(|bounds| inside(table.get(), &x.get(), &y.get(), &bounds)));
    // Bounds apply to the columns they were drawn on.
    let changing = move |set: Callback<String>| {
        Callback::new(move |id| {
            set_area.run(None);
            set_window.run(None);
            set.run(id);
        })
    };
    let go = use_navigate();
    let changing_benchmark = Callback::new(move |id: String| {
        go(&format!("?page=scatter&benchmark={id}"), NavigateOptions { scroll: false, ..NavigateOptions::default() });
    });
    let scales = || SCALES.iter().map(|&(id, name, _)| (id, name.to_owned())).collect::<Vec<_>>();
    view! {
        <p class="lead">
            "Every trained network of the benchmark is a point. "
            <span class="fine">
                "Point at one to see it, click it to pin it, drag to select, turn the wheel to zoom, hold Shift and drag \
                 to move."
            </span>
            <span class="coarse">"Tap one to pin it, and zoom with the buttons below."</span>
        </p>
        <div class="controls">
            <Choice label="Benchmark" value=benchmark on_change=changing_benchmark options=rows::benchmarks()/>
            {move || view! { <Choice label="Horizontal" value=x on_change=changing(set_x) options=columns(table.get())/> }}
            <Choice label="Its scale" value=across on_change=set_across options=scales()/>
            {move || view! { <Choice label="Vertical" value=y on_change=changing(set_y) options=columns(table.get())/> }}
            <Choice label="Its scale" value=up on_change=set_up options=scales()/>
            {move || view! { <Choice label="Colour" value=colour on_change=set_colour options=colour::options(table.get())/> }}
        </div>
        <Plot table=table axes=Signal::derive(move || [x.get(), y.get()]) view=view selected=selected on_select=set_area on_window=set_window/>
        {move || selected.get().map(|rows| view! {
            <SelectedRows table=table.get_untracked() rows=rows on_zoom=Callback::new(move |()| set_window.run(area.get_untracked()))
                on_clear=Callback::new(move |()| set_area.run(None))/>
        })}
    }
}

/// A choice in the address.
fn text(key: &'static str, default: &'static str) -> (Signal<String>, Callback<String>) {
    let (value, set) = query::<String>(key);
    let current = Signal::derive(move || value.get().unwrap_or_else(|| default.into()));
    (current, Callback::new(move |id| set.set(Some(id))))
}

/// A part of the plane in the address; setting it adds an entry to the history or replaces the last one.
fn bounds(key: &'static str, replace: bool) -> (Memo<Option<Bounds>>, Callback<Option<Bounds>>) {
    let options = NavigateOptions { replace, scroll: false, ..NavigateOptions::default() };
    let (value, set) = query_signal_with_options::<String>(key, options);
    let written = |bounds: Bounds| bounds.map(|bound| format!("{bound:e}")).join("_");
    (
        Memo::new(move |_| value.get().as_deref().and_then(read_bounds)),
        Callback::new(move |bounds: Option<Bounds>| set.set(bounds.map(written))),
    )
}

fn scale(id: &str) -> Scale {
    SCALES.iter().find(|(known, ..)| *known == id).map_or(Scale::Auto, |(.., scale)| *scale)
}

/// Rows whose point is within the bounds.
fn inside(table: &Table, x: &str, y: &str, [left, right, low, high]: &Bounds) -> Vec<usize> {
    let Some((x, y)) = values(table, x).zip(values(table, y)) else { return Vec::new() };
    (0..table.rows.len())
        .filter(|&row| (*left..=*right).contains(&x[row]) && (*low..=*high).contains(&y[row]))
        .collect()
}

fn plotted(table: &Table, choices: &Choices) -> PlotView {
    let Choices { x: across, y: up, scales, colour, window } = choices;
    let empty: &[f64] = &[];
    let column = |id: &str| values(table, id).unwrap_or(empty);
    let (x, y) = (column(across), column(up));
    let shown = match window {
        Some(window) => inside(table, across, up, window),
        None => (0..table.rows.len()).collect(),
    };
    let point = |&row: &usize| (x.get(row).copied().unwrap_or(f64::NAN), y.get(row).copied().unwrap_or(f64::NAN));
    let Colouring { ordered, groups } = Colouring::new(table, colour);
    let clouds =
        groups.iter().map(|(name, rows)| Cloud { name: name.clone(), points: rows.iter().map(point).collect() });
    let chart = Scatter {
        caption: Caption { title: String::new(), lead: lead(table, &shown, x, y), note: String::new() },
        x: axis(table, across).on(scales.0).within(window.map(|[left, right, ..]| (left, right))),
        y: axis(table, up).on(scales.1).within(window.map(|[.., low, high]| (low, high))),
        clouds: clouds.collect(),
        ordered,
        trend: true,
        ..Scatter::default()
    };
    PlotView { chart: FittedScatter::new(chart), rows: groups.into_iter().map(|(_, rows)| rows).collect() }
}

fn name(table: &Table, id: &str) -> String {
    rows::title(table, id)
}

fn axis(table: &Table, id: &str) -> Axis {
    Axis::new(name(table, id), if id == LOSS { table.about.target.unit } else { "" })
}

fn lead(table: &Table, rows: &[usize], x: &[f64], y: &[f64]) -> String {
    let known: Vec<usize> =
        rows.iter().copied().filter(|&row| row < x.len() && !x[row].is_nan() && !y[row].is_nan()).collect();
    let pick = |values: &[f64]| known.iter().map(|&row| values[row]).collect::<Vec<_>>();
    let found = measure(&pick(x), &pick(y), table.about.target.better);
    let (tau, rho) = (words::correlation(found.tau), words::correlation(found.rho));
    format!(
        "{} {}: Kendall τ-b {tau}, Spearman ρ {rho}. Line: median.",
        words::count(known.len()),
        table.about.networks
    )
}
