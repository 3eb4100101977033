//! Scores a cell of one's own: start from a known one, edit it, score it in the tab.

mod editor;
mod files;
mod form;
mod start;

use leptos::prelude::*;
use untrained_core::Error;
use untrained_core::network::recurrent::Sizes;
use untrained_core::record::Record;
use untrained_core::space::recurrent::Recipe;
use untrained_core::task::{Architecture, Source, Task};

use super::{QUICK, Session};
use crate::address::query;
use crate::pages::common_form::Refusal;
use crate::rows;
use crate::widgets::{CellGraph, Choice, Command, Records, Run};
use editor::Nodes;
use files::Files;
use form::CellForm;
use start::CellStart;

/// All layers, so that every metric has a value.
const SMALL: Sizes = Sizes { layers: 3, ..QUICK };

/// The page.
#[component]
pub fn ScorePage() -> impl IntoView {
    let form = CellForm::from_address();
    form.keep_in_address();
    let parsed = Memo::new(move |_| Recipe::from_json(&form.recipe.get()));
    let wrong = Signal::derive(move || parsed.get().err().filter(|_| !form.recipe.get().is_empty()));
    let scored = expect_context::<Session>().cell;
    let refused = Memo::new(move |_| form.refused());
    let ready = Signal::derive(move || parsed.get().is_ok() && form.common.is_valid() && refused.get().is_none());
    let task = Callback::new(move |()| form.task());
    let show = Callback::new(|(task, records)| scores(&task, records).into_any());
    view! {
        <p class="lead">"Choose a cell, change it as you like, and score it in this tab. Nothing leaves your machine."</p>
        <CellStart form=form/>
        <div class="pair editor">
            <section aria-label="Recipe"><Nodes form=form wrong=wrong/><Files form=form/></section>
            <section aria-label="Graph">
                <RecipeGraph parsed=parsed/>
                {move || wrong.get().map(|why| view! {
                    <p class="problem" role="status" id="recipe-problem">{why.to_string()}</p>
                })}
                <label class="wide"><span>"The same as text"</span>
                    <textarea id="recipe" spellcheck="false" rows="12" prop:value=move || form.recipe.get()
                        on:input=move |event| form.write(event_target_value(&event))></textarea>
                </label>
            </section>
        </div>
        <CellOptions form=form refused=refused/>
        <Run scored=scored label="Score here" task=task ready=ready show=show/>
        <h2>"The same on the command line"</h2>
        <Command text=Signal::derive(move || form.command())/>
    }
}

fn scores(task: &Task, records: Vec<Record>) -> impl IntoView + use<> {
    let comparable = matches!(task.architecture, Architecture::Recurrent { sizes, .. } if sizes == Sizes::PUBLISHED);
    let published = if comparable { published(task) } else { Vec::new() };
    view! {
        {(!comparable).then(|| view! {
            <p class="note">
                "At these sizes compare cells with each other. To compare a cell with the benchmark, score it at the published \
                 sizes."
            </p>
        })}
        <Records records=records table=comparable.then(rows::table) of=rows::table() published=published/>
    }
}

/// Published scores to compare with at the published sizes: only if the seed is the published one and text was given.
fn published(task: &Task) -> Vec<(String, f64)> {
    let table = rows::table();
    let comparable = task.seed == 0 && matches!(task.source, Source::Text(_));
    let id = task.name.parse::<u32>().ok().filter(|_| comparable);
    let row = id.and_then(|id| table.rows.iter().position(|row| row.id == id || row.architecture == id));
    let known = |row: usize| table.columns.iter().map(move |column| (column.id.clone(), column.values[row]));
    row.map(|row| known(row).collect()).unwrap_or_default()
}

/// The graph of the recipe; while it is no cell, that of the last one that was, faint.
#[component]
fn RecipeGraph(parsed: Memo<Result<Recipe, Error>>) -> impl IntoView {
    let last =
        Memo::new(move |before: Option<&Option<Recipe>>| parsed.get().ok().or_else(|| before.cloned().flatten()));
    view! {
        <div class:stale=move || parsed.with(Result::is_err)>
            {move || match last.get() {
                Some(recipe) => view! { <CellGraph recipe=recipe/> }.into_any(),
                None => view! { <p class="note">"There is no cell to draw yet."</p> }.into_any(),
            }}
        </div>
    }
}

#[component]
fn CellOptions(form: CellForm, refused: Memo<Option<Refusal>>) -> impl IntoView {
    let (device, set_device) = query::<String>("device");
    let device = Signal::derive(move || device.get().unwrap_or_else(|| "auto".into()));
    let devices = vec![("auto", "the faster one".to_owned()), ("cpu", "CPU".to_owned()), ("webgpu", "GPU".to_owned())];
    view! {
        <div class="controls">
            {form.common.metric_choice()}
            {form.common.number_fields(refused)}
            <Choice label="Device" value=device on_change=move |id| set_device.set(Some(id)) options=devices/>
        </div>
        <p class="buttons">
            <button class="quiet" on:click=move |_| form.set_sizes(&SMALL)>"Small sizes: seconds"</button>
            <button class="quiet" on:click=move |_| form.set_sizes(&Sizes::PUBLISHED)>"Published sizes: a few seconds"</button>
        </p>
    }
}
