//! What is under way: on what, how far, how much longer, and what became of it while nobody looked.

use std::time::Duration;

use leptos::ev::visibilitychange;
use leptos::prelude::*;

use crate::compute::{Scoring, scoring};

/// Seconds without a word after which a worker that was left alone may be frozen.
const SILENT: f64 = 10.0;

/// The progress.
#[component]
pub fn Under(
    /// Starts afresh.
    again: Callback<()>,
) -> impl IntoView {
    let since = now();
    let clock = RwSignal::new(since);
    if let Ok(ticking) = set_interval_with_handle(move || clock.set(now()), Duration::from_millis(200)) {
        on_cleanup(move || ticking.clear());
    }
    let scoring = scoring();
    let share = {
        let scoring = scoring.clone();
        Signal::derive(move || scoring.with(|scoring| scoring.share))
    };
    let back = returned();
    let silent = {
        let scoring = scoring.clone();
        // Nobody expects a word of a worker while the tab is hidden.
        Memo::new(move |_| back.get().is_some_and(|back| clock.get() - scoring.get().heard.max(back) > SILENT))
    };
    titled(share);
    view! {
        <progress max="1" value=share aria-label="Done"></progress>
        <p role="status" class="waiting">{move || progress(&scoring.get(), clock.get() - since)}</p>
        <p class="note" id="left-alone" role="status">{move || left_alone(back.get().is_some(), silent.get())}</p>
        {move || silent.get().then(|| view! {
            <p class="buttons"><button id="again" on:click=move |_| again.run(())>"Score again"</button></p>
        })}
    }
}

/// Seconds on the page's clock.
fn now() -> f64 {
    js_sys::Date::now() / 1e3
}

/// When the visitor last came back to the tab, in seconds; none while the tab was in sight all the time.
fn returned() -> RwSignal<Option<f64>> {
    let back = RwSignal::new(None);
    let listening = window_event_listener(visibilitychange, move |_| back.set(Some(now())));
    on_cleanup(move || listening.remove());
    back
}

/// Shows in the title how much is done: all that is seen of a tab in the background.
fn titled(share: Signal<f64>) {
    let before = document().title();
    Effect::new(move |_| document().set_title(&format!("{:.0} % scored, Untrained", 100.0 * share.get())));
    on_cleanup(move || document().set_title(&before));
}

fn left_alone(hidden: bool, silent: bool) -> &'static str {
    match (hidden, silent) {
        (false, _) => "You may leave this tab: the work goes on in a worker.",
        (true, false) => "This tab was in the background; the work went on in its worker.",
        (true, true) => {
            "This tab was in the background, and nothing has been heard of its worker since: the browser may have frozen \
             it. Wait, or score again with a fresh one."
        }
    }
}

fn progress(Scoring { device, share, .. }: &Scoring, seconds: f64) -> String {
    let place = match device.as_str() {
        "" => "Starting the worker",
        "cpu" => "Scoring on this machine's processor, in one thread",
        card => &format!("Scoring on {card}, or the processor where that is faster"),
    };
    let left =
        (*share > 0.02 && seconds > 1.0).then(|| format!(", about {:.0} s left", seconds * (1.0 - share) / share));
    format!("{place}: {:.0} %, {seconds:.0} s{}", 100.0 * share, left.unwrap_or_default())
}
