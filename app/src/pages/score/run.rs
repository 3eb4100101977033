//! The scoring: start it, watch it, stop it, see what came of it.

use leptos::prelude::*;
use untrained_app::message::Told;
use untrained_core::network::recurrent::Sizes;
use untrained_core::record::Record;
use untrained_core::task::{CellTask, Task};

use super::form::Form;
use crate::compute::{score, stop};
use crate::rows;
use crate::widgets::{Alone, Command, Records, Under};

/// The buttons and the result.
#[component]
pub fn Run(
    /// What to score.
    form: Form,
    /// Whether there is a cell to score.
    ready: Signal<bool>,
) -> impl IntoView {
    // Number of the scoring under way, counted from 1; an answer to an earlier one is no answer any more.
    let running = RwSignal::new(None::<u32>);
    let count = RwSignal::new(0u32);
    let since = RwSignal::new(0.0);
    let told = RwSignal::new(None::<Result<(CellTask, Vec<Record>), String>>);
    let start = move || {
        told.set(None);
        let task = match form.task() {
            Ok(task) => task,
            Err(error) => return told.set(Some(Err(error.to_string()))),
        };
        count.update(|count| *count += 1);
        let number = count.get_untracked();
        running.set(Some(number));
        since.set(js_sys::Date::now());
        leptos::task::spawn_local(async move {
            let answer = score(Task::Recurrent(task.clone())).await;
            if running.get_untracked() != Some(number) {
                return;
            }
            running.set(None);
            told.set(match answer {
                Ok(Told::Records(records)) => Some(Ok((task, records))),
                Ok(_) => None,
                Err(why) => Some(Err(why)),
            });
        });
    };
    let again = Callback::new(move |()| {
        running.set(None);
        stop();
        start();
    });
    view! {
        <p class="buttons">
            <button id="score" on:click=move |_| start() disabled=move || running.get().is_some() || !ready.get()>"Score here"</button>
            <button id="stop" class="quiet" on:click=move |_| stop() disabled=move || running.get().is_none()>"Stop"</button>
        </p>
        {move || running.get().map(|_| view! { <Under since=since/> <Alone again=again/> })}
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
