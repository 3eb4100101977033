//! The scoring of one network: start, progress, stop, result.

use leptos::prelude::*;
use untrained_app::message::Answer;
use untrained_core::record::Record;
use untrained_core::task::Task;

use super::{BackgroundNotice, RunProgress, WaitNotice};
use crate::compute::companion;
use crate::compute::{STOPPED, Scorer, score, stop};

/// A network that was scored, with its records, or why there are none.
type ScoredTask = Result<(Task, Vec<Record>), String>;

/// A scoring and its result; it continues while the visitor looks at other pages.
#[derive(Clone, Copy)]
pub struct Scored {
    scorer: Scorer,
    result: RwSignal<Option<ScoredTask>>,
    /// Whether this tab scores.
    here: RwSignal<bool>,
}

impl Scored {
    /// Without a result.
    pub fn new() -> Self {
        Self { scorer: Scorer::new(), result: RwSignal::new(None), here: RwSignal::new(true) }
    }
}

/// The buttons and the result.
#[component]
pub fn Run(
    /// Holds the result.
    scored: Scored,
    /// Label of the button.
    label: &'static str,
    /// The task of the form as it is now.
    task: Callback<(), Result<Task, String>>,
    /// Whether there is a network to score.
    ready: Signal<bool>,
    /// Whether the companion scores it, not this tab.
    #[prop(into, default = false.into())]
    by_companion: Signal<bool>,
    /// Shows the records of a task.
    show: Callback<(Task, Vec<Record>), AnyView>,
) -> impl IntoView {
    let Scored { scorer, result, here } = scored;
    let start = move || {
        result.set(None);
        let task = match task.run(()) {
            Ok(task) => task,
            Err(why) => return result.set(Some(Err(why))),
        };
        let remote = by_companion.get_untracked();
        here.set(!remote);
        scorer.start(|turn| async move {
            let answer = if remote { companion::score(&task).await } else { score(task.clone()).await };
            if turn.is_on() {
                result.set(match answer {
                    Ok(Answer::Records(records)) => Some(Ok((task, records))),
                    Ok(_) => None,
                    Err(why) => Some(Err(why)),
                });
            }
        });
    };
    let restart = Callback::new(move |()| {
        scorer.abandon();
        start();
    });
    view! {
        <p class="buttons">
            <button id="score" on:click=move |_| start() disabled=move || scorer.is_running() || scorer.must_wait() || !ready.get()>{label}</button>
            <button id="stop" class="quiet" on:click=move |_| stop() disabled=move || !scorer.is_running()>"Stop"</button>
        </p>
        <WaitNotice scorer=scorer/>
        {move || scorer.is_running().then(|| view! { <RunProgress since=scorer.since/> })}
        {move || (scorer.is_running() && here.get()).then(|| view! { <BackgroundNotice restart=restart/> })}
        {move || result.get().map(|result| match result {
            Ok(result) => {
                let scored = nameless(result.0.clone());
                let changed = move || task.run(()).is_ok_and(|task| nameless(task) != scored);
                view! {
                    {move || changed().then(|| view! { <p class="note" id="changed">"The form has changed since; these are the scores from before."</p> })}
                    {show.run(result)}
                }.into_any()
            }
            Err(why) if why == STOPPED => view! { <p class="note" role="alert">{why}</p> }.into_any(),
            Err(why) => view! { <p class="problem" role="alert">{why}</p> }.into_any(),
        })}
    }
}

/// The part of a task on which its scores depend.
fn nameless(mut task: Task) -> Task {
    task.name.clear();
    task
}
