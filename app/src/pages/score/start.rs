//! Where a cell comes from: a classic one, one of the benchmark, a random one, a file.

use leptos::prelude::*;
use untrained_app::message::{Ask, Told};
use untrained_core::space::recurrent::{CLASSIC, MOST_STATES};

use super::form::Form;
use crate::address::query;
use crate::compute::look_up;
use crate::pages::asked::MINE;
use crate::widgets::Id;

/// The choices.
#[component]
pub fn Start(
    /// Where the recipe goes.
    form: Form,
) -> impl IntoView {
    let problem = RwSignal::new(None::<String>);
    let tell = move |told: Result<(), String>| _ = problem.try_set(told.err());
    let published = move |id: u32| leptos::task::spawn_local(async move { tell(published(form, id).await) });
    let seed = RwSignal::new(0u32);
    let random = move |_| leptos::task::spawn_local(async move { tell(random(form, seed).await) });
    let (id, _) = query::<u32>("id");
    let (recipe, _) = query::<String>("recipe");
    match (id.get_untracked(), recipe.get_untracked()) {
        (Some(id), _) => published(id),
        (None, Some(recipe)) => form.take(MINE.to_owned(), &recipe),
        (None, None) => form.take(CLASSIC[1].1.to_string(), CLASSIC[1].2),
    }
    let classic = CLASSIC.map(|(name, id, json)| {
        view! { <button class="quiet" on:click=move |_| form.take(id.to_string(), json)>{name.to_uppercase()}</button> }
    });
    let chosen = Signal::derive(move || form.asked.id());
    let choose = move |id: Option<u32>| _ = id.map(published);
    view! {
        <div class="controls">
            <span class="buttons">{classic.into_iter().collect_view()}</span>
            <Id label="Benchmark id" entry=form.asked.chosen value=chosen on_change=choose/>
            <button class="quiet" on:click=random>"Random cell"</button>
        </div>
        {move || problem.get().map(|why| view! { <p class="problem">{why}</p> })}
    }
}

/// Puts a cell of the benchmark in.
async fn published(form: Form, id: u32) -> Result<(), String> {
    let change = form.change();
    let told = look_up(Ask::Cell(id)).await?;
    if let Told::Cell { recipe, .. } = told
        && form.is_latest(change)
    {
        form.take(id.to_string(), &recipe);
    }
    Ok(())
}

/// Puts the cell of the next seed in that gives one.
async fn random(form: Form, last: RwSignal<u32>) -> Result<(), String> {
    let change = form.change();
    while form.is_latest(change) {
        last.update(|seed| *seed = seed.wrapping_add(1));
        let seed = last.get_untracked();
        let told = look_up(Ask::Sample { states: 1 + seed as usize % MOST_STATES, seed }).await?;
        if let Told::Cell { recipe, .. } = told
            && form.is_latest(change)
        {
            form.take(format!("random_{seed}"), &recipe);
        }
    }
    Ok(())
}
