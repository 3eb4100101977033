//! The scoring of one network: start it, watch it, stop it, see what came of it.

use leptos::prelude::*;
use untrained_app::message;
use untrained_core::record::Record;
use untrained_core::task::Task;

use super::{Alone, Under, Waits};
use crate::compute::companion;
use crate::compute::{STOPPED, Scorer, score, stop};

/// A network that was scored, with its records, or why there are none.
type Told = Result<(Task, Vec<Record>), String>;

/// A scoring and what came of it; it goes on while the visitor looks at other pages.
#[derive(Clone, Copy)]
pub struct Scored {
    scorer: Scorer,
    told: RwSignal<Option<Told>>,
    /// Whether this tab does it.
    here: RwSignal<bool>,
}

impl Scored {
    /// Nothing yet.
    pub fn new() -> Self {
        Self { scorer: Scorer::new(), told: RwSignal::new(None), here: RwSignal::new(true) }
    }
}

/// The buttons and the result.
#[component]
pub fn Run(
    /// Where the result stays.
    scored: Scored,
    /// What the button says.
    label: &'static str,
    /// What to score, as it stands.
    task: Callback<(), Result<Task, String>>,
    /// Whether there is a network to score.
    ready: Signal<bool>,
    /// Whether the companion scores it, not this tab.
    #[prop(into, default = false.into())]
    by_companion: Signal<bool>,
    /// Shows the records of a task.
    show: Callback<(Task, Vec<Record>), AnyView>,
) -> impl IntoView {
    let Scored { scorer, told, here } = scored;
    let start = move || {
        told.set(None);
        let task = match task.run(()) {
            Ok(task) => task,
            Err(why) => return told.set(Some(Err(why))),
        };
        let there = by_companion.get_untracked();
        here.set(!there);
        scorer.start(|turn| async move {
            let answer = if there { companion::score(&task).await } else { score(task.clone()).await };
            if turn.is_on() {
                told.set(match answer {
                    Ok(message::Told::Records(records)) => Some(Ok((task, records))),
                    Ok(_) => None,
                    Err(why) => Some(Err(why)),
                });
            }
        });
    };
    let again = Callback::new(move |()| {
        scorer.abandon();
        start();
    });
    view! {
        <p class="buttons">
            <button id="score" on:click=move |_| start() disabled=move || scorer.is_running() || scorer.must_wait() || !ready.get()>{label}</button>
            <button id="stop" class="quiet" on:click=move |_| stop() disabled=move || !scorer.is_running()>"Stop"</button>
        </p>
        <Waits scorer=scorer/>
        {move || scorer.is_running().then(|| view! { <Under since=scorer.since/> })}
        {move || (scorer.is_running() && here.get()).then(|| view! { <Alone again=again/> })}
        {move || told.get().map(|told| match told {
            Ok(told) => {
                let scored = nameless(told.0.clone());
                let changed = move || task.run(()).is_ok_and(|task| nameless(task) != scored);
                view! {
                    {move || changed().then(|| view! { <p class="note" id="changed">"The form has changed since; these are the scores from before."</p> })}
                    {show.run(told)}
                }.into_any()
            }
            Err(why) if why == STOPPED => view! { <p class="note" role="alert">{why}</p> }.into_any(),
            Err(why) => view! { <p class="problem" role="alert">{why}</p> }.into_any(),
        })}
    }
}

/// What decides the scores of a task.
fn nameless(mut task: Task) -> Task {
    match &mut task {
        Task::Recurrent(task) => task.name.clear(),
        Task::Transformer(task) => task.name.clear(),
    }
    task
}
