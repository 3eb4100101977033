//! Cells to start from: classic ones, of the benchmark, random ones.

use leptos::prelude::*;
use untrained_app::message::{Answer, Query};
use untrained_core::space::recurrent::{CLASSIC, MOST_STATES};

use super::form::CellForm;
use crate::address::query;
use crate::compute::look_up;
use crate::pages::common_form::MINE;
use crate::widgets::IdField;

/// The choices.
#[component]
pub fn CellStart(
    /// Receives the cell.
    form: CellForm,
) -> impl IntoView {
    let problem = RwSignal::new(None::<String>);
    let report = move |result: Result<(), String>| _ = problem.try_set(result.err());
    let published = move |id: u32| leptos::task::spawn_local(async move { report(published(form, id).await) });
    let seed = RwSignal::new(0u32);
    let random = move |_| leptos::task::spawn_local(async move { report(random(form, seed).await) });
    let (id, _) = query::<u32>("id");
    let (recipe, _) = query::<String>("recipe");
    match (id.get_untracked(), recipe.get_untracked()) {
        (Some(id), _) => published(id),
        (None, Some(recipe)) => form.show(MINE.to_owned(), &recipe),
        (None, None) => form.show(CLASSIC[1].1.to_string(), CLASSIC[1].2),
    }
    let classic = CLASSIC.map(|(name, id, json)| {
        view! { <button class="quiet" on:click=move |_| form.show(id.to_string(), json)>{name.to_uppercase()}</button> }
    });
    let shown = Signal::derive(move || form.common.id());
    let choose = move |id: Option<u32>| _ = id.map(published);
    view! {
        <div class="controls">
            <span class="buttons">{classic.into_iter().collect_view()}</span>
            <IdField label="Benchmark id" entry=form.common.benchmark_id value=shown on_change=choose/>
            <button class="quiet" on:click=random>"Random cell"</button>
        </div>
        {move || problem.get().map(|why| view! { <p class="problem">{why}</p> })}
    }
}

/// Shows a cell of the benchmark.
async fn published(form: CellForm, id: u32) -> Result<(), String> {
    let change = form.change();
    let answer = look_up(Query::Cell(id)).await?;
    if let Answer::Cell { recipe, .. } = answer
        && form.is_latest(change)
    {
        form.show(id.to_string(), &recipe);
    }
    Ok(())
}

/// Shows the cell of the next seed that gives one.
async fn random(form: CellForm, last: RwSignal<u32>) -> Result<(), String> {
    let change = form.change();
    while form.is_latest(change) {
        last.update(|seed| *seed = seed.wrapping_add(1));
        let seed = last.get_untracked();
        let answer = look_up(Query::Sample { states: 1 + seed as usize % MOST_STATES, seed }).await?;
        if let Answer::Cell { recipe, .. } = answer
            && form.is_latest(change)
        {
            form.show(format!("random_{seed}"), &recipe);
        }
    }
    Ok(())
}
