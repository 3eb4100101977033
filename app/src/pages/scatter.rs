//! Any column against any other, all rows; hover, select, zoom, move.

mod canvas;
mod chosen;
mod colour;

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{query_signal, query_signal_with_options};
use untrained_core::benchmark::Table;
use untrained_core::chart::{Axis, Cloud, Scale, Scatter, Words};
use untrained_core::figure::words;
use untrained_core::rank::measure;

use crate::rows::{BEST, LOSS, columns, table, values};
use crate::widgets::Choice;
use canvas::Plot;
use chosen::Chosen;
use colour::Colouring;

const SCALES: [(&str, &str, Scale); 4] = [
    ("auto", "best fit", Scale::Auto),
    ("linear", "linear", Scale::Linear),
    ("log", "log", Scale::SignedLog),
    ("rank", "rank", Scale::Rank),
];

/// What is plotted: a chart and the row of each of its points.
#[derive(Clone, PartialEq)]
struct View {
    chart: Scatter,
    /// Per cloud, the row of each point.
    rows: Vec<Vec<usize>>,
}

/// What the visitor chose.
#[derive(Clone, PartialEq)]
struct Choices {
    x: String,
    y: String,
    scales: (Scale, Scale),
    colour: String,
    /// Only what lies within these bounds.
    window: Option<Bounds>,
}

/// A part of the plane: x from and to, y from and to.
pub type Bounds = [f64; 4];

/// The page.
#[component]
pub fn ScatterPage() -> impl IntoView {
    let text = |key: &'static str, usual: &'static str| {
        let (value, set) = query_signal::<String>(key);
        (
            Signal::derive(move || value.get().unwrap_or_else(|| usual.into())),
            Callback::new(move |id| set.set(Some(id))),
        )
    };
    let bounds = |key: &'static str, replace: bool| {
        let options = NavigateOptions { replace, scroll: false, ..NavigateOptions::default() };
        let (value, set) = query_signal_with_options::<String>(key, options);
        let written = |bounds: Bounds| bounds.map(|bound| format!("{bound:e}")).join("_");
        (
            Memo::new(move |_| value.get().as_deref().and_then(read)),
            Callback::new(move |bounds: Option<Bounds>| set.set(bounds.map(written))),
        )
    };
    let (x, set_x) = text("x", BEST);
    let (y, set_y) = text("y", LOSS);
    let (across, set_across) = text("xscale", "auto");
    let (up, set_up) = text("yscale", "auto");
    let (colour, set_colour) = text("colour", "none");
    let (area, set_area) = bounds("area", false);
    // Each turn of the wheel would be a step back, if it did not replace the one before.
    let (window, set_window) = bounds("window", true);
    let view = Memo::new(move |_| {
        let scales = (scale(&across.get()), scale(&up.get()));
        let (x, y, colour, window) = (x.get(), y.get(), colour.get(), window.get());
        plotted(&table(), &Choices { x, y, scales, colour, window })
    });
    let chosen = Memo::new(move |_| area.get().map(|bounds| inside(&table(), &x.get(), &y.get(), &bounds)));
    // Bounds belong to the columns they were drawn on.
    let changing = move |set: Callback<String>| {
        Callback::new(move |id| {
            set_area.run(None);
            set_window.run(None);
            set.run(id);
        })
    };
    let scales = || SCALES.iter().map(|&(id, name, _)| (id, name.to_owned())).collect::<Vec<_>>();
    view! {
        <p class="lead">
            "Every trained network of NAS-Bench-NLP is a point. Point at one to see it, drag to select, turn the wheel to \
             zoom, hold Shift and drag to move."
        </p>
        <div class="controls">
            <Choice label="Across" value=x on_change=changing(set_x) options=columns()/>
            <Choice label="spread" value=across on_change=set_across options=scales()/>
            <Choice label="Up" value=y on_change=changing(set_y) options=columns()/>
            <Choice label="spread" value=up on_change=set_up options=scales()/>
            <Choice label="Colour" value=colour on_change=set_colour options=colour::options()/>
        </div>
        <Plot view=view chosen=chosen on_select=set_area on_window=set_window/>
        {move || chosen.get().map(|rows| view! {
            <Chosen rows=rows on_zoom=Callback::new(move |()| set_window.run(area.get_untracked()))
                on_clear=Callback::new(move |()| set_area.run(None))/>
        })}
    }
}

fn scale(id: &str) -> Scale {
    SCALES.iter().find(|(known, ..)| *known == id).map_or(Scale::Auto, |(.., scale)| *scale)
}

fn read(text: &str) -> Option<Bounds> {
    let bounds: Vec<f64> = text.split('_').filter_map(|bound| bound.parse().ok()).collect();
    bounds.try_into().ok()
}

/// Rows whose point lies within the bounds.
fn inside(table: &Table, x: &str, y: &str, [left, right, low, high]: &Bounds) -> Vec<usize> {
    let Some((x, y)) = values(table, x).zip(values(table, y)) else { return Vec::new() };
    (0..table.rows.len())
        .filter(|&row| (*left..=*right).contains(&x[row]) && (*low..=*high).contains(&y[row]))
        .collect()
}

fn plotted(table: &Table, choices: &Choices) -> View {
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
        words: Words { title: String::new(), lead: lead(&shown, x, y), caption: String::new() },
        x: axis(across).on(scales.0).within(window.map(|[left, right, ..]| (left, right))),
        y: axis(up).on(scales.1).within(window.map(|[.., low, high]| (low, high))),
        clouds: clouds.collect(),
        ordered,
        trend: true,
    };
    View { chart, rows: groups.into_iter().map(|(_, rows)| rows).collect() }
}

fn axis(id: &str) -> Axis {
    if id == LOSS { Axis::new("Test loss", "nats per token, lower is better") } else { Axis::new(words::title(id), "") }
}

fn lead(rows: &[usize], x: &[f64], y: &[f64]) -> String {
    let known: Vec<usize> =
        rows.iter().copied().filter(|&row| row < x.len() && !x[row].is_nan() && !y[row].is_nan()).collect();
    let pick = |values: &[f64]| known.iter().map(|&row| values[row]).collect::<Vec<_>>();
    let found = measure(&pick(x), &pick(y), table().about.better);
    let (tau, rho) = (words::correlation(found.tau), words::correlation(found.rho));
    format!("{} trained networks: Kendall τ-b {tau}, Spearman ρ {rho}. Line: median.", words::count(known.len()))
}
