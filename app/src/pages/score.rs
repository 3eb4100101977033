//! A cell of one's own: start from a known one, edit it, score it here.

mod files;
mod form;
mod start;

use leptos::prelude::*;
use leptos_router::hooks::query_signal;
use untrained_app::message::Told;
use untrained_core::metric::METRICS;
use untrained_core::network::recurrent::Sizes;
use untrained_core::record::Record;
use untrained_core::space::recurrent::Recipe;
use untrained_core::task::{CellTask, Task};

use super::QUICK;
use crate::compute::{score, stop};
use crate::rows;
use crate::widgets::{CellGraph, Choice, Command, Number, Records, Under};
use files::Files;
use form::{Form, MINE};
use start::Start;

/// All layers, so that every metric has a value.
const SMALL: Sizes = Sizes { layers: 3, ..QUICK };

/// The page.
#[component]
pub fn Score() -> impl IntoView {
    let form = Form::from_address();
    form.keep_in_address();
    let parsed = Memo::new(move |_| Recipe::from_json(&form.recipe.get()).map_err(|error| error.to_string()));
    view! {
        <p class="lead">"Choose a cell, change it as you like, and score it in this tab. Nothing leaves your machine."</p>
        <Start form=form/>
        <div class="pair">
            <section aria-label="Recipe">
                <label class="wide"><span>"Recipe"</span>
                    <textarea id="recipe" spellcheck="false" rows="16" prop:value=move || form.recipe.get()
                        on:input=move |event| { form.name.set(MINE.into()); form.recipe.set(event_target_value(&event)); }></textarea>
                </label>
            </section>
            <section aria-label="Graph">
                {move || match parsed.get() {
                    Ok(recipe) => view! { <CellGraph recipe=recipe/> }.into_any(),
                    Err(_) if form.recipe.get().is_empty() => view! { <p class="waiting">"Fetching the cell …"</p> }.into_any(),
                    Err(why) => view! { <p class="problem" role="status" id="recipe-problem">{why}</p> }.into_any(),
                }}
            </section>
        </div>
        <Options form=form/>
        <Files form=form/>
        <Run form=form ready=Signal::derive(move || parsed.get().is_ok())/>
    }
}

#[component]
fn Options(form: Form) -> impl IntoView {
    let metrics = METRICS.iter().map(|metric| (metric.about().id, metric.about().title.to_owned()));
    let (device, set_device) = query_signal::<String>("device");
    let device = Signal::derive(move || device.get().unwrap_or_else(|| "auto".into()));
    let devices = vec![
        ("auto", "the faster".to_owned()),
        ("cpu", "processor".to_owned()),
        ("webgpu", "graphics card".to_owned()),
    ];
    let metrics = std::iter::once(("all", "all".to_owned())).chain(metrics).collect::<Vec<_>>();
    view! {
        <div class="controls">
            <Choice label="Metric" value=form.metrics on_change=move |id| form.metrics.set(id) options=metrics/>
            {form.sizes.map(|(label, _, value)| view! { <Number label=label value=value/> }).into_iter().collect_view()}
            <Number label="Seed" value=form.seed/>
            <Choice label="Device" value=device on_change=move |id| set_device.set(Some(id)) options=devices/>
        </div>
        <p class="buttons">
            <button class="quiet" on:click=move |_| form.set_sizes(&SMALL)>"Small sizes: seconds"</button>
            <button class="quiet" on:click=move |_| form.set_sizes(&Sizes::PUBLISHED)>"Published sizes: a minute or more"</button>
        </p>
    }
}

#[component]
fn Run(form: Form, ready: Signal<bool>) -> impl IntoView {
    let running = RwSignal::new(false);
    let since = RwSignal::new(0.0);
    let told = RwSignal::new(None::<Result<(CellTask, Vec<Record>), String>>);
    let start = move |_| {
        told.set(None);
        let task = match form.task() {
            Ok(task) => task,
            Err(error) => return told.set(Some(Err(error.to_string()))),
        };
        running.set(true);
        since.set(js_sys::Date::now());
        leptos::task::spawn_local(async move {
            let answer = score(Task::Recurrent(task.clone())).await;
            running.set(false);
            told.set(match answer {
                Ok(Told::Records(records)) => Some(Ok((task, records))),
                Ok(_) => None,
                Err(why) => Some(Err(why)),
            });
        });
    };
    view! {
        <p class="buttons">
            <button id="score" on:click=start disabled=move || running.get() || !ready.get()>"Score here"</button>
            <button id="stop" class="quiet" on:click=move |_| stop() disabled=move || !running.get()>"Stop"</button>
        </p>
        {move || running.get().then(|| view! { <Under since=since/> })}
        {move || told.get().map(|told| match told {
            Ok((task, records)) => view! { <Records records=records table=rows::table() published=published(&task)/> }.into_any(),
            Err(why) => view! { <p class="problem" role="alert">{why}</p> }.into_any(),
        })}
        <h2>"The same on your own machine"</h2>
        <Command text=Signal::derive(move || form.command())/>
    }
}

/// Published scores to compare with: only where sizes and seed are the published ones and text was given.
fn published(task: &CellTask) -> Vec<(String, f64)> {
    let table = rows::table();
    let comparable = task.sizes == Sizes::PUBLISHED && task.seed == 0 && task.text.is_some();
    let id = task.name.parse::<u32>().ok().filter(|_| comparable);
    let row = id.and_then(|id| table.rows.iter().position(|row| row.id == id || row.architecture == id));
    let known = |row: usize| table.columns.iter().map(move |column| (column.id.to_owned(), column.values[row]));
    row.map(|row| known(row).collect()).unwrap_or_default()
}
