//! A cell of one's own: start from a known one, edit it, score it here.

mod editor;
mod files;
mod form;
mod run;
mod start;

use leptos::prelude::*;
use leptos_router::hooks::query_signal;
use untrained_core::Error;
use untrained_core::metric::METRICS;
use untrained_core::network::recurrent::Sizes;
use untrained_core::space::recurrent::Recipe;

use super::QUICK;
use crate::pages::asked::MINE;
use crate::widgets::{CellGraph, Choice, Number};
use editor::Nodes;
use files::Files;
use form::Form;
use run::Run;
use start::Start;

/// All layers, so that every metric has a value.
const SMALL: Sizes = Sizes { layers: 3, ..QUICK };

/// The page.
#[component]
pub fn Score() -> impl IntoView {
    let form = Form::from_address();
    form.keep_in_address();
    let parsed = Memo::new(move |_| Recipe::from_json(&form.recipe.get()));
    let wrong = Signal::derive(move || parsed.get().err().filter(|_| !form.recipe.get().is_empty()));
    view! {
        <p class="lead">"Choose a cell, change it as you like, and score it in this tab. Nothing leaves your machine."</p>
        <Start form=form/>
        <div class="pair">
            <section aria-label="Recipe"><Nodes form=form wrong=wrong/></section>
            <section aria-label="Graph">
                <Graph parsed=parsed/>
                {move || wrong.get().map(|why| view! {
                    <p class="problem" role="status" id="recipe-problem">{why.to_string()}</p>
                })}
                <label class="wide"><span>"The same as text"</span>
                    <textarea id="recipe" spellcheck="false" rows="12" prop:value=move || form.recipe.get()
                        on:input=move |event| { form.asked.name.set(MINE.into()); form.recipe.set(event_target_value(&event)); }></textarea>
                </label>
            </section>
        </div>
        <Options form=form/>
        <Files form=form/>
        <Run form=form ready=Signal::derive(move || parsed.get().is_ok())/>
    }
}

/// The graph of the recipe; of the last one that was a cell, faint, while it is none.
#[component]
fn Graph(parsed: Memo<Result<Recipe, Error>>) -> impl IntoView {
    let last =
        Memo::new(move |before: Option<&Option<Recipe>>| parsed.get().ok().or_else(|| before.cloned().flatten()));
    view! {
        <div class:stale=move || parsed.with(Result::is_err)>
            {move || match last.get() {
                Some(recipe) => view! { <CellGraph recipe=recipe/> }.into_any(),
                None => view! { <p class="waiting">"Fetching the cell …"</p> }.into_any(),
            }}
        </div>
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
            <Choice label="Metric" value=form.asked.metrics on_change=move |id| form.asked.metrics.set(id) options=metrics/>
            {form.asked.sizes.map(|(label, _, value)| view! { <Number label=label value=value/> }).into_iter().collect_view()}
            <Number label="Seed" value=form.asked.seed/>
            <Choice label="Device" value=device on_change=move |id| set_device.set(Some(id)) options=devices/>
        </div>
        <p class="buttons">
            <button class="quiet" on:click=move |_| form.set_sizes(&SMALL)>"Small sizes: seconds"</button>
            <button class="quiet" on:click=move |_| form.set_sizes(&Sizes::PUBLISHED)>"Published sizes: a minute or more"</button>
        </p>
    }
}
