//! Many cells, drawn and scored one after the other, ranked as they come.

use leptos::prelude::*;
use untrained_app::message::{Ask, Told};
use untrained_core::chart::compact;
use untrained_core::space::recurrent::Recipe;
use untrained_core::task::{CellTask, Task};

use super::QUICK;
use crate::compute::{look_up, score, stop};
use crate::download::{Downloads, Sheet};
use crate::rows::BEST;
use crate::widgets::Number;

/// A cell that was scored.
#[derive(Clone, PartialEq)]
struct Scored {
    seed: u32,
    states: usize,
    nodes: usize,
    recipe: String,
    value: f64,
}

/// The page.
#[component]
pub fn Many() -> impl IntoView {
    let count = RwSignal::new(20usize);
    let states = RwSignal::new(1usize);
    let first = RwSignal::new(1usize);
    let found = RwSignal::new(Vec::<Scored>::new());
    let problem = RwSignal::new(None::<String>);
    let running = RwSignal::new(false);
    let any = Memo::new(move |_| !found.read().is_empty());
    let start = move |_| {
        found.set(Vec::new());
        problem.set(None);
        running.set(true);
        let (count, states, first) = (count.get_untracked(), states.get_untracked(), first.get_untracked() as u32);
        leptos::task::spawn_local(async move {
            let mut seed = first;
            while running.get_untracked() && found.with_untracked(Vec::len) < count {
                match one(states, seed).await {
                    Ok(Some(scored)) => found.update(|all| insert(all, scored)),
                    // The sampler gives no cell for some seeds.
                    Ok(None) => {}
                    Err(why) => {
                        problem.set(Some(why));
                        break;
                    }
                }
                seed += 1;
            }
            running.set(false);
        });
    };
    let end = move |_| {
        running.set(false);
        stop();
    };
    view! {
        <p class="lead">
            "Draws cells with the published sampler and ranks them by hidden covariance, the best published metric: "
            "higher is better."
        </p>
        <div class="controls">
            <Number label="Cells" value=count/>
            <Number label="States (1 to 3)" value=states/>
            <Number label="First seed" value=first/>
            <button on:click=start disabled=running>"Draw and score"</button>
            <button class="quiet" on:click=end disabled=move || !running.get()>"Stop"</button>
        </div>
        <p role="status">{move || (running.get() || !found.get().is_empty()).then(|| format!("{} of {} cells", found.get().len(), count.get()))}</p>
        {move || problem.get().map(|why| view! { <p class="problem">{why}</p> })}
        {move || match any.get() {
            true => view! { <Ranked found=found/> }.into_any(),
            false => view! { <p class="note">"No cell has been scored yet."</p> }.into_any(),
        }}
    }
}

async fn one(states: usize, seed: u32) -> Result<Option<Scored>, String> {
    if !(1..=3).contains(&states) {
        return Err("A cell has one, two or three states.".to_owned());
    }
    let Ok(Told::Cell { recipe, .. }) = look_up(Ask::Sample { states, seed }).await else { return Ok(None) };
    let metrics = vec![BEST.to_owned(), "nodes".to_owned()];
    let parsed = Recipe::from_json(&recipe).map_err(|error| error.to_string())?;
    let task = CellTask { name: seed.to_string(), recipe: parsed, sizes: QUICK, seed: 0, metrics, text: None };
    let Told::Records(records) = score(Task::Recurrent(task)).await? else { return Ok(None) };
    let value = |at: usize| records.get(at).map_or(f64::NAN, |record| record.value);
    Ok(Some(Scored { seed, states, nodes: value(1) as usize, recipe, value: value(0) }))
}

/// Keeps the best first; what has no value comes last.
fn insert(all: &mut Vec<Scored>, scored: Scored) {
    let key = |value: f64| if value.is_nan() { f64::NEG_INFINITY } else { value };
    let at = all.partition_point(|other| key(other.value) >= key(scored.value));
    all.insert(at, scored);
}

#[component]
fn Ranked(found: RwSignal<Vec<Scored>>) -> impl IntoView {
    let line = |Scored { seed, states, nodes, value, recipe }: Scored| {
        vec![seed.to_string(), states.to_string(), nodes.to_string(), value.to_string(), recipe]
    };
    let sheet = move |()| Sheet {
        header: vec!["seed", "states", "nodes", BEST, "recipe"],
        rows: found.get_untracked().into_iter().map(line).collect(),
    };
    view! {
        <div class="scroll tall" tabindex="0" role="group" aria-label="Ranked cells">
            <table id="many">
                <thead><tr>
                    <th scope="col" class="number">"Rank"</th><th scope="col" class="number">"Seed"</th>
                    <th scope="col" class="number">"Nodes"</th><th scope="col" class="number">"Hidden covariance"</th>
                </tr></thead>
                <tbody>{move || found.get().into_iter().enumerate().map(|(at, scored)| view! {
                    <tr>
                        <td class="number">{at + 1}</td><td class="number">{scored.seed}</td>
                        <td class="number">{scored.nodes}</td><td class="number">{compact(scored.value)}</td>
                    </tr>
                }).collect_view()}</tbody>
            </table>
        </div>
        <p class="buttons"><Downloads name="cells" sheet=sheet/></p>
    }
}
