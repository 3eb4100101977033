//! Cells that the published sampler draws.

use leptos::prelude::*;
use untrained_app::message::{Answer, Query};
use untrained_core::network::recurrent::Sizes;
use untrained_core::space::recurrent::{MOST_STATES, Recipe};
use untrained_core::task::{Architecture, Task};

use crate::compute::look_up;
use crate::widgets::Choice;

/// The cell of a seed; none where the sampler gives none.
///
/// # Errors
/// One sentence on why there is no answer.
pub async fn sample(states: usize, seed: u32) -> Result<Option<Recipe>, String> {
    let Answer::Cell { recipe, .. } = look_up(Query::Sample { states, seed }).await? else { return Ok(None) };
    Recipe::from_json(&recipe).map(Some).map_err(|error| error.to_string())
}

/// A cell to score by these metrics.
pub fn task(name: String, recipe: &Recipe, sizes: Sizes, metrics: &[&str]) -> Task {
    let architecture = Architecture::Recurrent { recipe: recipe.clone(), sizes };
    let metrics = metrics.iter().map(|&id| id.to_owned()).collect();
    Task { metrics, ..Task::new(name, architecture) }
}

/// The address of the page that shows, edits and scores a cell.
pub fn address(recipe: &Recipe) -> String {
    let recipe = serde_json::to_string(recipe).unwrap_or_default();
    format!("?page=score&recipe={}", String::from(js_sys::encode_uri_component(&recipe)))
}

/// A choice of the number of states.
#[component]
pub fn StatesChoice(
    /// The number.
    states: RwSignal<usize>,
) -> impl IntoView {
    let chosen = Signal::derive(move || states.get().to_string());
    let on_change = move |id: String| states.set(id.parse().unwrap_or(1));
    let numbers = (1..=MOST_STATES).map(|number| (["1", "2", "3"][number - 1], number.to_string())).collect::<Vec<_>>();
    view! { <Choice label="States" value=chosen on_change=on_change options=numbers/> }
}
