//! Any column against any other, all rows; hover, select, zoom.

mod canvas;
mod chosen;

use leptos::prelude::*;
use leptos_router::hooks::query_signal;
use untrained_core::benchmark::Table;
use untrained_core::chart::{Axis, Cloud, Scale, Scatter, Words};
use untrained_core::figure::words;
use untrained_core::rank::measure;

use crate::rows::{BEST, LOSS, columns, table, values};
use crate::widgets::Choice;
use canvas::Plot;
use chosen::Chosen;

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
    /// Colours by number of states.
    coloured: bool,
    /// Only the rows within these bounds.
    zoom: Option<Bounds>,
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
    let (x, set_x) = text("x", BEST);
    let (y, set_y) = text("y", LOSS);
    let (across, set_across) = text("xscale", "auto");
    let (up, set_up) = text("yscale", "auto");
    let (colour, set_colour) = text("colour", "none");
    let (area, set_area) = query_signal::<String>("area");
    let (zoomed, set_zoomed) = query_signal::<bool>("zoom");
    let bounds = Memo::new(move |_| area.get().as_deref().and_then(read));
    let view = Memo::new(move |_| {
        let zoom = bounds.get().filter(|_| zoomed.get() == Some(true));
        let scales = (scale(&across.get()), scale(&up.get()));
        plotted(&table(), &Choices { x: x.get(), y: y.get(), scales, coloured: colour.get() == "states", zoom })
    });
    let chosen = Memo::new(move |_| bounds.get().map(|bounds| inside(&table(), &x.get(), &y.get(), &bounds)));
    let on_select = Callback::new(move |bounds: Option<Bounds>| {
        set_zoomed.set(None);
        set_area.set(bounds.map(|bounds| bounds.map(|bound| format!("{bound:e}")).join("_")));
    });
    let scales = || SCALES.iter().map(|&(id, name, _)| (id, name.to_owned())).collect::<Vec<_>>();
    let colours = vec![("none", "one colour".to_owned()), ("states", "number of states".to_owned())];
    view! {
        <p class="lead">"Every trained network of NAS-Bench-NLP is a point. Point at one to see it; drag to select."</p>
        <div class="controls">
            <Choice label="Across" value=x on_change=set_x options=columns()/>
            <Choice label="spread" value=across on_change=set_across options=scales()/>
            <Choice label="Up" value=y on_change=set_y options=columns()/>
            <Choice label="spread" value=up on_change=set_up options=scales()/>
            <Choice label="Colour" value=colour on_change=set_colour options=colours/>
        </div>
        <Plot view=view chosen=chosen on_select=on_select/>
        {move || chosen.get().map(|rows| view! {
            <Chosen rows=rows zoomed=Signal::derive(move || zoomed.get() == Some(true))
                on_zoom=Callback::new(move |()| set_zoomed.set((zoomed.get_untracked() != Some(true)).then_some(true)))
                on_clear=Callback::new(move |()| on_select.run(None))/>
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
    let rows = match &choices.zoom {
        Some(bounds) => inside(table, &choices.x, &choices.y, bounds),
        None => (0..table.rows.len()).collect(),
    };
    let empty: &[f64] = &[];
    let column = |id: &str| values(table, id).unwrap_or(empty);
    let (x, y) = (column(&choices.x), column(&choices.y));
    let states: &[Option<u32>] = if choices.coloured { &[Some(1), Some(2), Some(3)] } else { &[None] };
    let of = |states: Option<u32>| -> Vec<usize> {
        rows.iter().copied().filter(|&row| states.is_none_or(|states| table.rows[row].states == states)).collect()
    };
    let groups: Vec<(Option<u32>, Vec<usize>)> = states.iter().map(|&states| (states, of(states))).collect();
    let point = |&row: &usize| (x.get(row).copied().unwrap_or(f64::NAN), y.get(row).copied().unwrap_or(f64::NAN));
    let cloud = |(states, rows): &(Option<u32>, Vec<usize>)| Cloud {
        name: states.map_or_else(String::new, |states| format!("{states} states")),
        points: rows.iter().map(point).collect(),
    };
    let chart = Scatter {
        words: Words { title: String::new(), lead: lead(&rows, x, y), caption: String::new() },
        x: axis(&choices.x).on(choices.scales.0),
        y: axis(&choices.y).on(choices.scales.1),
        clouds: groups.iter().map(cloud).collect(),
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
    let found = measure(&pick(x), &pick(y));
    let (tau, rho) = (words::correlation(found.tau), words::correlation(found.rho));
    format!("{} trained networks: Kendall τ-b {tau}, Spearman ρ {rho}. Line: median.", words::count(known.len()))
}
