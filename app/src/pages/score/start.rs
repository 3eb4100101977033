//! Where a cell comes from: a classic one, one of the benchmark, a random one, a file.

use leptos::prelude::*;
use leptos_router::hooks::query_signal;
use untrained_app::message::{Ask, Told};
use untrained_core::space::recurrent::CLASSIC;

use super::form::Form;
use crate::compute::look_up;
use crate::pages::asked::MINE;

/// The choices.
#[component]
pub fn Start(
    /// Where the recipe goes.
    form: Form,
) -> impl IntoView {
    let problem = RwSignal::new(None::<String>);
    let seed = RwSignal::new(0u32);
    let fetch = move |name: String, ask: Ask| {
        problem.set(None);
        leptos::task::spawn_local(async move {
            match look_up(ask).await {
                Ok(Told::Cell { recipe, .. }) => take(form, name, &recipe),
                Ok(_) => {}
                Err(why) => problem.set(Some(why)),
            }
        });
    };
    let (id, _) = query_signal::<u32>("id");
    let (recipe, _) = query_signal::<String>("recipe");
    match (id.get_untracked(), recipe.get_untracked()) {
        (Some(id), _) => fetch(id.to_string(), Ask::Cell(id)),
        (None, Some(recipe)) => take(form, MINE.to_owned(), &recipe),
        (None, None) => take(form, CLASSIC[1].1.to_string(), CLASSIC[1].2),
    }
    let classic = CLASSIC.map(|(name, id, json)| {
        view! { <button class="quiet" on:click=move |_| take(form, id.to_string(), json)>{name.to_uppercase()}</button> }
    });
    let draw = move |_| {
        let seed = seed.get_untracked();
        fetch(format!("random_{seed}"), Ask::Sample { states: 1 + seed as usize % 3, seed });
    };
    let published = move |event| {
        if let Ok(id) = event_target_value(&event).parse::<u32>() {
            fetch(id.to_string(), Ask::Cell(id));
        }
    };
    let another = move |event| {
        seed.update(|seed| *seed += 1);
        draw(event);
    };
    view! {
        <div class="controls">
            <span class="buttons">{classic.into_iter().collect_view()}</span>
            <label><span>"Benchmark id"</span><input type="number" min="0" max="14207" placeholder="id" on:change=published/></label>
            <button class="quiet" on:click=another>"Random cell"</button>
        </div>
        {move || problem.get().map(|why| view! { <p class="problem">{why}</p> })}
    }
}

/// Puts a recipe into the form, laid out for reading.
pub fn take(form: Form, name: String, recipe: &str) {
    let pretty = serde_json::from_str::<serde_json::Value>(recipe).ok().map(|value| lines(&value));
    form.recipe.set(pretty.unwrap_or_else(|| recipe.to_owned()));
    form.asked.name.set(name);
}

/// One node a line.
fn lines(recipe: &serde_json::Value) -> String {
    let Some(nodes) = recipe.as_object() else { return recipe.to_string() };
    let nodes: Vec<String> = nodes.iter().map(|(name, node)| format!("  \"{name}\": {node}")).collect();
    format!("{{\n{}\n}}", nodes.join(",\n"))
}
